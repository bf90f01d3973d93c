"""How many pieces of a vocabulary give a wanted number of parameters, counted on a published configuration.

google/mt5-small, whose two embedding matrices are untied: 44,062,080 parameters outside them and 2 x 512 a piece, so
250,112 rows are 300.2 M, and 80 M leave (80,000,000 - 44,062,080) / 1,024 = 35,096 pieces."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import nn

MT5_SMALL = "google/mt5-small"


@dataclass(frozen=True, slots=True)
class Plan:
    """outside: parameters that do not depend on the vocabulary. per_piece: rows of all embedding matrices together."""

    outside: int
    per_piece: int
    pieces: int

    @property
    def parameters(self) -> int:
        return self.outside + self.per_piece * self.pieces

    def __str__(self) -> str:
        return f"{self.outside:,} + {self.per_piece:,} x {self.pieces:,} pieces = {self.parameters:,} parameters"


def published_config(name: str):
    """A configuration by its hub id or folder; google/mt5-small's by value, so that planning needs no hub."""
    from transformers import AutoConfig, MT5Config

    from rag_demo.pretrained import named, quiet

    if name == MT5_SMALL:
        return MT5Config(
            vocab_size=250_112,
            d_model=512,
            d_kv=64,
            d_ff=1024,
            num_layers=8,
            num_decoder_layers=8,
            num_heads=6,
            relative_attention_num_buckets=32,
            feed_forward_proj="gated-gelu",
        )
    with quiet(), named(name):
        return AutoConfig.from_pretrained(name)


def parameters(config, pieces: int, kind: str) -> int:
    """Parameters with `pieces` rows of vocabulary, counted on the meta device: nothing is allocated.

    mT5's published weights hold an lm_head of their own; transformers 5 ties it in the configuration and unties it when
    it finds both in a checkpoint, so it is counted apart here.
    """
    from transformers import AutoModel, AutoModelForSeq2SeqLM

    config = deepcopy(config)
    config.vocab_size = pieces
    loader = AutoModelForSeq2SeqLM if kind == "seq2seq" else AutoModel
    with torch.device("meta"):
        model = loader.from_config(config)
        if config.model_type == "mt5" and kind == "seq2seq":
            model.set_output_embeddings(nn.Linear(config.d_model, pieces, bias=False))
    return sum(p.numel() for p in model.parameters())


def plan(config, wanted: int, kind: str) -> Plan:
    """The vocabulary size whose parameter count is nearest to `wanted`."""
    few, more = (parameters(config, pieces, kind) for pieces in (1000, 2000))
    per_piece = (more - few) // 1000
    outside = few - 1000 * per_piece
    return Plan(outside, per_piece, max(0, round((wanted - outside) / per_piece)))
