"""The same answers for programs: gradio_client's predict(..., api_name="/ask")."""

from collections.abc import Mapping
from typing import Any, Literal

import gradio as gr

from rag_demo.config import AnswerOptions
from rag_demo.engine import RagEngine
from rag_demo.render import answer_json
from rag_demo.types import RagError
from rag_demo.ui.ask import MODEL_QUEUE


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
    ) -> dict[str, Any]:
        """Answer a medical or maternal-infant question in Chinese from the corpus.

        Returns an object: question, text, status, rag_mode, answer_mode, retriever, model, seconds, log_prob (nats);
        hits: [{passage: {id, title, text, department, source}, rank, score (inner product), prior, posterior, bm25}];
        tokens: [{text, log_prob, posterior: [k numbers that sum to 1]}];
        citations: [{text, hit (position in hits), start, end (of the same clause in that passage's text)}];
        unsupported: [[start, end]] of the text that stands in no hit (free mode).
        """
        try:
            if preset not in engines:
                raise RagError(f"No preset {preset!r} is loaded; this page has {', '.join(engines)}.")
            options = AnswerOptions(top_k, retriever, rag_mode, answer_mode, beams)
            return answer_json(engines[preset].answer(question, options))
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from None

    gr.api(ask, api_name="ask", concurrency_id=MODEL_QUEUE, concurrency_limit=1)
