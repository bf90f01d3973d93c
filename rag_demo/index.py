"""PassageIndex: FAISS over passage vectors, its passages, and a manifest that says what it was built from.

A folder holds index.faiss, passages.jsonl and manifest.json. The manifest is written last and names the SHA-256 of
the others; a FAISS file is read only when its hash matches, because a damaged one can load and answer wrongly."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np

from rag_demo import browse
from rag_demo.corpus import fingerprint, read_passages, write_jsonl
from rag_demo.files import replaced_folder, sha256_of, write_bytes
from rag_demo.lexical import Bm25Index
from rag_demo.lexicon import Lexicon
from rag_demo.seals import read_sealed, write_sealed
from rag_demo.types import Passage, RagError

FLAT_LIMIT = 20_000  # above it, exhaustive PQ fast-scan with exact refine is as accurate and 10 times faster
IVF_LIMIT = 2_000_000
REFINE_FACTOR = 16  # times k candidates of the quantiser are scored exactly
RECALL_SAMPLE = 200
INDEX_FILE, PASSAGES_FILE, MANIFEST_FILE = "index.faiss", "passages.jsonl", "manifest.json"
REBUILD = "Rebuild: python -m training.build_index --checkpoint {checkpoint} --passages assets/corpus/passages.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """recall_at_10: of the chosen factory against Flat, on a sample of the indexed vectors.

    vectors: the files of vectors that stay on the disk (rag_demo.mapped), in order; none where index.faiss holds them.
    departments: (name, passages), where counting them again would take long.
    """

    count: int
    dimension: int
    metric: str
    factory: str
    recall_at_10: float
    corpus: str
    encoder: str
    files: dict[str, str]
    vectors: Sequence[str] = ()
    departments: Sequence[tuple[str, int]] = ()


class PassageIndex:
    """Search by inner product. `encoder` is the fingerprint of the context encoder that made the vectors."""

    def __init__(
        self, index: faiss.Index, passages: Sequence[Passage], factory: str, encoder: str, recall: float = 1.0
    ):
        self.index, self.passages, self.factory, self.encoder = index, tuple(passages), factory, encoder
        self.recall_at_10 = recall

    def __len__(self) -> int:
        return len(self.passages)

    @cached_property
    def position(self) -> dict[str, int]:
        return {passage.id: i for i, passage in enumerate(self.passages)}

    @cached_property
    def departments(self) -> list[tuple[str, int]]:
        return browse.departments(self.passages)

    @cached_property
    def corpus(self) -> str:
        return fingerprint(self.passages)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of the passages and their encoder: equal where the same question finds the same."""
        return store_fingerprint(self.encoder, self.corpus)

    @cached_property
    def lexical(self) -> Bm25Index:
        """Built at first use: a dense question never waits for the segmenter's dictionary."""
        return Bm25Index(self.passages)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon.of(self.passages)

    def lexicon(self, grams: Collection[str] = ()) -> Lexicon:
        """Of all bigrams, whatever is asked for."""
        return self._lexicon

    def fetch(self, places: Sequence[int]) -> list[Passage]:
        return [self.passages[i] for i in places]

    def find(self, query: str = "", department: str = "") -> browse.Found:
        return browse.search(self.passages, query, department)

    def add(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Append; what was computed of the passages before is forgotten. Not while others search."""
        _check_counts(passages, vectors)
        self.index.add(np.ascontiguousarray(vectors, np.float32))
        self.passages += tuple(passages)
        for name in ("position", "departments", "corpus", "fingerprint", "lexical", "_lexicon"):
            self.__dict__.pop(name, None)

    @classmethod
    def build(
        cls, passages: Sequence[Passage], vectors: np.ndarray, *, factory: str = "auto", encoder: str = ""
    ) -> "PassageIndex":
        """vectors: float32 (N, D), one a passage. factory: a FAISS factory string, or "auto" to pick by size."""
        _check_counts(passages, vectors)
        vectors = np.ascontiguousarray(vectors, np.float32)
        factory = choose_factory(*vectors.shape) if factory == "auto" else factory
        try:
            index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
            if isinstance(index, faiss.IndexRefine):
                index.k_factor = REFINE_FACTOR
            index.train(vectors)
            index.add(vectors)
        except RuntimeError as error:
            raise RagError(
                f"FAISS cannot build {factory!r} on {len(vectors)} vectors ({_last_line(error)}). Use --factory auto."
            ) from None
        return cls(index, passages, factory, encoder, _recall(index, vectors) if factory != "Flat" else 1.0)

    def search(self, vectors: np.ndarray, k: int, department: str = "") -> tuple[np.ndarray, np.ndarray]:
        """vectors (Q, D) -> scores (Q, k) float32, descending inner product, and positions (Q, k) int64.

        Of one department: an exact scan of its passages; -1 where it has fewer than k.
        """
        vectors, k = np.ascontiguousarray(vectors, np.float32), min(k, len(self))
        if not department:
            return self.index.search(vectors, k)
        places = np.array([i for i, p in enumerate(self.passages) if p.department == department] or [-1])
        if places[0] < 0:
            return np.full((len(vectors), k), -np.inf, np.float32), np.full((len(vectors), k), -1)
        scores, found = faiss.knn(vectors, self.vectors(places), min(k, len(places)), faiss.METRIC_INNER_PRODUCT)
        rest = ((0, 0), (0, k - found.shape[1]))
        return np.pad(scores, rest, constant_values=-np.inf), np.pad(places[found], rest, constant_values=-1)

    def vectors(self, positions: Sequence[int]) -> np.ndarray:
        """The stored vectors of the given passages, float32 (n, D)."""
        return np.stack([self.index.reconstruct(int(i)) for i in positions])

    def save(self, folder: str | Path) -> None:
        with replaced_folder(Path(folder)) as temporary:
            write_bytes(temporary / INDEX_FILE, faiss.serialize_index(self.index).tobytes())
            write_jsonl(temporary / PASSAGES_FILE, self.passages)
            manifest = Manifest(
                count=len(self),
                dimension=self.index.d,
                metric="inner product",
                factory=self.factory,
                recall_at_10=self.recall_at_10,
                corpus=fingerprint(self.passages),
                encoder=self.encoder,
                files={name: sha256_of(temporary / name) for name in (INDEX_FILE, PASSAGES_FILE)},
            )
            write_sealed(temporary / MANIFEST_FILE, asdict(manifest))

    @classmethod
    def load(cls, folder: str | Path, *, encoder: str | None = None) -> "PassageIndex":
        """Refuses files that do not match the manifest, and vectors of another encoder than `encoder`."""
        folder = Path(folder)
        mend = REBUILD.format(checkpoint=folder.parent)
        try:
            manifest = Manifest(**read_sealed(folder / MANIFEST_FILE, mend))
        except TypeError as error:
            raise RagError(f"{folder / MANIFEST_FILE} is not a manifest ({error}). {mend}") from None
        for name in (INDEX_FILE, PASSAGES_FILE, *manifest.vectors):
            file = folder / name
            if not file.exists():
                raise RagError(f"{file} is missing. {mend}")
            if sha256_of(file) != manifest.files.get(name):
                raise RagError(f"{file} is damaged: its SHA-256 is not the one in {MANIFEST_FILE}. {mend}")
        if encoder is not None and encoder != manifest.encoder:
            raise RagError(f"{folder / MANIFEST_FILE} names another context encoder than the checkpoint's. {mend}")
        if manifest.vectors:
            from rag_demo.on_disk import OnDisk

            return OnDisk(folder, manifest)
        passages = read_passages(folder / PASSAGES_FILE)
        index = _deserialised(folder / INDEX_FILE, mend)
        if not index.ntotal == manifest.count == len(passages) or index.d != manifest.dimension:
            raise RagError(f"{folder} holds {index.ntotal} vectors but {len(passages)} passages. {mend}")
        return cls(index, passages, manifest.factory, manifest.encoder, manifest.recall_at_10)


def store_fingerprint(encoder: str, corpus: str) -> str:
    return hashlib.sha256(f"{encoder}\n{corpus}".encode()).hexdigest()[:16]


def _check_counts(passages: Sequence[Passage], vectors: np.ndarray) -> None:
    if len(passages) != len(vectors):
        raise RagError(f"There are {len(passages)} passages but {len(vectors)} vectors; encode the passages again.")


def choose_factory(count: int, dimension: int) -> str:
    """Flat while a scan is fast; then PQ fast-scan with exact refine; then IVF over it."""
    if count <= FLAT_LIMIT:
        return "Flat"
    quantiser = f"PQ{dimension // 4}x4fs,RFlat"
    return quantiser if count <= IVF_LIMIT else f"IVF{int(4 * count**0.5)},{quantiser}"


def _recall(index: faiss.Index, vectors: np.ndarray) -> float:
    """recall@10 against an exact scan, on vectors spread over the index."""
    sample = vectors[:: max(1, len(vectors) // RECALL_SAMPLE)][:RECALL_SAMPLE]
    k = min(10, len(vectors))
    exact = faiss.knn(sample, vectors, k, faiss.METRIC_INNER_PRODUCT)[1]
    found = index.search(sample, k)[1]
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(exact, found, strict=True)]))


def _deserialised(file: Path, mend: str) -> faiss.Index:
    """Its SHA-256 has been checked; yet no vector in it may claim more bytes than the whole file has."""
    data = np.fromfile(file, np.uint8)
    faiss.set_deserialization_vector_byte_limit(max(data.nbytes, 1))
    try:
        return faiss.deserialize_index(data)
    except RuntimeError as error:
        raise RagError(f"{file} is not an index that this FAISS reads ({_last_line(error)}). {mend}") from None


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
