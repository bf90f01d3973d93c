"""Writing a corpus version to Milvus: beside the one that is live, resumable, and live in one step at the end."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice

import numpy as np

from rag_demo.bm25_vectors import Bm25Statistics
from rag_demo.config import IndexConfig
from rag_demo.index import FLAT_LIMIT, Manifest, store_fingerprint
from rag_demo.lexicon import Lexicon
from rag_demo.milvus import BLOCK, MilvusIndex
from rag_demo.types import Passage, RagError

PATIENCE = 120.0  # seconds a request of the build may take
MOST_DEPARTMENTS = 500
Progress = Callable[[int, int], None]
Rows = Callable[[], Iterator[tuple[Passage, np.ndarray]]]  # from the first passage on, anew at each call


class MilvusWriter:
    """A version that is being written. `add` appends; `publish` makes it live, and drops those before the last."""

    def __init__(
        self, config: IndexConfig, checkpoint: str, manifest: Manifest, statistics: Bm25Statistics, digest: str
    ) -> None:
        """digest: of all fields of the passages; it names the version."""
        self.store = MilvusIndex.open(config, checkpoint, manifest.encoder)
        self.link, self.manifest, self.statistics = self.store.link, manifest, statistics
        self.alias = self.link.address.alias
        self.collection = f"{self.alias}_{store_fingerprint(manifest.encoder, digest)}"
        if not self._call("has_collection", self.collection):
            self._create()
        self.count = self._count() // BLOCK * BLOCK  # a request that was under way is sent again
        self._again = self.count < self._count()

    def _call(self, method: str, *arguments, **named):
        return self.link(method, *arguments, seconds=PATIENCE, **named)

    def _count(self) -> int:
        asked = dict(filter="", output_fields=["count(*)"], consistency_level="Strong")
        return int(self._call("query", self.collection, **asked)[0]["count(*)"])

    def _create(self) -> None:
        from pymilvus import DataType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("place", DataType.INT64, is_primary=True)
        for name, size in (("id", 512), ("title", 65_535), ("text", 65_535), ("department", 512), ("source", 8_192)):
            schema.add_field(name, DataType.VARCHAR, max_length=size)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.manifest.dimension)
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("vector", index_type=self.manifest.factory, metric_type="IP")
        indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        for name in ("id", "department"):
            indexes.add_index(name, index_type="INVERTED")
        self._call("create_collection", self.collection, schema=schema, index_params=indexes)

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """At most BLOCK of them: one request."""
        rows = [
            {"place": self.count + i, **asdict(passage), "vector": vectors[i], "words": self.statistics.vector(passage)}
            for i, passage in enumerate(passages)
        ]
        self._call("upsert" if self._again else "insert", self.collection, rows)
        self.count, self._again = self.count + len(rows), False

    def publish(self, lexicon: Lexicon, departments: Sequence[tuple[str, int]]) -> MilvusIndex:
        self._call("flush", self.collection)
        self._call("load_collection", self.collection)
        if (found := self._count()) != self.manifest.count:
            raise RagError(
                f"{self.collection} holds {found} of {self.manifest.count} passages; run the same command again."
            )
        self._write_facts(lexicon, departments)
        before = self.store.live() if self._call("has_collection", self.alias) else ""
        self._call("alter_alias" if before else "create_alias", self.collection, self.alias)
        kept = (self.collection, before)  # answers under way may still be on the one before
        for name in self._call("list_collections"):
            version = re.fullmatch(rf"({re.escape(self.alias)}_[0-9a-f]{{16}})(_facts)?", name)
            if version and version[1] not in kept:
                self._call("drop_collection", name)
        return MilvusIndex(self.link, self.manifest.encoder, self.store.checkpoint)

    def _write_facts(self, lexicon: Lexicon, departments: Sequence[tuple[str, int]]) -> None:
        from pymilvus import DataType, MilvusClient

        name = f"{self.collection}_facts"
        if self._call("has_collection", name):
            self._call("drop_collection", name)
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, max_length=512, is_primary=True)
        schema.add_field("value", DataType.VARCHAR, max_length=65_535)
        schema.add_field("none", DataType.FLOAT_VECTOR, dim=2)  # Milvus wants a vector in every collection
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("none", index_type="FLAT", metric_type="IP")
        self._call("create_collection", name, schema=schema, index_params=indexes)
        facts = {"departments": json.dumps(list(departments)[:MOST_DEPARTMENTS], ensure_ascii=False)}
        facts |= {f"gram {gram}": str(count) for gram, count in lexicon.counts.items()}
        facts |= {"manifest": json.dumps(asdict(self.manifest))}
        for block in blocks(facts.items(), 10 * BLOCK):
            self._call("insert", name, [{"key": key, "value": value, "none": [0.0, 0.0]} for key, value in block])
        self._call("flush", name)
        self._call("load_collection", name)


def write_version(
    config: IndexConfig, checkpoint: str, manifest: Manifest, rows: Rows, progress: Progress
) -> MilvusIndex:
    """Words, bigrams and departments are counted, then all is sent. Killed, the same call goes on."""
    statistics = Bm25Statistics.of(passage for passage, _ in rows())
    lexicon = Lexicon.of(passage for passage, _ in rows())
    departments: Counter[str] = Counter()
    digest = hashlib.sha256()
    for passage, _ in rows():
        departments[passage.department] += 1
        digest.update(repr(passage).encode())
    departments.pop("", None)
    writer = MilvusWriter(config, checkpoint, manifest, statistics, digest.hexdigest())
    progress(writer.count, manifest.count)
    for block in blocks(islice(rows(), writer.count, None), BLOCK):
        writer.add([passage for passage, _ in block], np.stack([vector for _, vector in block]))
        progress(writer.count, manifest.count)
    return writer.publish(lexicon, departments.most_common())


def index_type(count: int) -> str:
    """FLAT, which is exact, while a scan is fast; above it what this Milvus thinks best (HNSW, where it is self-hosted)."""
    return "FLAT" if count <= FLAT_LIMIT else "AUTOINDEX"


def blocks(items: Iterable, size: int) -> Iterator[list]:
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block
