"""Start the towers and the generator of a preset: from the layers of a pretrained encoder, or from published models.

    python -m training.init_models --preset base|large --pretrained DIR --out DIR
    python -m training.init_models --preset albert-mt5|bert-bart --out DIR  [--tower DIR --generator DIR]

Writes tower/ (both towers start from it) and generator/. From layers: an ALBERT tower takes its embeddings cut by SVD to 128
dimensions and one layer group from each chosen pretrained layer; a BART generator takes encoder and decoder layers,
its cross-attention starting as a copy of the layer's self-attention."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn
from transformers import AlbertConfig, AlbertModel, BartConfig, BartForConditionalGeneration

from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.files import replaced_folder
from rag_demo.generator import Generator
from rag_demo.pretrained import load_model, load_tokenizer
from rag_demo.types import RagError
from training.cli import run, say
from training.hub import published_parts
from training.presets import Preset, preset_of


@dataclass
class Args:
    preset: str = field(metadata={"help": "base, large, albert-mt5 or bert-bart."})
    out: str = field(metadata={"help": "Folder to write."})
    pretrained: str | None = field(
        default=None, metadata={"help": "base and large: a BERT-like encoder with its (cut) tokenizer."}
    )
    tower: str | None = field(default=None, metadata={"help": "The others: a folder in place of the tower's hub id."})
    generator: str | None = field(default=None, metadata={"help": "Likewise for the generator (cut by trim_vocab)."})


def copy(target: nn.Module, source: nn.Module) -> None:
    target.weight.data.copy_(source.weight.data)
    target.bias.data.copy_(source.bias.data)


def albert_tower(bert: nn.Module, layers: Sequence[int], embedding_size: int) -> AlbertModel:
    """One unshared ALBERT group a layer; vectors of the embeddings kept along their main 128 directions."""
    config = bert.config
    model = AlbertModel(
        AlbertConfig(
            vocab_size=config.vocab_size,
            embedding_size=embedding_size,
            hidden_size=config.hidden_size,
            num_hidden_layers=len(layers),
            num_hidden_groups=len(layers),
            num_attention_heads=config.num_attention_heads,
            intermediate_size=config.intermediate_size,
            hidden_act="gelu",
            max_position_embeddings=config.max_position_embeddings,
            type_vocab_size=1,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=config.pad_token_id,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
        ),
        add_pooling_layer=False,
    )
    _project_embeddings(model, bert)
    for group, layer in zip(model.encoder.albert_layer_groups, layers, strict=True):
        target, source = group.albert_layers[0], bert.encoder.layer[layer]
        for name in ("query", "key", "value"):
            copy(getattr(target.attention, name), getattr(source.attention.self, name))
        copy(target.attention.dense, source.attention.output.dense)
        copy(target.attention.LayerNorm, source.attention.output.LayerNorm)
        copy(target.ffn, source.intermediate.dense)
        copy(target.ffn_output, source.output.dense)
        copy(target.full_layer_layer_norm, source.output.LayerNorm)
    return model


def _project_embeddings(model: AlbertModel, bert: nn.Module) -> None:
    """Word and position vectors on the main directions; the map back to the hidden size by least squares."""
    pieces = bert.embeddings.word_embeddings.weight.data
    positions = bert.embeddings.position_embeddings.weight.data
    mean = pieces.mean(0)
    directions = torch.linalg.svd(pieces - mean, full_matrices=False).Vh[: model.config.embedding_size]
    model.embeddings.word_embeddings.weight.data.copy_((pieces - mean) @ directions.T)
    model.embeddings.position_embeddings.weight.data.copy_(positions @ directions.T)
    model.embeddings.token_type_embeddings.weight.data.zero_()
    generator = torch.Generator().manual_seed(0)
    token = torch.randint(len(pieces), (8192, 1), generator=generator)
    place = torch.randint(2, 96, (8192, 1), generator=generator)
    with torch.no_grad():
        wanted = bert.embeddings(input_ids=token, position_ids=place)[:, 0]
        given = model.embeddings(input_ids=token, position_ids=place)[:, 0]
        solution = torch.linalg.lstsq(torch.cat([given, torch.ones(len(given), 1)], 1), wanted).solution
    model.encoder.embedding_hidden_mapping_in.weight.data.copy_(solution[:-1].T)
    model.encoder.embedding_hidden_mapping_in.bias.data.copy_(solution[-1])


def bart_generator(bert: nn.Module, encoder_layers: Sequence[int], decoder_layers: Sequence[int]):
    config = bert.config
    model = BartForConditionalGeneration(
        BartConfig(
            vocab_size=config.vocab_size,
            d_model=config.hidden_size,
            encoder_layers=len(encoder_layers),
            decoder_layers=len(decoder_layers),
            encoder_attention_heads=config.num_attention_heads,
            decoder_attention_heads=config.num_attention_heads,
            encoder_ffn_dim=config.intermediate_size,
            decoder_ffn_dim=config.intermediate_size,
            max_position_embeddings=config.max_position_embeddings - 2,  # BART keeps two more rows than it says
            dropout=0.0,
            attention_dropout=0.0,
            pad_token_id=config.pad_token_id,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
            decoder_start_token_id=config.eos_token_id,
            forced_bos_token_id=None,
            forced_eos_token_id=None,
        )
    )
    embeddings = bert.embeddings
    model.model.shared.weight.data.copy_(embeddings.word_embeddings.weight.data)
    rows = embeddings.position_embeddings.weight.data[: config.max_position_embeddings - 2]
    for stack in (model.model.encoder, model.model.decoder):
        stack.embed_positions.weight.data[2:].copy_(rows + embeddings.token_type_embeddings.weight.data[0])
        copy(stack.layernorm_embedding, embeddings.LayerNorm)
    for target, layer in zip(model.model.encoder.layers, encoder_layers, strict=True):
        copy_layer(target, bert.encoder.layer[layer])
    for target, layer in zip(model.model.decoder.layers, decoder_layers, strict=True):
        source = bert.encoder.layer[layer]
        copy_layer(target, source)
        copy_attention(target.encoder_attn, source.attention)
        copy(target.encoder_attn_layer_norm, source.attention.output.LayerNorm)
    return model


def copy_layer(target: nn.Module, source: nn.Module) -> None:
    copy_attention(target.self_attn, source.attention)
    copy(target.self_attn_layer_norm, source.attention.output.LayerNorm)
    copy(target.fc1, source.intermediate.dense)
    copy(target.fc2, source.output.dense)
    copy(target.final_layer_norm, source.output.LayerNorm)


def copy_attention(target: nn.Module, source: nn.Module) -> None:
    copy(target.q_proj, source.self.query)
    copy(target.k_proj, source.self.key)
    copy(target.v_proj, source.self.value)
    copy(target.out_proj, source.output.dense)


def from_layers(preset: Preset, pretrained: str, settings: EncoderSettings) -> tuple[TextEncoder, Generator]:
    bert, tokenizer = load_model(pretrained, "encoder"), load_tokenizer(pretrained)
    tower = albert_tower(bert, preset.tower_layers, 128) if preset.tower == "albert" else bert
    generator = bart_generator(bert, preset.encoder_layers, preset.decoder_layers)
    return TextEncoder(tower, tokenizer, settings), Generator(generator, tokenizer)


def main(args: Args) -> None:
    preset = preset_of(args.preset)
    settings = EncoderSettings(max_length=preset.max_passage_tokens)
    if preset.published:
        tower, generator = published_parts(preset, args.tower, args.generator, settings)
    elif args.pretrained:
        tower, generator = from_layers(preset, args.pretrained, settings)
    else:
        raise RagError(f"{preset.name} starts from the layers of an encoder; give its folder: --pretrained DIR.")
    with replaced_folder(Path(args.out)) as folder:
        tower.save(folder / "tower")
        generator.save(folder / "generator")
    for name, model in (("tower", tower), ("generator", generator)):
        say(f"{args.out}/{name}: {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters")


if __name__ == "__main__":
    run(main, Args, __doc__)
