"""The seam between retrieval and whatever holds the passages: FAISS in this process, or Milvus on machines of its own.

    store = open_store(index_uri(), folder, encoder)   # "" is the checkpoint's own FAISS index

A place is a passage's number, 0 to count - 1, in the order the passages were added; both stores keep it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag_demo.lexicon import Lexicon
from rag_demo.types import Passage, RagError

if TYPE_CHECKING:
    from rag_demo.browse import Found
    from rag_demo.config import IndexConfig


class StoreError(RagError):
    """The passages cannot be reached, or are not those of this model, for now: the same call may succeed later."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"检索暂不可用，请稍后再试。 (Retrieval is unavailable: {reason})")


class Lexical(Protocol):
    """BM25 (Lucene's variant) over rag_demo.text.words."""

    def search(self, question: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        """-> scores (k,) descending and places (k,); where fewer match, the first others with score 0 follow."""

    def at(self, question: str, places: Sequence[int]) -> np.ndarray:
        """float32 (n,), the score of each of these passages."""

    def contributions(self, question: str, places: Sequence[int]) -> list[dict[str, float]]:
        """What each word of the question adds to the score of each of these passages."""


class PassageStore(Protocol):
    """encoder: the fingerprint of the context encoder. passages, position (id -> place): read as they are asked for.

    Where the store is another machine, everything but `encoder` and `fingerprint` may raise StoreError.
    """

    encoder: str

    @property
    def passages(self) -> Sequence[Passage]: ...

    @property
    def position(self) -> Mapping[str, int]: ...

    @property
    def departments(self) -> list[tuple[str, int]]:
        """(name, passages), the largest first."""

    @property
    def corpus(self) -> str:
        """corpus.fingerprint of the passages."""

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of passages and encoder, "" where they are not known yet."""

    @property
    def lexical(self) -> Lexical: ...

    def __len__(self) -> int: ...

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Append passages with their vectors, float32 (n, D). For building, not while others search."""

    def search(self, vectors: np.ndarray, k: int, department: str = "") -> tuple[np.ndarray, np.ndarray]:
        """(Q, D) -> inner products (Q, k) float32 descending, places (Q, k) int64; -1 where there are no more."""

    def vectors(self, places: Sequence[int]) -> np.ndarray:
        """The stored vectors of these passages, float32 (n, D)."""

    def fetch(self, places: Sequence[int]) -> list[Passage]:
        """In the order of `places`."""

    def find(self, query: str = "", department: str = "") -> "Found":
        """Looking through the passages, as rag_demo.browse."""

    def lexicon(self, grams: Collection[str]) -> Lexicon:
        """That knows at least these bigrams."""


def open_store(config: "IndexConfig", folder: Path, encoder: str) -> PassageStore:
    """folder: the checkpoint's. encoder: the fingerprint that its context encoder must have."""
    if config.uri:
        from rag_demo.milvus import MilvusIndex

        return MilvusIndex.open(config, folder.name, encoder)
    from rag_demo.index import PassageIndex

    return PassageIndex.load(folder / "index", encoder=encoder)
