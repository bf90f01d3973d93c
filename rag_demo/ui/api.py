"""The same answers for programs: gradio_client's predict(..., api_name="/ask")."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Literal, TypedDict

import gradio as gr

from rag_demo.config import AnswerOptions
from rag_demo.engine import RagEngine
from rag_demo.found import Found
from rag_demo.render import answer_json
from rag_demo.side_by_side import side_by_side
from rag_demo.types import RagError
from rag_demo.ui.page import MODEL_QUEUE


class PassageObject(TypedDict):
    id: str
    title: str
    text: str
    department: str
    source: str


class HitObject(TypedDict):
    passage: PassageObject
    rank: int
    score: float
    prior: float
    posterior: float
    bm25: float | None


class TokenObject(TypedDict):
    text: str
    log_prob: float
    posterior: list[float]


class CitationObject(TypedDict):
    text: str
    hit: int
    start: int
    end: int


class EmergencyObject(TypedDict):
    rule: str
    group: str
    matched: list[str]
    call: list[str]
    zh: list[str]
    en: list[str]


class AnswerObject(TypedDict):
    question: str
    text: str
    status: str
    rag_mode: str
    answer_mode: str
    retriever: str
    model: str
    seconds: float
    log_prob: float
    hits: list[HitObject]
    tokens: list[TokenObject]
    citations: list[CitationObject]
    unsupported: list[list[int]]
    finished: bool
    emergency: EmergencyObject | None
    fallback: str


class FoundObject(HitObject):
    ranks: dict[str, int | None]
    matched_words: dict[str, float]
    reciprocal_ranks: list[float]
    fused: float


def publish(engines: Mapping[str, RagEngine]) -> None:
    """Register /ask and /retrieve inside the current Blocks."""
    default = next(iter(engines))

    def ask(
        question: str,
        preset: str = default,
        top_k: int = 5,
        retriever: Literal["dense", "bm25", "hybrid"] = "dense",
        rag_mode: Literal["token", "sequence"] = "token",
        answer_mode: Literal["grounded", "free"] = "grounded",
        beams: int = 1,
    ) -> AnswerObject:
        """Answer a medical or maternal-infant question, asked in Chinese, from the corpus; not medical advice.

        score is the inner product of question and passage; prior is p(z|x), posterior what it became while answering;
        log_prob is in nats; a token's posterior has one number a hit and sums to 1. A citation's text stands at
        start:end of the passage of hits[hit]. unsupported lists the spans that stand in no hit (free mode only).

        status is sufficient, insufficient, out_of_scope (no text, only the passages) or emergency: then nothing was
        retrieved or generated, and emergency says whom to call and what to do now. fallback is "dose" where a free
        answer held a dose that no passage holds and was answered from the passages instead.
        """
        with one_sentence():
            options = AnswerOptions(top_k, retriever, rag_mode, answer_mode, beams)
            return answer_json(engine_named(engines, preset).answer(question, options))

    def retrieve(
        question: str,
        preset: str = default,
        top_k: int = 5,
        retriever: Literal["dense", "bm25", "hybrid"] = "dense",
    ) -> list[FoundObject]:
        """Find the passages of a Chinese medical and maternal-infant corpus that bear on a question; nothing is generated.

        Use it to read or quote sources, or to see why a passage was found; use ask for an answer. The question is Chinese
        and at most 500 characters; top_k is 1 to 10. dense compares meanings, bm25 shared words, hybrid fuses both by rank.

        Returns hits, best first. score is the raw inner product of question and passage (not a probability); prior is
        its softmax over these hits; posterior equals prior here. bm25 is the lexical score and matched_words what each
        word adds to it. ranks gives the passage's rank in each of the three lists (null below 100); reciprocal_ranks is
        1 / (60 + rank) in the dense and in the bm25 list, and fused their sum, by which hybrid sorts.
        """
        with one_sentence():
            options = AnswerOptions(top_k, retriever)
            found = side_by_side(engine_named(engines, preset), question, options.top_k)
            return [found_json(one) for one in found.lists[options.retriever]]

    for endpoint in (ask, retrieve):
        gr.api(endpoint, api_name=endpoint.__name__, concurrency_id=MODEL_QUEUE, concurrency_limit=1)


def found_json(found: Found) -> dict[str, Any]:
    """A hit and the parts of its score, as JSON values; bm25 is there in every list."""
    return {
        **asdict(found.hit),
        "bm25": found.bm25,
        "ranks": {kind.value: rank for kind, rank in found.ranks.items()},
        "matched_words": dict(found.words),
        "reciprocal_ranks": list(found.reciprocal),
        "fused": found.fused,
    }


def engine_named(engines: Mapping[str, RagEngine], preset: str) -> RagEngine:
    if not isinstance(preset, str) or preset not in engines:
        raise RagError(f"No preset {preset!r} is loaded; this page has {', '.join(engines)}.")
    return engines[preset]


@contextmanager
def one_sentence() -> Iterator[None]:
    """A RagError reaches the caller as its sentence, without a traceback."""
    try:
        yield
    except RagError as error:
        raise gr.Error(str(error), print_exception=False) from None
