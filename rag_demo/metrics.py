"""What is measured on the page and in training: recall@k, MRR@k, character F1, ROUGE-L. Functions of values."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np


def first_rank(found: Sequence[str], relevant: Collection[str], depth: int) -> int:
    """0-based rank of the first relevant id among those found, `depth` where none of the first `depth` is."""
    return next((rank for rank, name in enumerate(found[:depth]) if name in relevant), depth)


def recall(ranks: np.ndarray, k: int) -> float:
    """Share of questions with a positive among the first k."""
    return float((ranks < k).mean())


def mrr(ranks: np.ndarray, k: int = 10) -> float:
    """Mean reciprocal rank of the first positive, 0 beyond k."""
    return float(np.where(ranks < k, 1 / (ranks + 1), 0).mean())


def character_f1(answer: str, reference: str) -> float:
    """F1 over character counts, punctuation and space left out (the usual measure for Chinese spans)."""
    given, wanted = ([c for c in text if c.isalnum()] for text in (answer, reference))
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted)) if shared else 0.0


def rouge_l(answer: str, reference: str) -> float:
    """F1 of the longest common subsequence of characters."""
    given, wanted = ([c for c in text if c.isalnum()] for text in (answer, reference))
    row = [0] * (len(wanted) + 1)
    for a in given:
        diagonal = 0
        for j, b in enumerate(wanted, 1):
            diagonal, row[j] = row[j], diagonal + 1 if a == b else max(row[j], row[j - 1])
    return 2 * row[-1] / (len(given) + len(wanted)) if row[-1] else 0.0
