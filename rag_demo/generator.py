"""Generator: mT5 or BART behind one class. Encodes the (question, passage) pairs once, then steps with a cache."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from rag_demo.pretrained import load_model, load_tokenizer, save_pretrained
from rag_demo.prompt import eos_of
from rag_demo.text import full_width, join_chinese


@dataclass(slots=True)
class DecoderState:
    """What the next step needs: encoder states (R, L, D) with mask (R, L), and the key-value cache of R rows."""

    encoder_states: torch.Tensor
    encoder_mask: torch.Tensor
    cache: object


class Generator(nn.Module):
    """A sequence-to-sequence model of transformers with its tokenizer."""

    def __init__(self, model: nn.Module, tokenizer) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer

    @classmethod
    def load(cls, folder: str | Path) -> "Generator":
        return cls(load_model(folder, "seq2seq"), load_tokenizer(folder))

    def save(self, folder: str | Path) -> None:
        save_pretrained(self.model, self.tokenizer, folder)

    @property
    def start_id(self) -> int:
        return self.model.config.decoder_start_token_id

    @property
    def eos_id(self) -> int:
        return eos_of(self.tokenizer)

    @torch.inference_mode()
    def start(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> DecoderState:
        """Encode (R, L) once."""
        from transformers import DynamicCache, EncoderDecoderCache

        encoder = self.model.get_encoder()
        states = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return DecoderState(states, attention_mask, EncoderDecoderCache(DynamicCache(), DynamicCache()))

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor, state: DecoderState) -> torch.Tensor:
        """Feed the last tokens (R, n), advance the cache -> log p of the token after each, (R, n, V) float32."""
        output = self.model(
            encoder_outputs=(state.encoder_states,),
            attention_mask=state.encoder_mask,
            decoder_input_ids=tokens,
            past_key_values=state.cache,
            use_cache=True,
        )
        return output.logits.float().log_softmax(-1)

    @staticmethod
    def select(state: DecoderState, rows: torch.Tensor) -> None:
        """Keep the given rows (R',) of the state, in that order: how beams live on."""
        state.encoder_states = state.encoder_states[rows]
        state.encoder_mask = state.encoder_mask[rows]
        state.cache.reorder_cache(rows)

    def token_log_probs(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """log p(y_i | x, z, y_<i), teacher forced. labels (R, T), -100 where there is none -> (R, T) float32, 0 there.

        The decoder sees decoder_start_token_id, then the labels: transformers' RAG classes feed labels unshifted,
        which gives a one-token answer no gradient to the retriever.
        """
        present = labels != -100
        start = labels.new_full((labels.shape[0], 1), self.start_id)
        decoder_input = torch.cat([start, labels.masked_fill(~present, self.tokenizer.pad_token_id)[:, :-1]], dim=1)
        logits = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input,
            use_cache=False,
        ).logits
        chosen = labels.masked_fill(~present, 0).unsqueeze(-1)
        log_probs = logits.float().log_softmax(-1).gather(-1, chosen).squeeze(-1)
        return log_probs * present

    def text_of(self, tokens: list[int]) -> str:
        """Token ids to text as it reads: no special tokens, no spaces between Chinese characters."""
        return full_width(join_chinese(self.tokenizer.decode(tokens, skip_special_tokens=True)))
