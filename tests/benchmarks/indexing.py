"""FAISS: building and searching what the project chooses, against DPR's HNSW and an exhaustive scan."""

import time
from collections.abc import Iterator
from functools import partial

import faiss
import numpy as np

from rag_demo.index import PassageIndex
from rag_demo.types import Passage
from tests.benchmarks.bench import Row, alternating, once

EMPTY = Passage("", "", "", "", "")
HNSW_LINKS, HNSW_CONSTRUCTION = 512, 200  # DenseHNSWFlatIndexer of facebookresearch/DPR


def rows(vectors: np.ndarray, questions: np.ndarray, full: bool) -> Iterator[Row]:
    """vectors (N, D) of the encoder, questions (Q, D)."""
    for count in (10_000, 20_000, 40_000):
        part = np.array(vectors[:count])
        ours, peer = once(partial(_build, part)), once(partial(_hnsw, part))
        reach = 100 if count == 40_000 else None
        yield Row("build", f"{count:,} × {part.shape[1]}", ours, "s", "HNSW 512/200", peer, reach)
    sizes = [len(vectors)] + ([3_000_000] if full else [])
    seconds = []
    for count in sizes:
        part = _spread(vectors, count)
        began = time.perf_counter()
        index = _build(part)
        seconds.append(time.perf_counter() - began)
        yield Row("build", f"{count:,} × {part.shape[1]}, {index.factory}", seconds[-1])
        yield _search(index, part, questions, 10 if count == sizes[0] else None)
    if full:
        exponent = float(np.log(seconds[1] / seconds[0]) / np.log(sizes[1] / sizes[0]))
        yield Row("growth", f"{sizes[0]:,} → {sizes[1]:,}", exponent, "", reach=1.05)


def _search(index: PassageIndex, vectors: np.ndarray, questions: np.ndarray, reach: float | None) -> Row:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    asked = iter(np.resize(questions, (10_000, questions.shape[1])))
    one, other = alternating(
        [lambda: index.search(next(asked)[None], 10), lambda: flat.search(next(asked)[None], 10)], repeats=200, warm=20
    )
    exact, found = flat.search(questions, 10)[1], index.search(questions, 10)[1]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found, strict=True)])
    note = f"recall@10 {recall:.4f} on {len(questions)} questions"
    return Row("search", f"{len(vectors):,}", one, "s", "IndexFlatIP", other, reach, note)


def _build(vectors: np.ndarray) -> PassageIndex:
    """As the product does, its measuring of recall@10 included."""
    return PassageIndex.build([EMPTY] * len(vectors), vectors)


def _hnsw(vectors: np.ndarray) -> None:
    """DPR's: inner product by an L2 index with one more dimension."""
    norms = (vectors**2).sum(1)
    extended = np.hstack([vectors, np.sqrt(norms.max() - norms)[:, None]]).astype(np.float32)
    index = faiss.IndexHNSWFlat(extended.shape[1], HNSW_LINKS)
    index.hnsw.efConstruction = HNSW_CONSTRUCTION
    index.add(extended)


def _spread(vectors: np.ndarray, count: int) -> np.ndarray:
    """`count` rows: the vectors, then the vectors with noise of a fifth of their length."""
    if count <= len(vectors):
        return np.array(vectors[:count])
    made = np.empty((count, vectors.shape[1]), np.float32)
    rng = np.random.default_rng(0)
    scale = 0.2 * float(np.linalg.norm(vectors[0])) / vectors.shape[1] ** 0.5
    for start in range(0, count, len(vectors)):
        part = made[start : start + len(vectors)]
        part[:] = vectors[: len(part)]
        if start:
            part += scale * rng.standard_normal(part.shape, dtype=np.float32)
    return made
