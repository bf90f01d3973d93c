"""BM25 as sparse vectors, so that a vector database scores words as Bm25Index does.

A passage's vector has, for each of its words, what the word adds to the score of a question that holds it once; a
question's has how often it holds the word; the score is their inner product. Words are cut by rag_demo.text.words on both
sides, and a word's contribution can be read off the passage's vector: neither is so with a database's own full-text search.
A word's dimension is its CRC-32: of a million words about 120 pairs share one."""

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from rag_demo.lexical import K1, B
from rag_demo.text import words
from rag_demo.types import Passage

Sparse = dict[int, float]


@dataclass(frozen=True, slots=True)
class Bm25Statistics:
    """counts: in how many of `count` passages each word stands. length: mean words a passage."""

    counts: Counter[str]
    count: int
    length: float

    @classmethod
    def of(cls, passages: Iterable[Passage]) -> "Bm25Statistics":
        counts: Counter[str] = Counter()
        count = length = 0
        for passage in passages:
            found = words(passage.full_text)
            counts.update(set(found))
            count, length = count + 1, length + len(found)
        return cls(counts, count, length / max(1, count))

    def vector(self, passage: Passage) -> Sparse:
        """idf(w) tf / (k1 (1 - b + b length / mean length) + tf) of each word (Kamphuis et al. 2020, Lucene accurate)."""
        found = words(passage.full_text)
        norm = K1 * (1 - B + B * len(found) / self.length) if found else 1.0
        vector: Sparse = {}
        for word, times in Counter(found).items():
            held = self.counts[word]
            idf = log(1 + (self.count - held + 0.5) / (held + 0.5))
            vector[dimension(word)] = vector.get(dimension(word), 0.0) + idf * times / (norm + times)
        return vector


def dimension(word: str) -> int:
    """0 to 2^32 - 2: Milvus keeps the last."""
    return min(zlib.crc32(word.encode()), 2**32 - 2)


def question_vector(question: str) -> Sparse:
    vector: Sparse = {}
    for word in words(question):
        vector[dimension(word)] = vector.get(dimension(word), 0.0) + 1.0
    return vector
