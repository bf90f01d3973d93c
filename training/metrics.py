"""What only training measures: corpus BLEU-4. What the page measures too is in rag_demo.metrics."""

from collections import Counter
from collections.abc import Sequence
from math import exp, log


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
