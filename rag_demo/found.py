"""What the Retrieval tab shows, as values: found passages with the parts of their scores, and what the lab measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rag_demo.types import Hit, RetrieverKind


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of one list, and why it stands there.

    ranks: its rank in each of the three lists, from 1; None below the depth that fusion reads. words: what each matched
    word adds to `bm25`. reciprocal: 1 / (60 + rank) in the dense and in the BM25 list, 0 below the depth. title_spans,
    text_spans: where the matched words stand in the passage, ascending, not overlapping.
    """

    hit: Hit
    ranks: Mapping[RetrieverKind, int | None]
    bm25: float
    words: tuple[tuple[str, float], ...]
    reciprocal: tuple[float, float]
    title_spans: tuple[tuple[int, int], ...] = ()
    text_spans: tuple[tuple[int, int], ...] = ()

    @property
    def fused(self) -> float:
        """Σ 1 / (60 + rank): what the hybrid list is sorted by."""
        return sum(self.reciprocal)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The three lists for one question. corpus: the name of the visitor's own, or empty."""

    question: str
    model: str
    lists: Mapping[RetrieverKind, tuple[Found, ...]]
    corpus: str = ""


class IndexKind(StrEnum):
    FLAT = "flat"
    SQ8 = "sq8"
    HNSW = "hnsw"
    IVF_PQ = "ivf_pq"
    PQ_REFINE = "pq_refine"
    RABITQ = "rabitq"
    RABITQ_REFINE = "rabitq_refine"


LAB_KS = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class LabRow:
    """One kind of index, measured. recall: against Flat at each k of LAB_KS, empty until measured.

    milliseconds: median for one question, one thread, None until measured. size: serialised bytes. top: positions of
    this question's best, best first. needs: how many vectors training it takes, where there are fewer, so that it is
    never built; else 0.
    """

    kind: IndexKind
    factory: str
    needs: int = 0
    built: bool = False
    build_seconds: float = 0.0
    size: int = 0
    recall: tuple[float, ...] = ()
    milliseconds: float | None = None
    top: tuple[int, ...] = ()


class LabStage(StrEnum):
    ENCODE = "encode"
    BUILD = "build"
    SEARCH = "search"
    TIME = "time"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class LabReport:
    """Where the lab stands. count: vectors indexed, of which `real` are passages and the rest perturbed copies.

    questions: how many recall is measured on. titles: of every position that a row's `top` names. done of total: of the
    stage, of `kind` where one is at work.
    """

    question: str
    model: str
    count: int
    real: int
    questions: int = 0
    rows: tuple[LabRow, ...] = ()
    titles: Mapping[int, str] = field(default_factory=dict)
    stage: LabStage = LabStage.ENCODE
    kind: IndexKind | None = None
    done: int = 0
    total: int = 1
    cancelled: bool = False

    def at(
        self,
        stage: LabStage,
        done: int,
        total: int,
        kind: IndexKind | None = None,
        rows: tuple[LabRow, ...] = (),
        titles: Mapping[int, str] | None = None,
    ) -> "LabReport":
        """The same run, further on."""
        return replace(self, stage=stage, kind=kind, done=done, total=total, rows=rows, titles=titles or {})
