"""The index lab: other kinds of FAISS index against Flat, on the same vectors and questions, one thread, fixed seeds.

`compare` gives the finished table. `built_one_by_one` and `measured_one_by_one` are the same in steps, for a page that
shows how far it is and can stop between two steps."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

import faiss
import numpy as np

from rag_demo.found import LAB_KS, IndexKind, LabRow, LabStage
from rag_demo.index import REFINE_FACTOR

PQ_TRAINING = 39 * 16  # FAISS wants 39 vectors a centroid, and a fast-scan codebook has 16
ADD_BLOCK, SEARCH_BLOCK, TIMED_BLOCK = 1000, 128, 10
TIMED_QUESTIONS = 100
EF_SEARCH = 64
VISITED = 8  # one list in eight
COPY_NOISE = 0.5  # of the vector's length: a copy keeps a cosine of about 0.89 with its original
SEED = 20240229


@dataclass(frozen=True, slots=True)
class LabStep:
    """rows: a row a kind, as far as they are known. indexes: those that stand, by kind."""

    stage: LabStage
    kind: IndexKind | None
    done: int
    total: int
    rows: tuple[LabRow, ...]
    indexes: Mapping[IndexKind, faiss.Index]


def factory_string(kind: IndexKind, count: int, dimension: int) -> str:
    """The FAISS factory for `count` vectors; an IVF gets 4 √N lists, but no more than N / 39, which train well."""
    lists = max(1, min(int(4 * count**0.5), count // 39))
    return {
        IndexKind.FLAT: "Flat",
        IndexKind.SQ8: "SQ8",
        IndexKind.HNSW: "HNSW32",
        IndexKind.IVF_PQ: f"IVF{lists},PQ{dimension // 4}x4fs",
        IndexKind.PQ_REFINE: f"PQ{dimension // 4}x4fs,RFlat",
        # without the usual random rotation: on these vectors it changed recall@10 by .002 and weighs 590 kB
        IndexKind.RABITQ: "RaBitQfs",
        IndexKind.RABITQ_REFINE: "RaBitQfs,RFlat",
    }[kind]


def training_size(kind: IndexKind) -> int:
    """How many vectors it must have to be trained without FAISS warning of too few."""
    return PQ_TRAINING if kind in (IndexKind.IVF_PQ, IndexKind.PQ_REFINE) else 1


def build(vectors: np.ndarray, factory: str) -> faiss.Index:
    """vectors: float32 (N, D) -> the index, trained and filled. FAISS' own seeds: the same vectors, the same index."""
    *_, index = _growing(vectors, factory)
    return index


def compare(
    vectors: np.ndarray,
    queries: np.ndarray,
    kinds: Sequence[IndexKind] = tuple(IndexKind),
    question: np.ndarray | None = None,
) -> tuple[LabRow, ...]:
    """vectors (N, D), queries (Q, D), question (D,), float32 -> a row a kind, Flat first.

    recall@k: the mean share of Flat's k best that the kind has among its own k best.
    """
    *_, built = built_one_by_one(vectors, kinds, question)
    *_, last = measured_one_by_one(built, queries)
    return last.rows


def built_one_by_one(
    vectors: np.ndarray, kinds: Sequence[IndexKind] = tuple(IndexKind), question: np.ndarray | None = None
) -> Iterator[LabStep]:
    """Steps of building; the last one holds every index and what `question` finds with it."""
    kinds = [IndexKind.FLAT, *(kind for kind in kinds if kind is not IndexKind.FLAT)]
    rows = {
        kind: LabRow(kind, factory_string(kind, *vectors.shape), needs=_missing(kind, len(vectors))) for kind in kinds
    }
    indexes: dict[IndexKind, faiss.Index] = {}
    for kind in (row.kind for row in tuple(rows.values()) if not row.needs):
        spent, began = 0.0, time.perf_counter()
        for index in _growing(vectors, rows[kind].factory):
            spent += time.perf_counter() - began
            yield LabStep(LabStage.BUILD, kind, index.ntotal, len(vectors), tuple(rows.values()), indexes)
            began = time.perf_counter()
        size = faiss.serialize_index(index).size
        top = () if question is None else tuple(i for i in _search(index, question[None], 10)[0].tolist() if i >= 0)
        rows[kind] = replace(rows[kind], built=True, build_seconds=spent, size=int(size), top=top)
        indexes[kind] = index
    yield LabStep(LabStage.BUILD, None, len(vectors), len(vectors), tuple(rows.values()), indexes)


