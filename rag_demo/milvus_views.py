"""What MilvusIndex hands out in place of lists and mappings: read from Milvus as they are asked for."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag_demo.bm25_vectors import dimension, question_vector
from rag_demo.text import words
from rag_demo.types import Passage

if TYPE_CHECKING:
    from rag_demo.milvus import MilvusIndex

FIELDS = ("id", "title", "text", "department", "source")
BLOCK = 1000  # rows a request
MOST_FOUND = 16_384  # Milvus' own limit of a search, and of a page's offset
TIED = 50  # more are asked for than wanted, so that equal BM25 scores are cut by place, as Bm25Index does


class MilvusBm25:
    """Bm25Index's scores, by sparse vectors."""

    def __init__(self, store: "MilvusIndex") -> None:
        self._store = store

    def search(self, question: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        k, asked = min(k, len(self._store), MOST_FOUND), question_vector(question)
        hits = self._store.nearest("words", [asked], min(k + TIED, MOST_FOUND))[0] if asked else []
        found = {place: score for place, score in hits if score > 0}
        best = sorted(found, key=lambda place: (-np.float32(found[place]), place))[:k]
        others = (place for place in range(len(self._store)) if place not in found)
        best += [next(others) for _ in range(k - len(best))]
        return np.array([found.get(place, 0.0) for place in best], np.float32), np.array(best, np.int64)

    def at(self, question: str, places: Sequence[int]) -> np.ndarray:
        return np.array([sum(parts.values()) for parts in self.contributions(question, places)], np.float32)

    def contributions(self, question: str, places: Sequence[int]) -> list[dict[str, float]]:
        asked = words(question)
        found = []
        for row in self._store.rows(places, ["words"]):
            parts: dict[str, float] = {}
            for word in asked:
                if weight := row["words"].get(dimension(word)):
                    parts[word] = parts.get(word, 0.0) + float(weight)
            found.append(parts)
        return found


class Passages(Sequence):
    """All passages, fetched as they are read."""

    def __init__(self, store: "MilvusIndex") -> None:
        self._store = store

    def __len__(self) -> int:
        return len(self._store)

    def __getitem__(self, which):
        places = range(len(self))[which]
        return tuple(self._store.fetch(places)) if isinstance(which, slice) else self._store.fetch([places])[0]

    def __iter__(self) -> Iterator[Passage]:
        for start in range(0, len(self), BLOCK):
            yield from self[start : start + BLOCK]


class Places(Mapping):
    """Passage id -> place, one question to the store each."""

    def __init__(self, store: "MilvusIndex") -> None:
        self._store = store

    def __getitem__(self, id: str) -> int:
        asked = dict(filter=f"id == {quoted(id)}", output_fields=["place"], limit=1)
        rows = self._store.link("query", self._store.version.collection, **asked)
        if not rows:
            raise KeyError(id)
        return int(rows[0]["place"])

    def __iter__(self) -> Iterator[str]:
        return (passage.id for passage in self._store.passages)

    def __len__(self) -> int:
        return len(self._store)


class Selected(Sequence):
    """The passages that a condition of Milvus selects, in their order, a page at a time; at most 16,384."""

    def __init__(self, store: "MilvusIndex", condition: str) -> None:
        self._store, self._condition = store, condition
        rows = store.link("query", store.version.collection, filter=condition, output_fields=["count(*)"])
        self._count = min(int(rows[0]["count(*)"]), MOST_FOUND)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, which):
        places = range(self._count)[which if isinstance(which, slice) else slice(which, which + 1)]
        asked = dict(filter=self._condition, output_fields=["place", *FIELDS], offset=places.start, limit=len(places))
        rows = self._store.link("query", self._store.version.collection, **asked) if places else []
        found = tuple(passage_of(row) for row in sorted(rows, key=lambda row: row["place"]))
        return found if isinstance(which, slice) else found[0]


def passage_of(row: dict) -> Passage:
    return Passage(**{field: row[field] for field in FIELDS})


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
