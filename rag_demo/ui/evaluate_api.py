"""The Evaluate tab for programs: /results and /evaluate_sample."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypedDict

import gradio as gr

from rag_demo.engine import RagEngine
from rag_demo.evaluation import CUTS, DEPTH, Outcome, Plan, Run, evaluated, sample, shipped_questions
from rag_demo.question_file import check_passages
from rag_demo.results_file import read_results
from rag_demo.types import RagError, RetrieverKind
from rag_demo.ui.api import engine_named
from rag_demo.ui.page import MODEL_QUEUE

MOST, MOST_ANSWERED, MOST_SEED = 100, 5, 999_999


class ResultsObject(TypedDict):
    models: list[dict[str, Any]]
    abstentions: list[dict[str, Any]]
    damaged: list[dict[str, str]]


class QuestionObject(TypedDict):
    id: str
    question: str
    gold: list[str]
    ranks: dict[str, int | None]
    answer: str | None
    status: str | None
    f1: float | None
    rouge_l: float | None


class SampleObject(TypedDict):
    preset: str
    seed: int
    start: int
    questions: list[QuestionObject]
    retrieval: dict[str, dict[str, float]]
    character_f1: float | None
    rouge_l: float | None
    seconds: float


def publish(engines: Mapping[str, RagEngine], folder: Path) -> None:
    """Register both inside the current Blocks."""
    default = next(iter(engines))

    def results() -> ResultsObject:
        """The measured figures of this page's models on its test questions. Runs nothing.

        models: for each, its rankers (curve: [k, recall@k] over all questions; unseen: the same over questions whose passage
        had no training question; seconds a question) and answers (way of answering -> measure -> 0 to 1). abstentions: how
        often the model answers and how often it should have. damaged: files that could not be read.
        """
        found = read_results(folder)
        return ResultsObject(
            models=[asdict(model) for model in found.models],
            abstentions=[asdict(abstention) for abstention in found.abstentions],
            damaged=[asdict(damage) for damage in found.damaged],
        )

    def evaluate_sample(
        preset: str = default,
        count: int = 20,
        seed: int = 7,
        start: int = 0,
        retriever: Literal["dense", "bm25", "hybrid", "all"] = "all",
        answers: bool = False,
    ) -> SampleObject:
        """Evaluate a model now on `count` of the test questions, drawn by `seed`, from place `start` of that draw.

        At most 100 questions a call, 5 with answers, so that others who use the page wait for seconds only: call again with
        start + count for more. ranks are 1-based and null beyond 100; retrieval holds recall@1, recall@5, recall@20 and
        mrr@10 for each retriever; character_f1 and rouge_l compare the answers
        with the references, where status is sufficient: else the model would not answer a visitor.
        """
        try:
            return _evaluated(engines, preset, count, seed, start, retriever, answers)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from None

    gr.api(results, api_name="results", queue=False)
    gr.api(evaluate_sample, api_name="evaluate_sample", concurrency_id=MODEL_QUEUE, concurrency_limit=1)


def _evaluated(engines, preset, count, seed, start, retriever, answers) -> SampleObject:
    engine = engine_named(engines, preset)
    if retriever != "all" and retriever not in list(RetrieverKind):
        raise RagError(f"retriever must be {', '.join(RetrieverKind)} or all, not {retriever!r}.")
    if not isinstance(answers, bool):
        raise RagError(f"answers must be true or false, not {answers!r}.")
    most = MOST_ANSWERED if answers else MOST
    _check("count", count, 1, most, " with answers" if answers else "")
    _check("seed", seed, 0, MOST_SEED)
    _check("start", start, 0, len(shipped_questions()) - 1)
    kinds = tuple(RetrieverKind) if retriever == "all" else (RetrieverKind(retriever),)
    questions = sample(shipped_questions(), count, seed, start)
    check_passages(questions, engine.index.position, engine.index.passages[0].id)
    *_, run = evaluated(engine, Run(Plan(kinds, answers), questions))
    quality = run.answer_quality
    return SampleObject(
        preset=preset,
        seed=seed,
        start=start,
        questions=[_question(outcome) for outcome in run.outcomes],
        retrieval={
            kind.value: {**{f"recall@{k}": run.recall(kind, k) for k in CUTS}, "mrr@10": run.mrr(kind)}
            for kind in kinds
        },
        character_f1=quality and quality[1],
        rouge_l=quality and quality[2],
        seconds=run.seconds,
    )


def _check(name: str, value: Any, low: int, high: int, when: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RagError(f"{name} must be a whole number from {low} to {high}{when}, not {value!r}.")


def _question(outcome: Outcome) -> QuestionObject:
    return QuestionObject(
        id=outcome.question.id,
        question=outcome.question.question,
        gold=list(outcome.question.passage_ids),
        ranks={kind.value: None if rank >= DEPTH else rank + 1 for kind, rank in outcome.ranks.items()},
        answer=outcome.answer,
        status=outcome.status and outcome.status.value,
        f1=outcome.f1,
        rouge_l=outcome.rouge,
    )
