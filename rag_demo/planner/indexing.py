"""Seconds and bytes of an index over N vectors, by its kind.

Each kind's time is a count of elementary work times one coefficient fitted to measurements (calibration.py), on one core:

- flat, sq8: N d numbers copied or rounded.
- pq fast scan with exact refine: N d coded against 16 centroids, after 25 rounds of the same on at most 4,096 vectors.
- ivf-pq: N assigned among 4 sqrt(N) lists; k-means, 10 rounds, on at most 256 vectors a list; products coded against 256
  centroids, their 25 rounds on at most 65,536 vectors (faiss' defaults).
- hnsw (Malkov and Yashunin 2018): an insertion compares the new vector with those that its search visits. At most
  efConstruction nodes are expanded, each with up to 2 M neighbours, of which a share is new: V = share x efConstruction x 2 M. A
  graph of i nodes cannot show more than i of them, so the i-th insertion costs V (1 - exp(-i / V)) comparisons.
  One share and one time a comparison serve every M and efConstruction. Beyond V an insertion's cost is taken as
  constant; the paper's log N is small beside it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rag_demo.planner.calibration import MEND, IndexMeasurement
from rag_demo.types import RagError


class Kind(StrEnum):
    FLAT = "flat"
    SQ8 = "sq8"
    HNSW32 = "hnsw32"
    HNSW512 = "hnsw512"
    IVF_PQ = "ivf_pq"
    PQ_FAST_SCAN = "pq_fast_scan"


HNSW = {Kind.HNSW32: (32, 40), Kind.HNSW512: (512, 200)}  # M, efConstruction: faiss' default; DPR's code
SHARES = np.geomspace(0.05, 4.0, 200)
MATRIX_GAIN = 25  # assumed: assigning to lists is one wide matrix product, coding many narrow ones of 4 numbers
THREADS_GAIN = 0.8  # assumed share of the cores' sum that faiss' threads achieve


@dataclass(frozen=True, slots=True)
class IndexPlan:
    kind: Kind
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class IndexModel:
    """coefficients: seconds of a kind's unit of work. share, comparison: of the HNSW model, as above."""

    coefficients: dict[Kind, float]
    share: float
    comparison: float

    def seconds(self, kind: Kind, count: int, dimension: int, cores: int = 1) -> float:
        gain = 1 if cores == 1 else cores * THREADS_GAIN
        if kind in HNSW:
            return self.comparison * dimension * hnsw_comparisons(*HNSW[kind], count, self.share) / gain
        return self.coefficients[kind] * WORK[kind](count, dimension) / gain

    def plan(self, kind: Kind, count: int, dimension: int, cores: int = 1) -> IndexPlan:
        return IndexPlan(kind, self.seconds(kind, count, dimension, cores), index_bytes(kind, count, dimension))


def index_bytes(kind: Kind, count: int, dimension: int) -> int:
    """Of the serialised index: vectors or codes, links, centroids."""
    vectors = 4 * count * dimension
    if kind in HNSW:
        m = HNSW[kind][0]
        return vectors + count * (
            4 * 2 * m + 4 * m // (m - 1) + 12
        )  # links of level 0, of the higher ones, level, offset
    return {
        Kind.FLAT: vectors,
        Kind.SQ8: count * dimension + 8 * dimension,
        Kind.IVF_PQ: count * (dimension // 4 + 8) + 4 * dimension * (lists_of(count) + 256),
        Kind.PQ_FAST_SCAN: vectors + count * dimension // 8 + 4 * 16 * dimension,
    }[kind]


def lists_of(count: int) -> int:
    return max(1, int(4 * count**0.5))


def hnsw_comparisons(m: int, ef: int, count: int, share: float) -> float:
    """Of all insertions: the integral of V (1 - exp(-i / V)) from 0 to N."""
    visited = share * ef * 2 * m
    return visited * (count + visited * math.expm1(-count / visited))


def _ivf_pq_work(count: int, dimension: int) -> float:
    lists = lists_of(count)
    assigned = lists * (count + 10 * min(count, 256 * lists)) / MATRIX_GAIN
    return dimension * (assigned + 256 * (count + 25 * min(count, 65_536)))


WORK: dict[Kind, Callable[[int, int], float]] = {
    Kind.FLAT: lambda count, dimension: count * dimension,
    Kind.SQ8: lambda count, dimension: count * dimension,
    Kind.IVF_PQ: _ivf_pq_work,
    Kind.PQ_FAST_SCAN: lambda count, dimension: 16 * dimension * (count + 25 * min(count, 4096)),
}


def fit(measurements: Sequence[IndexMeasurement]) -> IndexModel:
    """Each coefficient is the geometric mean of seconds over work; the share is the one that spreads them least."""
    by_kind = {kind: [m for m in measurements if m.kind == kind] for kind in Kind}
    if not all(by_kind.values()):
        raise RagError(f"The calibration lacks some kinds of index. {MEND}")
    coefficients = {
        kind: _mean([m.seconds / work(m.count, m.dimension) for m in by_kind[kind]]) for kind, work in WORK.items()
    }
    graphs = [(m, *HNSW[kind]) for kind in HNSW for m in by_kind[kind]]
    ratios = {
        share: [m.seconds / (m.dimension * hnsw_comparisons(links, ef, m.count, share)) for m, links, ef in graphs]
        for share in SHARES.tolist()
    }
    share = min(ratios, key=lambda share: float(np.std(np.log(ratios[share]))))
    return IndexModel(coefficients, share, _mean(ratios[share]))


def _mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))
