"""The decoder's steps: what the k inputs were encoded to, the keys and values of the tokens so far, the next distributions.

`Steps` runs any sequence-to-sequence model of transformers with its own cache. `BartSteps` computes the same for BART with
the weights of packed.py, a cache allocated ahead, and the encoder's keys and values projected once."""

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from rag_demo.packed import BartWeights

ROOM = 64  # positions the cache grows by


class Steps:
    """encoder_states (R, L, D), mask (R, L) int64."""

    def __init__(self, model: nn.Module, encoder_states: torch.Tensor, mask: torch.Tensor) -> None:
        from transformers import DynamicCache, EncoderDecoderCache

        self.model, self.encoder_states, self.mask = model, encoder_states, mask
        self.cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Feed the next tokens (R, n), each seeing those before it -> log p of the one after each, (R, n, V) float32."""
        output = self.model(
            encoder_outputs=(self.encoder_states,),
            attention_mask=self.mask,
            decoder_input_ids=tokens,
            past_key_values=self.cache,
            use_cache=True,
        )
        return output.logits.float().log_softmax(-1)

    @torch.inference_mode()
    def select(self, rows: torch.Tensor) -> None:
        """Keep the given rows (R',), in that order: how beams live on."""
        self.encoder_states, self.mask = self.encoder_states[rows], self.mask[rows]
        self.cache.reorder_cache(rows)


class BartSteps:
    """As Steps."""

    @torch.inference_mode()
    def __init__(self, weights: BartWeights, encoder_states: torch.Tensor, mask: torch.Tensor) -> None:
        self.weights, self.heads, self.length = weights, weights.heads, 0
        self.hidden = torch.zeros(mask.shape).masked_fill(mask == 0, -torch.inf)[:, None, None, :]
        self.cross = [
            tuple(self._split(part).contiguous() for part in layer.cross_kv(encoder_states).chunk(2, dim=-1))
            for layer in weights.layers
        ]
        width = encoder_states.shape[-1] // self.heads
        # (layers, keys and values, R, heads, room, D / heads)
        self.kept = torch.empty(len(weights.layers), 2, len(mask), self.heads, ROOM, width)

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """As Steps.step."""
        start, end = self.length, self.length + tokens.shape[1]
        if end > self.kept.shape[4]:
            more = self.kept.new_empty(*self.kept.shape[:4], end - start + ROOM, self.kept.shape[5])
            self.kept = torch.cat([self.kept, more], dim=4)
        places = torch.arange(start, end)
        causal = None  # one token sees everything before it
        if end - start > 1:
            causal = places.unsqueeze(1) >= torch.arange(end)
        x = self.weights.embed(tokens, places)
        for layer, kept, (keys, values) in zip(self.weights.layers, self.kept, self.cross, strict=True):
            query, *new = (self._split(part) for part in layer.qkv(x).chunk(3, dim=-1))
            for store, part in zip(kept, new, strict=True):
                store[:, :, start:end] = part
            seen = scaled_dot_product_attention(query, kept[0, :, :, :end], kept[1, :, :, :end], attn_mask=causal)
            x = layer.own_norm(x + layer.own_out(_joined(seen)))
            seen = scaled_dot_product_attention(self._split(layer.query(x)), keys, values, attn_mask=self.hidden)
            x = layer.norm(x + layer.out(_joined(seen)))
            x = layer.last_norm(x + layer.down(layer.activation(layer.up(x))))
        self.length = end
        return self.weights.logits(x).log_softmax(-1)

    @torch.inference_mode()
    def select(self, rows: torch.Tensor) -> None:
        """As Steps.select."""
        self.kept, self.hidden = self.kept[:, :, rows], self.hidden[rows]
        self.cross = [(keys[rows], values[rows]) for keys, values in self.cross]

    def _split(self, states: torch.Tensor) -> torch.Tensor:
        """(R, n, D) -> (R, heads, n, D / heads)."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def _joined(states: torch.Tensor) -> torch.Tensor:
    return states.transpose(1, 2).flatten(2)
