"""A BART decoder's weights for inference on a CPU: projections of one input joined, matrices packed in 16 bits.

A step multiplies a few rows with every weight, so it is bound by reading them. Shipped weights are 16 bits, so FBGEMM's packed
fp16 matrices with fp32 arithmetic are exact, at half the bytes and in an order that few rows are fast in; a matrix with
other weights, as in training, is kept as it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn.functional import linear

Rows = Callable[[torch.Tensor], torch.Tensor]  # (…, D) -> (…, D')
FEW = 64  # rows up to which the packed matrix is the faster one


@dataclass(frozen=True, slots=True)
class Layer:
    """qkv and cross_kv: projections side by side. The rest as in transformers' BartDecoderLayer."""

    qkv: Rows
    own_out: Rows
    own_norm: Rows
    cross_kv: Rows
    query: Rows
    out: Rows
    norm: Rows
    up: Rows
    activation: Rows
    down: Rows
    last_norm: Rows


class BartWeights:
    """Of a BartForConditionalGeneration in float32 on a CPU, as they are now; `current` says whether they still are."""

    @torch.inference_mode()
    def __init__(self, model: nn.Module) -> None:
        self.decoder, self.heads = model.model.decoder, model.config.decoder_attention_heads
        self.layers = [_layer(layer) for layer in self.decoder.layers]
        self.logits = joined([model.lm_head], model.final_logits_bias[0])
        self.versions = _versions(model)

    def current(self, model: nn.Module) -> bool:
        """False once training has changed a weight: the packed ones would answer for another model."""
        return self.versions == _versions(model)

    def embed(self, tokens: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """tokens (R, n), places (n,) -> (R, n, D)."""
        table = self.decoder.embed_positions
        return self.decoder.layernorm_embedding(self.decoder.embed_tokens(tokens) + table.weight[places + table.offset])


def joined(layers: Sequence[nn.Linear], bias: torch.Tensor | None = None) -> Rows:
    """The outputs of linear layers on one input, side by side."""
    weight = torch.cat([layer.weight for layer in layers]) if len(layers) > 1 else layers[0].weight
    bias = torch.cat([layer.bias for layer in layers]) if bias is None else bias
    plain = partial(linear, weight=weight, bias=bias)
    if torch.backends.quantized.engine not in ("x86", "fbgemm") or not torch.equal(weight.half().float(), weight):
        return plain
    packed = torch.ops.quantized.linear_prepack_fp16(weight, bias)

    def rows(x: torch.Tensor) -> torch.Tensor:
        if x.numel() // x.shape[-1] > FEW:
            return plain(x)
        return torch.ops.quantized.linear_dynamic_fp16(x, packed)

    return rows


def _layer(layer: nn.Module) -> Layer:
    own, cross = layer.self_attn, layer.encoder_attn
    return Layer(
        qkv=joined([own.q_proj, own.k_proj, own.v_proj]),
        own_out=joined([own.out_proj]),
        own_norm=layer.self_attn_layer_norm,
        cross_kv=joined([cross.k_proj, cross.v_proj]),
        query=joined([cross.q_proj]),
        out=joined([cross.out_proj]),
        norm=layer.encoder_attn_layer_norm,
        up=joined([layer.fc1]),
        activation=layer.activation_fn,
        down=joined([layer.fc2]),
        last_norm=layer.final_layer_norm,
    )


def _versions(model: nn.Module) -> tuple[tuple[int, int], ...]:
    return tuple((p.data_ptr(), p._version) for p in model.parameters())
