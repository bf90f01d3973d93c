"""What is measured: recall@k, MRR@k, character F1, ROUGE-L, BLEU-4. Functions of values."""

from collections import Counter
from collections.abc import Sequence
from math import exp, log

import numpy as np


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


def bleu_4(answers: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU over characters, punctuation and space left out (Papineni et al. 2002, section 2.3): the geometric mean
    of the clipped precisions of 1- to 4-grams, times exp(1 - r/c) where the answers are shorter than the references."""
    matched, total, given, wanted = [0] * 4, [0] * 4, 0, 0
    for answer, reference in zip(answers, references, strict=True):
        hypothesis, target = ([c for c in text if c.isalnum()] for text in (answer, reference))
        given, wanted = given + len(hypothesis), wanted + len(target)
        for n in range(1, 5):
            found, known = (Counter(zip(*(t[i:] for i in range(n)), strict=False)) for t in (hypothesis, target))
            matched[n - 1] += (found & known).total()
            total[n - 1] += found.total()
    if not all(matched):
        return 0.0
    precision = exp(sum(log(m / t) for m, t in zip(matched, total, strict=True)) / 4)
    return precision * exp(min(0.0, 1 - wanted / given))
