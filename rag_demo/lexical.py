"""Bm25Index: BM25 over jieba words and character bigrams, scored by bm25s."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from rag_demo.text import words
from rag_demo.types import Passage

K1, B = 1.5, 0.75


class Bm25Index:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over title and text."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        import bm25s

        self._bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        self._bm25.index([words(p.full_text) for p in passages], show_progress=False)
        self._count = len(passages)

    def scores(self, question: str) -> np.ndarray:
        """float32 (N,), one a passage, 0 where no word matches."""
        known = [word for word in words(question) if word in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._count, np.float32)
        return self._bm25.get_scores(known)

    def at(self, question: str, positions: Sequence[int]) -> np.ndarray:
        """float32 (n,), the score of each of these passages."""
        return self.scores(question)[list(positions)]

    def contributions(self, question: str, positions: Sequence[int]) -> list[dict[str, float]]:
        """What each word of the question adds to the score of each of these passages; they sum to it. Words that add
        nothing are left out; one that the question repeats counts as often."""
        counts = Counter(word for word in words(question) if word in self._bm25.vocab_dict)
        parts = {word: times * self._bm25.get_scores([word])[positions] for word, times in counts.items()}
        return [{w: float(added[i]) for w, added in parts.items() if added[i] > 0} for i in range(len(positions))]

    def search(self, question: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        """-> scores (k,) descending and positions (k,)."""
        scores = self.scores(question)
        order = np.argsort(-scores, kind="stable")[:k]
        return scores[order], order
