"""Two answers to one question: who gives them, what they share, how far each passage moves between their lists.

`compare` streams growing Comparisons as `engine.stream` streams answers; the rest are functions of their values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag_demo.config import AnswerOptions
from rag_demo.text import normalise_question
from rag_demo.types import Answer, Hit, Passage, RagError, RagMode, RetrieverKind
from rag_demo.votes import Side

if TYPE_CHECKING:
    from rag_demo.engine import RagEngine

DEPTH = 100  # how far down a ranking a passage is looked for


@dataclass(frozen=True, slots=True)
class Setting:
    """What a visitor picks for one side."""

    preset: str
    retriever: RetrieverKind = RetrieverKind.DENSE
    rag_mode: RagMode = RagMode.TOKEN

    def __str__(self) -> str:
        return f"{self.preset}/{self.retriever}/{self.rag_mode}"

    @classmethod
    def parse(cls, text: str) -> "Setting":
        """The inverse of str(). Raises RagError."""
        try:
            preset, retriever, rag_mode = text.rsplit("/", 2)
            return cls(preset, RetrieverKind(retriever), RagMode(rag_mode))
        except ValueError:
            raise RagError(f"{text!r} is not preset/retriever/rag_mode, as in base/dense/token.") from None


def settings_of(presets: Iterable[str]) -> tuple[Setting, ...]:
    """Every model with every retriever and mode."""
    return tuple(Setting(name, kind, mode) for name in presets for mode in RagMode for kind in RetrieverKind)


def default_settings(presets: Iterable[str]) -> tuple[Setting, Setting]:
    """The first two models; of a single one, dense beside hybrid retrieval."""
    first, *others = presets
    return Setting(first), Setting(others[0]) if others else Setting(first, RetrieverKind.HYBRID)


@dataclass(frozen=True, slots=True)
class Contestant:
    """One side. ranking: ids of its first 100 passages, best first. parameters: of each part of the model."""

    side: Side
    answer: Answer
    ranking: tuple[str, ...]
    parameters: Mapping[str, int]

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.answer.hits

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the k passages that the answer reads, in rank order."""
        return tuple(hit.passage.id for hit in self.hits)

    def rank(self, ids: Sequence[str]) -> int | None:
        """The best 1-based rank of any of `ids`; None below the first 100."""
        ranking = list(dict.fromkeys((*self.shown, *self.ranking)))
        return min((ranking.index(name) + 1 for name in ids if name in ranking), default=None)


@dataclass(frozen=True, slots=True)
class Move:
    """A passage and its 1-based rank on either side, None below the first 100. kept: read on (left, right)."""

    passage: Passage
    left: int | None
    right: int | None
    kept: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """gold: ids of the passages that are known to hold the answer; empty where unknown."""

    left: Contestant
    right: Contestant
    gold: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return self.left.answer.finished and self.right.answer.finished

    @property
    def swapped(self) -> "Comparison":
        return replace(self, left=self.right, right=self.left)

    @property
    def overlap(self) -> float:
        """overlap@k: the share of the k passages that both sides read; 0 where neither found any."""
        longest = max(len(self.left.hits), len(self.right.hits))
        return len(set(self.left.shown) & set(self.right.shown)) / longest if longest else 0.0

    @property
    def moves(self) -> tuple[Move, ...]:
        """One a passage that either side reads: the left's in rank order, then those that only the right reads."""
        passages = {hit.passage.id: hit.passage for side in (self.left, self.right) for hit in side.hits}
        return tuple(
            Move(
                passage,
                self.left.rank([name]),
                self.right.rank([name]),
                (name in self.left.shown, name in self.right.shown),
            )
            for name, passage in passages.items()
        )

    @property
    def hues(self) -> dict[str, int]:
        """Passage id -> a number, the same on both sides."""
        return {move.passage.id: i for i, move in enumerate(self.moves)}


def compare(
    question: str,
    sides: Sequence[tuple["RagEngine", Setting]],
    options: AnswerOptions,
    gold: Mapping[str, tuple[str, ...]],
) -> Iterator[Comparison]:
    """Both hit lists at once, then the left answer token by token, then the right: never two decoding together.

    options.retriever and options.rag_mode give way to each side's own. gold: normalised question -> passage ids.
    Raises RagError where the sides are the same or the question is none.
    """
    (left_engine, left), (right_engine, right) = sides
    if left == right:
        raise RagError("Both sides are the same; pick another model, retriever or mode for one of them.")
    question = normalise_question(question)
    streams = [
        engine.stream(question, replace(options, retriever=setting.retriever, rag_mode=setting.rag_mode))
        for engine, setting in sides
    ]
    known = tuple(
        name
        for name in gold.get(question, ())
        if name in left_engine.index.position or name in right_engine.index.position
    )
    # The rankings come first: what an engine builds at its first use is not counted in the seconds of its answer.
    rankings = [tuple(engine.retriever.ranked(question, DEPTH, setting.retriever)) for engine, setting in sides]
    now = Comparison(
        _contestant(left_engine, left, next(streams[0]), rankings[0]),
        _contestant(right_engine, right, next(streams[1]), rankings[1]),
        known,
    )
    yield now
    for answer in streams[0]:
        now = replace(now, left=replace(now.left, answer=answer))
        yield now
    for answer in streams[1]:
        now = replace(now, right=replace(now.right, answer=answer))
        yield now


def _contestant(engine: "RagEngine", setting: Setting, answer: Answer, ranking: tuple[str, ...]) -> Contestant:
    side = replace(Side.of(answer, engine.index.fingerprint), model=setting.preset)
    return Contestant(side, answer, ranking, engine.parameters)
