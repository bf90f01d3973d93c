"""Models as others published them: hub ids, or folders with the same files.

Old repositories (clue/albert_chinese_small, google/mt5-small, fnlp/bart-large-chinese) hold pickled weights only. Training
reads those as plain tensors, torch.load(weights_only=True), which runs no code of theirs; a checkpoint of this
project never holds any, and rag_demo refuses them."""

from pathlib import Path

import torch

from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.generator import Generator
from rag_demo.pretrained import load_model, load_tokenizer, named, quiet
from rag_demo.types import RagError
from training.cli import say
from training.presets import Preset

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
POSITIONS = "encoder.embed_positions.weight"
BART_OFFSET = 2  # rows of BART's position table that no position uses


def load_published(source: str | Path, kind: str):
    """kind: "encoder" or "seq2seq" -> the model in float32; its position table has as many rows as the weights."""
    from transformers import AutoConfig

    with quiet(), named(source):
        config = AutoConfig.from_pretrained(str(source))
        rows = position_rows(source) if config.model_type == "bart" else None
    if rows is not None:
        # some copies say 512 and hold 514 rows, others say 514 or hold 512
        config.max_position_embeddings = rows - BART_OFFSET
    return load_model(source, kind, safetensors=None, config=config)


def load_published_tokenizer(source: str | Path, kind: str = "auto"):
    """kind as in the preset: "bert" for an ALBERT or a BART with BERT's vocab.txt, else "auto"."""
    tokenizer = load_tokenizer(source, kind)
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)) + 1:
        # transformers 5 makes up an empty tokenizer where the file it looks for is missing
        raise RagError(
            f"{source} holds no vocabulary for its architecture's tokenizer; where it is BERT's vocab.txt, say "
            'tower_tokenizer = "bert" (or generator_tokenizer) in the preset.'
        )
    return tokenizer


def position_rows(source: str | Path) -> int | None:
    """Rows of the encoder's position table in the weights file; None where the weights are sharded."""
    from safetensors import safe_open
    from transformers.utils import cached_file

    for name in WEIGHTS:
        file = cached_file(str(source), name, _raise_exceptions_for_missing_entries=False)
        if file is None:
            continue
        if name.endswith(".bin"):
            tensors = torch.load(file, map_location="meta", weights_only=True)
            shapes = {key: tensor.shape for key, tensor in tensors.items()}
        else:
            with safe_open(file, "pt") as opened:
                shapes = {key: opened.get_slice(key).get_shape() for key in opened.keys()}  # noqa: SIM118
        return next((shape[0] for key, shape in shapes.items() if key.endswith(POSITIONS)), None)
    return None


def published_parts(
    preset: Preset, tower: str | None, generator: str | None, settings: EncoderSettings
) -> tuple[TextEncoder, Generator]:
    """The models of the preset's hub ids, or of the folders given in their place."""
    tower, generator = tower or preset.tower_source, generator or preset.generator_source
    towers = TextEncoder(
        load_published(tower, "encoder"), load_published_tokenizer(tower, preset.tower_tokenizer), settings
    )
    # what trim_vocab wrote loads by itself
    kind = "auto" if (Path(generator) / "tokenizer.json").exists() else preset.generator_tokenizer
    answers = Generator(load_published(generator, "seq2seq"), load_published_tokenizer(generator, kind))
    for source, part in ((tower, towers), (generator, answers)):
        rows, pieces = part.model.get_input_embeddings().num_embeddings, len(part.tokenizer)
        if pieces > rows:
            raise RagError(f"{source} has {rows} embeddings for {pieces} pieces; give a complete copy.")
    if towers.model.config.model_type != preset.tower:
        raise RagError(f"{tower} is a {towers.model.config.model_type}, {preset.name}'s towers are {preset.tower}.")
    if preset.vocabulary and len(answers.tokenizer) > preset.vocabulary:
        say(
            f"{generator}: {len(answers.tokenizer)} pieces, {preset.name} means {preset.vocabulary}: cut them with "
            "training.trim_vocab and give the result as --generator"
        )
    return towers, answers
