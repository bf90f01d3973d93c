"""The inspector for programs: /influence, /counterfactual and /compare_modes."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal, TypedDict

import gradio as gr

from rag_demo.config import MAX_TOP_K, AnswerOptions
from rag_demo.counterfactual import both_ways, changed_set, counterfactual
from rag_demo.engine import RagEngine
from rag_demo.render import answer_json
from rag_demo.text import as_text
from rag_demo.types import Candidate, Marginal, RagError
from rag_demo.ui.api import AnswerObject, engine_named
from rag_demo.ui.page import MODEL_QUEUE

Retriever = Literal["dense", "bm25", "hybrid"]
Mode = Literal["token", "sequence"]
AnswerKind = Literal["grounded", "free"]


class InfluenceRow(TypedDict):
    id: str
    title: str
    prior: float
    log_prob: float
    influence: float | None


class InfluenceObject(TypedDict):
    question: str
    text: str
    log_prob: float
    passages: list[InfluenceRow]


class CounterfactualObject(TypedDict):
    before: AnswerObject
    after: AnswerObject
    log_prob_before: float
    log_prob_after: float
    change: float


class MarginalObject(TypedDict):
    log_prob: float
    shares: list[float]


class CandidateObject(TypedDict):
    answer: AnswerObject
    token: MarginalObject
    sequence: MarginalObject


def publish(engines: Mapping[str, RagEngine]) -> None:
    """Register the three endpoints inside the current Blocks."""
    default = next(iter(engines))

    def influence(
        question: str,
        text: str = "",
        preset: str = default,
        top_k: int = 5,
        retriever: Retriever = "dense",
        rag_mode: Mode = "token",
    ) -> InfluenceObject:
        """How much each retrieved passage matters for an answer: what leaving it out does to log p(y|x), in nats.

        text is the answer to measure; where it is empty the model's own grounded answer is taken. influence -4.1 says
        that without the passage, the prior of the others renormalised, the text is e^-4.1 times as likely; null: it is
        the only passage. prior is p(z|x), a passage's log_prob is log p(y|x,z), the object's log p(y|x).
        """
        with _Sentences():
            engine = engine_named(engines, preset)
            options = AnswerOptions(top_k, retriever, rag_mode)
            measured = as_text(text).strip() or engine.answer(question, options).text
            hits = engine.retrieve(question, options.top_k, options.retriever)
            score = engine.score(question, measured, hits, options.rag_mode)
            deltas = engine.influence(question, measured, hits, options.rag_mode)
            rows = [
                InfluenceRow(
                    id=hit.passage.id,
                    title=hit.passage.title,
                    prior=hit.prior,
                    log_prob=log_prob,
                    influence=delta if math.isfinite(delta) else None,
                )
                for hit, log_prob, delta in zip(hits, score.per_passage, deltas, strict=True)
            ]
            return InfluenceObject(question=question, text=measured, log_prob=score.log_prob, passages=rows)

    def counterfactual_answer(
        question: str,
        without: list[str],
        including: list[str],
        preset: str = default,
        top_k: int = 5,
        retriever: Retriever = "dense",
        rag_mode: Mode = "token",
        answer_mode: AnswerKind = "grounded",
    ) -> CounterfactualObject:
        """Answer a question, then again with some of its passages left out and others added, by passage id.

        Nothing takes the place of a passage left out: p(z|x) renormalises over the set. log_prob_before and
        log_prob_after are log p(y|x) in nats of the FIRST answer's text under the two sets, change is their difference.
        """
        with _Sentences():
            engine = engine_named(engines, preset)
            answer = engine.answer(question, AnswerOptions(top_k, retriever, rag_mode, answer_mode))
            chosen = AnswerOptions(MAX_TOP_K, without=without, including=including)
            passages = changed_set(answer, chosen.without, chosen.including)
            *_, last = counterfactual(engine, answer, passages)
            return CounterfactualObject(
                before=answer_json(last.before),
                after=answer_json(last.after),
                log_prob_before=last.log_probs[0],
                log_prob_after=last.log_probs[1],
                change=last.change,
            )

    def compare_modes(
        question: str,
        preset: str = default,
        top_k: int = 5,
        retriever: Retriever = "dense",
        answer_mode: AnswerKind = "grounded",
    ) -> list[CandidateObject]:
        """Decode one question with RAG-Token and with RAG-Sequence over the same passages: two candidates.

        Each candidate's text is measured under both models: log_prob is log p(y|x) in nats, shares (one a hit, sum 1)
        are the mean responsibilities under token, and p(z|x) p(y|x,z) / p(y|x) under sequence.
        """
        with _Sentences():
            engine = engine_named(engines, preset)
            answer = engine.answer(question, AnswerOptions(top_k, retriever, "token", answer_mode))
            *_, candidates = both_ways(engine, answer)
            return [_candidate(candidate) for candidate in candidates]

    for function, name in (
        (influence, "influence"),
        (counterfactual_answer, "counterfactual"),
        (compare_modes, "compare_modes"),
    ):
        gr.api(function, api_name=name, concurrency_id=MODEL_QUEUE, concurrency_limit=1)


def _candidate(candidate: Candidate) -> CandidateObject:
    return CandidateObject(
        answer=answer_json(candidate.answer), token=_marginal(candidate.token), sequence=_marginal(candidate.sequence)
    )


def _marginal(marginal: Marginal) -> MarginalObject:
    return MarginalObject(**asdict(marginal))


class _Sentences:
    """What the user can mend reaches a program as its one sentence."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind, error, traceback) -> None:
        if isinstance(error, RagError):
            raise gr.Error(str(error), print_exception=False) from None