def measured_one_by_one(built: LabStep, queries: np.ndarray) -> Iterator[LabStep]:
    """Steps of measuring recall, then latency; the last one is stage DONE."""
    indexes = built.indexes
    rows = {row.kind: row for row in built.rows}
    ks = [k for k in LAB_KS if k <= indexes[IndexKind.FLAT].ntotal]
    exact = np.empty((0, 0))
    for kind, index in indexes.items():
        found = []
        for start in range(0, len(queries), SEARCH_BLOCK):
            found.append(_search(index, queries[start : start + SEARCH_BLOCK], ks[-1]))
            done = min(start + SEARCH_BLOCK, len(queries))
            yield LabStep(LabStage.SEARCH, kind, done, len(queries), tuple(rows.values()), indexes)
        ranked = np.concatenate(found)
        exact = ranked if kind is IndexKind.FLAT else exact
        rows[kind] = replace(rows[kind], recall=tuple(recall_at(exact, ranked, k) for k in ks))
    timed = queries[:: max(1, len(queries) // TIMED_QUESTIONS)][:TIMED_QUESTIONS]
    seconds: dict[IndexKind, list[float]] = {kind: [] for kind in indexes}
    for i, query in enumerate(timed):
        if i % TIMED_BLOCK == 0:
            yield LabStep(LabStage.TIME, None, i, len(timed), tuple(rows.values()), indexes)
        for kind, index in indexes.items():  # alternating, so that a busy moment strikes all alike
            began = time.perf_counter()
            _search(index, query[None], ks[-1])
            seconds[kind].append(time.perf_counter() - began)
    for kind, times in seconds.items():
        rows[kind] = replace(rows[kind], milliseconds=1000 * median(times))
    yield LabStep(LabStage.DONE, None, len(timed), len(timed), tuple(rows.values()), indexes)


def recall_at(exact: np.ndarray, found: np.ndarray, k: int) -> float:
    """exact, found: positions (Q, >= k), best first -> the mean share of exact's first k among found's first k."""
    pairs = zip(exact[:, :k].tolist(), found[:, :k].tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b)) / k for a, b in pairs]))


def with_copies(vectors: np.ndarray, count: int) -> np.ndarray:
    """The vectors (N, D), then perturbed copies in turn up to `count`: row i is made from passage i % N.

    A copy is its original plus Gaussian noise of half its length, brought back to that length.
    """
    n, dimension = vectors.shape
    if count <= n:
        return vectors
    originals = vectors[np.arange(n, count) % n]
    lengths = np.linalg.norm(originals, axis=1, keepdims=True)
    noise = np.random.default_rng(SEED).standard_normal(originals.shape, dtype=np.float32)
    copies = originals + noise * lengths * (COPY_NOISE / dimension**0.5)
    copies *= lengths / np.linalg.norm(copies, axis=1, keepdims=True)
    return np.concatenate([vectors, copies]).astype(np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenMP keeps the number for each calling thread: set anew around every call, since steps may change threads."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _missing(kind: IndexKind, count: int) -> int:
    return training_size(kind) if count < training_size(kind) else 0


def _growing(vectors: np.ndarray, factory: str) -> Iterator[faiss.Index]:
    """The same index, trained and then after every block of vectors."""
    vectors = np.ascontiguousarray(vectors, np.float32)
    index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    if isinstance(index, faiss.IndexRefine):
        index.k_factor = REFINE_FACTOR
    if isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = EF_SEARCH
    if isinstance(index, faiss.IndexIVFPQFastScan):
        index.nprobe = -(-index.nlist // VISITED)
    with _one_thread():
        index.train(vectors)
    for start in range(0, len(vectors), ADD_BLOCK):
        with _one_thread():
            index.add(vectors[start : start + ADD_BLOCK])
        yield index


def _search(index: faiss.Index, queries: np.ndarray, k: int) -> np.ndarray:
    """queries (Q, D) -> positions (Q, k), best first; -1 where the index finds fewer."""
    with _one_thread():
        return index.search(np.ascontiguousarray(queries, np.float32), min(k, index.ntotal))[1]
