"""MilvusIndex: the same store on Milvus, on machines that others operate, or in a local .db file (milvus-lite).

A corpus version is a collection NAME_FINGERPRINT (place, passage, vector, BM25 as a sparse vector) with a second one,
…_facts, of keys and values (the manifest, the departments, in how many passages each bigram stands). An alias NAME points
at the version that is live; training.build_index writes them (rag_demo.milvus_build). An object of this class finds the
alias' version at its first successful call and stays with it, so what is under way ends on the version it began on."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rag_demo.bm25_vectors import question_vector
from rag_demo.browse import ENOUGH, Found
from rag_demo.config import IndexConfig
from rag_demo.index import Manifest, store_fingerprint
from rag_demo.lexicon import Lexicon
from rag_demo.milvus_link import Address, Link
from rag_demo.milvus_views import BLOCK, FIELDS, MOST_FOUND, MilvusBm25, Passages, Places, Selected, passage_of, quoted
from rag_demo.store import StoreError
from rag_demo.text import words
from rag_demo.types import Passage


@dataclass(frozen=True, slots=True)
class Version:
    """A collection and what it says of itself."""

    collection: str
    manifest: Manifest
    departments: tuple[tuple[str, int], ...]


class MilvusIndex:
    def __init__(self, link: Link, encoder: str, checkpoint: str) -> None:
        self.link, self.encoder, self.checkpoint = link, encoder, checkpoint
        self._version: Version | None = None
        self._loaded = -1  # link.failures when the collections were last asked into memory

    @classmethod
    def open(cls, config: IndexConfig, checkpoint: str, encoder: str) -> "MilvusIndex":
        """Connects at the first call, so that a page can start, and wait, while Milvus is down."""
        return cls(Link(Address.of(config.uri, checkpoint), config), encoder, checkpoint)

    def live(self) -> str:
        """The collection that the alias points at now. Raises StoreError where there is none."""
        alias = self.link.address.alias
        if not self.link("has_collection", alias):
            raise StoreError(f"Milvus at {self.link.address.uri} holds no passages named {alias}. {self._mend}")
        return self.link("describe_alias", alias)["collection_name"]

    @property
    def version(self) -> Version:
        """Raises StoreError where there is none, or it is not this model's."""
        if self._version is None:
            self._version = self._found(self.live())
        self._load(self._version.collection)
        return self._version

    def _found(self, collection: str) -> Version:
        self._load(collection)
        facts = self._facts(collection, ["manifest", "departments"])
        if "manifest" not in facts:
            raise StoreError(f"{collection} in Milvus has no manifest. {self._mend}")
        manifest = Manifest(**json.loads(facts["manifest"]))
        if manifest.encoder != self.encoder:
            raise StoreError(f"{collection} in Milvus holds the vectors of another context encoder. {self._mend}")
        listed = json.loads(facts.get("departments", "[]"))
        return Version(collection, manifest, tuple((name, count) for name, count in listed))

    def _load(self, collection: str) -> None:
        """A server that was away may have come back without them in memory."""
        failures = self.link.failures
        if self._loaded != failures:
            for name in (collection, f"{collection}_facts"):
                self.link("load_collection", name)
            self._loaded = failures

    @property
    def _mend(self) -> str:
        return f"Build it: python -m training.build_index --checkpoint {self.checkpoint} --passages FILE"

    def __len__(self) -> int:
        return self.version.manifest.count

    @property
    def factory(self) -> str:
        return self.version.manifest.factory

    @property
    def recall_at_10(self) -> float:
        return self.version.manifest.recall_at_10

    @property
    def corpus(self) -> str:
        return self.version.manifest.corpus

    @property
    def fingerprint(self) -> str:
        """ "" until the store has answered once."""
        return store_fingerprint(self.encoder, self._version.manifest.corpus) if self._version else ""

    @property
    def departments(self) -> list[tuple[str, int]]:
        return list(self.version.departments)

    @cached_property
    def passages(self) -> Passages:
        return Passages(self)

    @cached_property
    def position(self) -> Places:
        return Places(self)

    @cached_property
    def lexical(self) -> MilvusBm25:
        return MilvusBm25(self)

    def search(self, vectors: np.ndarray, k: int, department: str = "") -> tuple[np.ndarray, np.ndarray]:
        """As PassageIndex.search; k is at most 16,384."""
        k = min(k, len(self), MOST_FOUND)
        found = self.nearest("vector", np.asarray(vectors, np.float32).tolist(), k, department)
        scores = np.full((len(found), k), -np.inf, np.float32)
        places = np.full((len(found), k), -1, np.int64)
        for row, hits in enumerate(found):
            scores[row, : len(hits)] = [score for _, score in hits]
            places[row, : len(hits)] = [place for place, _ in hits]
        return scores, places

    def nearest(self, field: str, queries: list, k: int, department: str = "") -> list[list[tuple[int, float]]]:
        """(place, inner product) of the k best of each query, best first."""
        found = self.link(
            "search", self.version.collection, data=queries, anns_field=field, limit=k, output_fields=["place"],
            search_params={"metric_type": "IP"}, filter=_department(department),
        )  # fmt: skip
        return [[(int(hit["place"]), float(hit["distance"])) for hit in hits] for hits in found]

    def rows(self, places: Sequence[int], fields: Sequence[str]) -> list[dict]:
        """In the order of `places`."""
        found: dict[int, dict] = {}
        for start in range(0, len(places), BLOCK):
            wanted = [int(place) for place in places[start : start + BLOCK]]
            asked = dict(filter=f"place in {wanted}", output_fields=["place", *fields], limit=len(set(wanted)))
            found |= {row["place"]: row for row in self.link("query", self.version.collection, **asked)}
        if missing := set(map(int, places)) - found.keys():
            raise StoreError(f"{self.version.collection} in Milvus has no place {min(missing)}. {self._mend}")
        return [found[int(place)] for place in places]

    def vectors(self, places: Sequence[int]) -> np.ndarray:
        return np.array([row["vector"] for row in self.rows(places, ["vector"])], np.float32)

    def fetch(self, places: Sequence[int]) -> list[Passage]:
        return [passage_of(row) for row in self.rows(places, FIELDS)]

    def find(self, query: str = "", department: str = "") -> Found:
        """Case counts here; where no passage holds every word, they come by BM25."""
        terms = tuple(dict.fromkeys(query.split()))
        if not terms and not department:
            return Found(self.passages)
        held = [_holding(term) for term in terms]
        selected = Selected(self, " and ".join(filter(None, [_department(department), *held])))
        if len(selected) or not terms:
            return Found(selected, tuple(term.lower() for term in terms))
        hits = self.nearest("words", [question_vector(query)], 100, department)[0]
        near = [place for place, score in hits if score >= ENOUGH * hits[0][1]]
        return Found(tuple(self.fetch(near)), tuple(dict.fromkeys(words(query))), exact=False)

    def lexicon(self, grams: Collection[str]) -> Lexicon:
        facts = self._facts(self.version.collection, [f"gram {gram}" for gram in grams])
        return Lexicon({key.removeprefix("gram "): int(value) for key, value in facts.items()}, len(self))

    def _facts(self, collection: str, keys: Sequence[str]) -> dict[str, str]:
        rows = self.link("get", f"{collection}_facts", ids=list(keys), output_fields=["key", "value"]) if keys else []
        return {row["key"]: row["value"] for row in rows}

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        raise StoreError("a live version does not grow; training.build_index writes the next one beside it.")


def _department(name: str) -> str:
    return f"department == {quoted(name)}" if name else ""


def _holding(term: str) -> str:
    """% and _ in a term stand for more than themselves: a little more is found."""
    pattern = quoted(f"%{term}%")
    return "(" + " or ".join(f"{field} like {pattern}" for field in ("id", "title", "text")) + ")"
