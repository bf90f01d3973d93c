"""Looking through passages: departments with their counts, and a search that says which words it found."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag_demo.text import MAX_QUESTION_CHARACTERS, words
from rag_demo.types import Passage, RagError

PAGE = 20
ENOUGH = 0.5  # of the best passage's weight: what shares less with the query is not shown
ASKING = frozenset(
    ["怎么", "怎么办", "么办", "怎样", "怎么样", "么样", "什么", "为什么", "如何", "多少"]
)  # stand in titles of every subject


@dataclass(frozen=True, slots=True)
class Found:
    """terms: what to mark, lower case. exact: every word of the query stands in every passage."""

    passages: Sequence[Passage]
    terms: tuple[str, ...] = ()
    exact: bool = True

    @property
    def pages(self) -> int:
        return max(1, math.ceil(len(self.passages) / PAGE))

    def page(self, number: int) -> Sequence[Passage]:
        """The passages of a page, counted from 1; a number beyond the ends is the nearest page."""
        start = (self.clamp(number) - 1) * PAGE
        return self.passages[start : start + PAGE]

    def clamp(self, number: int) -> int:
        return min(max(1, number), self.pages)


def departments(passages: Sequence[Passage]) -> list[tuple[str, int]]:
    """(name, passages) of each, the largest first; passages without a department are in none."""
    return Counter(passage.department for passage in passages if passage.department).most_common()


def search(passages: Sequence[Passage], query: str = "", department: str = "") -> Found:
    """Passages in which every word of the query (between white space) stands as it is, in their order.

    Where there is none, the query is cut into words as for BM25, and passages come by the summed idf of those they
    hold. Case does not matter. Raises RagError where the query is longer than a question may be.
    """
    if len(query) > MAX_QUESTION_CHARACTERS:
        raise RagError(f"The query has {len(query)} characters; at most {MAX_QUESTION_CHARACTERS} are searched for.")
    inside = [p for p in passages if not department or p.department == department]
    terms = tuple(dict.fromkeys(query.lower().split()))
    if not terms:
        return Found(tuple(inside))
    texts = [f"{p.id}\n{p.title}\n{p.text}".lower() for p in inside]
    whole = [p for p, text in zip(inside, texts, strict=True) if all(term in text for term in terms)]
    if whole:
        return Found(tuple(whole), terms)
    return _by_words(inside, texts, tuple(word for word in dict.fromkeys(words(query)) if word not in ASKING))


def _by_words(passages: Sequence[Passage], texts: Sequence[str], terms: tuple[str, ...]) -> Found:
    holding = {term: {i for i, text in enumerate(texts) if term in text} for term in terms}
    weight: Counter[int] = Counter()
    for found in holding.values():
        for i in found:
            weight[i] += math.log(1 + len(texts) / len(found))
    best = max(weight.values(), default=0.0)
    order = sorted((i for i in weight if weight[i] >= ENOUGH * best), key=lambda i: (-weight[i], i))
    return Found(tuple(passages[i] for i in order), tuple(term for term in terms if holding[term]), exact=False)
