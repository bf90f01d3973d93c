"""A larger generator that computes what a smaller, trained one computes (Chen et al. 2016, Net2Net; Gong et al. 2019).

    python -m training.grow --generator runs/rag/generator --pretrained runs/teacher --preset large --out runs/grown

Layers are put between the trained ones. Their inner weights come from the pretrained encoder's layer of that depth,
their last projections are zero and their layer norms undone, so that training goes on where the smaller model stood,
with more to learn with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn
from transformers import BartConfig, BartForConditionalGeneration

from rag_demo.files import replaced_folder
from rag_demo.generator import Generator
from rag_demo.pretrained import load_model
from rag_demo.types import RagError
from training.cli import run, say
from training.init_models import copy_attention, copy_layer
from training.presets import preset_of


@dataclass
class Args:
    generator: str = field(metadata={"help": "Folder of the trained BART generator to grow."})
    pretrained: str = field(metadata={"help": "The BERT-like encoder whose layers fill the gaps (same vocabulary)."})
    out: str = field(metadata={"help": "Folder to write."})
    base: str = field(default="base", metadata={"help": "Preset of the trained generator."})
    preset: str = field(default="large", metadata={"help": "Preset to grow into."})


def placed(small: Sequence[int], large: Sequence[int]) -> list[int | None]:
    """For each of the large model's layers the small model's layer it takes over, by nearest depth, or None."""
    found: list[int | None] = [None] * len(large)
    for i, depth in enumerate(small):
        free = [
            j for j in range(len(large)) if found[j] is None and all(found[m] is None for m in range(j, len(large)))
        ]
        left = len(small) - i - 1
        found[min((j for j in free if j < len(large) - left), key=lambda j: abs(large[j] - depth))] = i
    return found


def silence(layer: nn.Module) -> None:
    """A layer that adds nothing: its outputs are zero, and its norms give back what a norm before them made."""
    layers = [layer.self_attn.out_proj, layer.fc2]
    if hasattr(layer, "encoder_attn"):
        layers.append(layer.encoder_attn.out_proj)
    for projection in layers:
        nn.init.zeros_(projection.weight)
        nn.init.zeros_(projection.bias)


def undo_norms(layer: nn.Module, previous: nn.LayerNorm) -> None:
    """previous gives x = g n + b, n of mean 0 and variance 1 and nearly uncorrelated with g: LN(x) = (x - mean b) / s."""
    mean = float(previous.bias.mean())
    spread = float((previous.weight.square().mean() + previous.bias.var(unbiased=False)).sqrt())
    norms = [layer.self_attn_layer_norm, layer.final_layer_norm]
    if hasattr(layer, "encoder_attn"):
        norms.append(layer.encoder_attn_layer_norm)
    for norm in norms:
        nn.init.constant_(norm.weight, spread)
        nn.init.constant_(norm.bias, mean)


@torch.no_grad()
def grow(small: BartForConditionalGeneration, bert: nn.Module, old, new) -> BartForConditionalGeneration:
    for stack in ("encoder_layers", "decoder_layers"):
        has, said, wanted = getattr(small.config, stack), len(getattr(old, stack)), len(getattr(new, stack))
        if has != said or wanted < has:
            raise RagError(
                f"The generator has {has} {stack.replace('_', ' ')}, {old.name} has {said} and {new.name} {wanted}; "
                "give the preset it was trained as (--base) and a larger one (--preset)."
            )
    config = BartConfig(
        **{
            **small.config.to_dict(),
            "encoder_layers": len(new.encoder_layers),
            "decoder_layers": len(new.decoder_layers),
        }
    )
    model = BartForConditionalGeneration(config)
    model.model.shared.load_state_dict(small.model.shared.state_dict())
    model.tie_weights()
    for name, depths, earlier in (
        ("encoder", new.encoder_layers, old.encoder_layers),
        ("decoder", new.decoder_layers, old.decoder_layers),
    ):
        target, source = getattr(model.model, name), getattr(small.model, name)
        target.embed_positions.load_state_dict(source.embed_positions.state_dict())
        target.layernorm_embedding.load_state_dict(source.layernorm_embedding.state_dict())
        previous = target.layernorm_embedding
        for layer, depth, taken in zip(target.layers, depths, placed(earlier, depths), strict=True):
            if taken is not None:
                layer.load_state_dict(source.layers[taken].state_dict())
                previous = layer.final_layer_norm
                continue
            copy_layer(layer, bert.encoder.layer[depth])
            if name == "decoder":
                copy_attention(layer.encoder_attn, bert.encoder.layer[depth].attention)
            silence(layer)
            undo_norms(layer, previous)
    return model


def main(args: Args) -> None:
    torch.manual_seed(0)
    small = Generator.load(args.generator)
    bert = load_model(args.pretrained, "encoder")
    model = grow(small.model, bert, preset_of(args.base), preset_of(args.preset))
    with replaced_folder(Path(args.out)) as folder:
        Generator(model, small.tokenizer).save(folder)
    say(f"{args.out}: {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters")


if __name__ == "__main__":
    run(main, Args, __doc__)
