"""Generator: mT5 or BART behind one class. Encodes the (question, passage) pairs once, then steps with a cache."""

from pathlib import Path

import torch
from torch import nn

from rag_demo.packed import BartWeights
from rag_demo.pretrained import load_model, load_tokenizer, save_pretrained
from rag_demo.prompt import eos_of
from rag_demo.stepping import BartSteps, Steps
from rag_demo.text import full_width, join_chinese


class Generator(nn.Module):
    """A sequence-to-sequence model of transformers with its tokenizer."""

    def __init__(self, model: nn.Module, tokenizer) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer
        self._packed: BartWeights | None = None

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

    @property
    def longest(self) -> int:
        """Tokens of an answer, <eos> included; mT5's relative positions have no end, but memory has."""
        return getattr(self.model.config, "max_position_embeddings", 512)

    @torch.inference_mode()
    def start(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Steps | BartSteps:
        """Encode (R, L) once; what comes back decodes them step by step."""
        states = self.model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        if self._bart is None:
            return Steps(self.model, states, attention_mask)
        return BartSteps(self._bart, states, attention_mask)

    @property
    def _bart(self) -> BartWeights | None:
        """Packed weights, made at the first answer and again after training; None where they cannot stand in."""
        weight = self.model.get_input_embeddings().weight
        if self.model.config.model_type != "bart" or weight.device.type != "cpu" or weight.dtype != torch.float32:
            return None
        if self._packed is None or not self._packed.current(self.model):
            self._packed = BartWeights(self.model)
        return self._packed

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
