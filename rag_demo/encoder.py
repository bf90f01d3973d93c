"""TextEncoder: one tower of the bi-encoder. A folder of transformers plus encoder.json, which keeps what
shapes the vectors (pooling, normalisation, scale, length, prefix), so that a loaded tower needs no flags."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from rag_demo.files import read_json, write_json
from rag_demo.pretrained import load_model, load_tokenizer, save_pretrained
from rag_demo.tensors import batches_by_length, pad

SETTINGS_FILE = "encoder.json"
BATCH_TOKENS = 4096  # tokens of a batch, padding included: short texts travel in large batches


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """pooling: "mean" over the tokens or "cls". normalise: to length 1 before `scale`.

    scale: the vectors' length after normalisation. The question tower carries the inverse temperature here, so
    that p(z|x) is the softmax of plain inner products. max_length: tokens, beyond which a text is cut.
    """

    pooling: str = "mean"
    normalise: bool = True
    scale: float = 1.0
    max_length: int = 256
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.pooling not in ("mean", "cls"):
            raise ValueError(f"pooling must be 'mean' or 'cls', not {self.pooling!r}")


class TextEncoder(nn.Module):
    """Texts to vectors of D = hidden size."""

    def __init__(self, model: nn.Module, tokenizer, settings: EncoderSettings) -> None:
        super().__init__()
        self.model, self.tokenizer, self.settings = model, tokenizer, settings

    @property
    def dimension(self) -> int:
        return self.model.config.hidden_size

    @classmethod
    def load(cls, folder: str | Path, settings: EncoderSettings | None = None) -> "TextEncoder":
        """From a folder or a hub id. A folder without encoder.json (a hub model) needs `settings`."""
        file = Path(folder) / SETTINGS_FILE
        if settings is None:
            settings = EncoderSettings(**read_json(file, "Restore the checkpoint, or give the pooling settings."))
        return cls(load_model(folder, "encoder"), load_tokenizer(folder), settings)

    def save(self, folder: str | Path) -> None:
        save_pretrained(self.model, self.tokenizer, folder)
        write_json(Path(folder) / SETTINGS_FILE, asdict(self.settings))

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, special tokens included, cut to max_length; not padded."""
        prefixed = [self.settings.prefix + text for text in texts]
        return self.tokenizer(prefixed, truncation=True, max_length=self.settings.max_length).input_ids

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """(B, L) -> (B, D), float32."""
        states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.pool(states, attention_mask)

    def pool(self, states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Token states (B, L, D) -> (B, D), float32, as the settings say."""
        if self.settings.pooling == "cls":
            vectors = states[:, 0].float()
        else:
            mask = attention_mask.unsqueeze(-1)
            vectors = (states.float() * mask).sum(1) / mask.sum(1)
        if self.settings.normalise:
            vectors = nn.functional.normalize(vectors, dim=-1)
        return vectors * self.settings.scale

    @torch.inference_mode()
    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """-> float32 (N, D), in the order of the texts. Sorted by length inside, so little is padded.

        progress(done, total) is called after each batch.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        rows = self.tokenise(texts)
        device, was_training, done = next(self.parameters()).device, self.training, 0
        self.eval()
        for batch in batches_by_length([len(row) for row in rows], BATCH_TOKENS):
            ids, mask = pad([rows[i] for i in batch], self.tokenizer.pad_token_id)
            vectors[batch] = self(ids.to(device), mask.to(device)).float().cpu().numpy()
            done += len(batch)
            if progress:
                progress(done, len(texts))
        self.train(was_training)
        return vectors
