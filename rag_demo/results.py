"""The measured figures of models as values: recall, answer quality, abstention, time. rag_demo.results_file reads them.

Files of older commands lack some of it: None and empty mean that it was not measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Shares = tuple[tuple[int, float], ...]  # (k, recall@k), ascending k
QUALITIES = ("character F1", "ROUGE-L", "BLEU-4")


class Wants(StrEnum):
    """What should have stood at a place of a damaged file."""

    JSON = "json"
    OBJECT = "object"
    LIST = "list"
    TEXT = "text"
    SHARE = "share"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Damage:
    """where: the keys that lead to the place, with dots between; empty for the file as a whole."""

    file: str
    where: str
    wants: Wants


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    questions: int
    recall_at_5: float


@dataclass(frozen=True, slots=True)
class Ranker:
    """seconds: a question. curve and mrr over all questions; unseen: those whose passage had no training question."""

    name: str
    curve: Shares
    unseen: Shares
    mrr: float | None
    unseen_mrr: float | None
    registers: tuple[Group, ...]
    departments: tuple[Group, ...]
    seconds: float | None
    parameters: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One model's figures. answers: way of answering -> {measure: share}; seconds_a_token of its decoding."""

    checkpoint: str
    questions: int | None
    passages: int | None
    rankers: tuple[Ranker, ...]
    answers: Mapping[str, Mapping[str, float]]
    answered: int | None
    seconds_a_token: float | None
    parameters: int | None


@dataclass(frozen=True, slots=True)
class Cut:
    """One threshold. answered: share of all questions; right: answerable among those; kept: share of the answerable."""

    threshold: float
    answered: float
    right: float
    kept: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """set_at: where the shipped rule stands. cuts: ascending share answered."""

    checkpoint: str
    questions: int | None
    set_at: Cut | None
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """A measurement of make bench. ours, peer: in `unit`, smaller is better. reach: of peer / ours, without a peer of ours."""

    what: str
    detail: str
    ours: float
    unit: str
    peer_name: str
    peer: float | None
    reach: float | None
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Speeds:
    machine: str
    threads: int
    date: str
    rows: tuple[Speed, ...]


@dataclass(frozen=True, slots=True)
class Results:
    models: tuple[Measured, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
    damaged: tuple[Damage, ...] = ()
    speeds: Speeds | None = None
