"""Loading and saving models and tokenizers of transformers, from a folder or a hub id."""

import contextlib
import logging
from pathlib import Path

from rag_demo.types import RagError

MAX_SHARD = "9MB"  # hosts refuse larger files in plain git


def load_model(source: str | Path, kind: str, *, safetensors: bool | None = True, config=None):
    """kind: "encoder" (AutoModel) or "seq2seq". -> the model in float32, in eval mode.

    Safetensors only; training.hub alone passes None, which also takes the pickled weights of old hub models.
    """
    import torch
    from transformers import AutoModel, AutoModelForSeq2SeqLM

    loader = AutoModelForSeq2SeqLM if kind == "seq2seq" else AutoModel
    options = {} if config is None else {"config": config}
    with quiet(), named(source):
        model = loader.from_pretrained(str(source), dtype=torch.float32, use_safetensors=safetensors, **options)
    return model.eval()


def load_tokenizer(source: str | Path, kind: str = "auto"):
    """kind: "auto", or "bert" for a model of another architecture that comes with BERT's vocab.txt."""
    from transformers import AutoTokenizer, BertTokenizer

    loader = BertTokenizer if kind == "bert" else AutoTokenizer
    with quiet(), named(source):
        tokenizer = loader.from_pretrained(str(source))
    tokenizer.model_max_length = int(1e9)  # lengths are cut by EncoderSettings and prompt.py
    return tokenizer


def save_pretrained(model, tokenizer, folder: str | Path) -> None:
    """As transformers' own classes load it: safetensors, 16 bits, shards of at most 9 MB. Training keeps fp32."""
    import torch

    halves: dict[int, torch.Tensor] = {}  # by address: tied weights stay tied, so they are written once
    state = {}
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            half = torch.float16 if _fits_half(tensor) else torch.bfloat16
            tensor = halves.setdefault(tensor.data_ptr(), tensor.detach().cpu().to(half))
        state[name] = tensor
    dtype = model.config.dtype
    with quiet(), _saving(folder):
        model.config.dtype = torch.float16
        model.save_pretrained(str(folder), state_dict=state, max_shard_size=MAX_SHARD)
        model.config.dtype = dtype
        tokenizer.save_pretrained(str(folder))


@contextlib.contextmanager
def _saving(folder: str | Path):
    """The safetensors library has its own exception for a full disk."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        reason = str(error).strip().splitlines()[0]
        raise RagError(
            f"{folder} cannot be written ({reason}). Free some disk space, or give another folder."
        ) from None


def _fits_half(tensor) -> bool:
    """fp16 keeps three more bits than bf16; only weights beyond its range need bf16."""
    return bool(tensor.abs().max() < 6e4) if tensor.numel() else True


@contextlib.contextmanager
def named(source: str | Path):
    local = Path(source).exists()
    try:
        yield
    except Exception as error:  # transformers raises OSError, ValueError, SafetensorError, KeyError … for a bad file
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        mend = (
            "Restore the folder: git checkout -- assets/checkpoints, or train it: bash training/recipe.sh base."
            if local
            else "Give an existing folder, or a hub id while the hub can be reached."
        )
        raise RagError(f"{source} cannot be loaded ({reason}). {mend}") from error


@contextlib.contextmanager
def quiet():
    """transformers reports on progress bars and unused heads; errors still come as exceptions."""
    import transformers.utils.logging as transformers_logging

    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
