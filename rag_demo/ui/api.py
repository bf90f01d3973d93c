"""The same answers for programs: gradio_client's predict(..., api_name="/ask")."""

from collections.abc import Mapping
from typing import Literal, TypedDict

import gradio as gr

from rag_demo.config import AnswerOptions
from rag_demo.engine import RagEngine
from rag_demo.render import answer_json
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


def publish(engines: Mapping[str, RagEngine]) -> None:
    """Register /ask inside the current Blocks."""
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
        """
        try:
            if preset not in engines:
                raise RagError(f"No preset {preset!r} is loaded; this page has {', '.join(engines)}.")
            options = AnswerOptions(top_k, retriever, rag_mode, answer_mode, beams)
            return answer_json(engines[preset].answer(question, options))
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from None

    gr.api(ask, api_name="ask", concurrency_id=MODEL_QUEUE, concurrency_limit=1)
