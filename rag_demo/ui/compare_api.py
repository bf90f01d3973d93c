"""The Compare tab for programs: /compare and /votes."""

from collections.abc import Mapping
from typing import Literal, TypedDict

import gradio as gr

from rag_demo.comparison import Comparison, Contestant, Setting, compare, default_settings
from rag_demo.config import AnswerOptions
from rag_demo.render import answer_json
from rag_demo.tally import PairTally, pair_tallies, thumb_tallies
from rag_demo.types import RagError
from rag_demo.ui.api import AnswerObject, engine_named
from rag_demo.ui.ballot import served
from rag_demo.ui.page import MODEL_QUEUE, Page
from rag_demo.votes import Votes


class ContestantObject(TypedDict):
    name: str
    index: str
    parameters: dict[str, int]
    gold_rank: int | None
    answer: AnswerObject


class MoveObject(TypedDict):
    id: str
    title: str
    left_rank: int | None
    right_rank: int | None


class ComparisonObject(TypedDict):
    left: ContestantObject
    right: ContestantObject
    gold: list[str]
    overlap: float
    passages: list[MoveObject]


class PairObject(TypedDict):
    first: str
    second: str
    first_wins: int
    second_wins: int
    ties: int
    win_rate: float | None
    interval: list[float]


class ThumbsObject(TypedDict):
    name: str
    up: int
    down: int


class VotesObject(TypedDict):
    pairs: list[PairObject]
    thumbs: list[ThumbsObject]


def publish(page: Page, store: Votes, gold: Mapping[str, tuple[str, ...]]) -> None:
    """Register /compare and /votes inside the current Blocks."""
    engines, (first, second) = page.engines, default_settings(page.engines)

    def compare_answers(
        question: str,
        left_preset: str = first.preset,
        right_preset: str = second.preset,
        left_retriever: Literal["dense", "bm25", "hybrid"] = "dense",
        right_retriever: Literal["dense", "bm25", "hybrid"] = str(second.retriever),
        left_rag_mode: Literal["token", "sequence"] = "token",
        right_rag_mode: Literal["token", "sequence"] = "token",
        top_k: int = 5,
        answer_mode: Literal["grounded", "free"] = "grounded",
    ) -> ComparisonObject:
        """Answer one question, asked in Chinese, with two models or two settings of one, and compare what they retrieved.

        overlap is the share of the k passages that both sides read. passages: every passage that either side reads, with
        its 1-based rank on each side, null below the first 100. gold: ids of the passages known to hold the answer (only
        for questions of the dev and test sets), gold_rank the best rank of any of them. parameters: of each part of
        the model. The answers are as /ask gives them; not medical advice.
        """
        try:
            settings = [
                _setting(engines, left_preset, left_retriever, left_rag_mode),
                _setting(engines, right_preset, right_retriever, right_rag_mode),
            ]
            sides = [(engines[setting.preset], setting) for setting in settings]
            *_, last = compare(question, sides, AnswerOptions(top_k, answer_mode=answer_mode), gold)
            return _comparison(last)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def votes() -> VotesObject:
        """What visitors' votes add up to, on the indexes served now; single votes are not given out.

        pairs: blind preferences between two sides, each named model/retriever/rag_mode; win_rate is the share of the
        decided votes that `first` won (ties are left out), interval its 95 % Wilson interval. thumbs: by side.
        """
        try:
            kept = store.read().on(served(engines))
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from None
        thumbs = [ThumbsObject(name=name, up=up, down=down) for name, (up, down) in thumb_tallies(kept).items()]
        return VotesObject(pairs=[_pair(pair) for pair in pair_tallies(kept)], thumbs=thumbs)

    gr.api(compare_answers, api_name="compare", concurrency_id=MODEL_QUEUE, concurrency_limit=1)
    gr.api(votes, api_name="votes", queue=False)


def _setting(engines: Mapping[str, object], preset: str, retriever: str, rag_mode: str) -> Setting:
    engine_named(engines, preset)
    options = AnswerOptions(retriever=retriever, rag_mode=rag_mode)
    return Setting(preset, options.retriever, options.rag_mode)


def _comparison(comparison: Comparison) -> ComparisonObject:
    return ComparisonObject(
        left=_contestant(comparison.left, comparison.gold),
        right=_contestant(comparison.right, comparison.gold),
        gold=list(comparison.gold),
        overlap=comparison.overlap,
        passages=[
            MoveObject(id=move.passage.id, title=move.passage.title, left_rank=move.left, right_rank=move.right)
            for move in comparison.moves
        ],
    )


def _contestant(side: Contestant, gold: tuple[str, ...]) -> ContestantObject:
    return ContestantObject(
        name=side.side.name,
        index=side.side.index,
        parameters=dict(side.parameters),
        gold_rank=side.rank(gold) if gold else None,
        answer=answer_json(side.answer),
    )


def _pair(tally: PairTally) -> PairObject:
    return PairObject(
        first=tally.first,
        second=tally.second,
        first_wins=tally.first_wins,
        second_wins=tally.second_wins,
        ties=tally.ties,
        win_rate=tally.win_rate,
        interval=list(tally.interval),
    )
