"""How rare words are among the passages, as bigrams: what the evidence rule weighs a question's words with."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log

from rag_demo.types import Passage

_ASKING = frozenset(
    [
        "怎么",
        "什么",
        "可以",
        "能不",
        "不能",
        "是不",
        "不是",
        "怎样",
        "咋办",
        "么办",
        "么样",
        "吗",
        "呢",
        "了",
        "的话",
        "多久",
        "多少",
        "为什",
        "请问",
    ]
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """In how many of `count` passages each bigram stands."""

    counts: Mapping[str, int]
    count: int

    @classmethod
    def of(cls, passages: Iterable[Passage]) -> "Lexicon":
        """Reads the passages once; keeps one number a distinct bigram."""
        counts: Counter[str] = Counter()
        total = 0
        for total, passage in enumerate(passages, 1):  # noqa: B007  the last is the count
            counts.update(bigrams(passage.full_text))
        return cls(counts, total)

    def rarity(self, gram: str) -> float:
        """log((N + 1) / (df + 1/2)), nats."""
        return log((self.count + 1) / (self.counts.get(gram, 0) + 0.5))


def bigrams(text: str) -> set[str]:
    """Of letters and digits, without those that only ask."""
    letters = [c for c in text.lower() if c.isalnum()]
    return {a + b for a, b in pairwise(letters)} - _ASKING
