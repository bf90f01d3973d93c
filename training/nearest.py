"""The nearest passages of many questions: by the product's own FAISS index where faiss is installed, else by an exact
scan with the same ranks."""

from collections.abc import Sequence

import numpy as np

from rag_demo.corpus import Question
from rag_demo.types import Passage

ROWS = 1024  # questions scored at once by the scan


def nearest(
    questions: np.ndarray, vectors: np.ndarray, passages: Sequence[Passage], k: int
) -> tuple[np.ndarray, np.ndarray]:
    """questions (Q, D), vectors (P, D) -> scores (Q, k) float32, descending inner product, and positions (Q, k)."""
    try:
        from rag_demo.index import PassageIndex
    except ImportError:
        return scan(questions, vectors, k)
    return PassageIndex.build(passages, vectors).search(questions, k)


def scan(questions: np.ndarray, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """`nearest` without FAISS."""
    k, found = min(k, len(vectors)), []
    for start in range(0, len(questions), ROWS):
        scores = questions[start : start + ROWS] @ vectors.T  # (Q, D) @ (D, P) -> (Q, P)
        order = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        kept = np.take_along_axis(scores, order, 1)
        by_score = np.argsort(-kept, axis=1, kind="stable")
        found.append((np.take_along_axis(kept, by_score, 1), np.take_along_axis(order, by_score, 1)))
    return np.concatenate([s for s, _ in found]), np.concatenate([p for _, p in found])


def ranks(
    scores: np.ndarray, positions: np.ndarray, questions: Sequence[Question], passages: Sequence[Passage]
) -> np.ndarray:
    """0-based rank of each question's best positive among its k nearest, int64 (Q,); k where it is not among them.

    Ties count against the positive.
    """
    found = []
    for row, places, question in zip(scores, positions, questions, strict=True):
        hits = [i for i, place in enumerate(places) if passages[place].id in question.passage_ids]
        found.append(int((row >= row[hits[0]]).sum() - 1) if hits else len(row))
    return np.array(found)
