"""Evaluating a model on a handful of questions while somebody watches: a run grows by one question at a time.

Nothing here waits for the end: `evaluated` yields after each question and can stop after some seconds, so that a page
runs it in slices with other visitors' questions between them."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from statistics import mean

import numpy as np

from rag_demo.config import ASSETS, AnswerOptions
from rag_demo.corpus import Question, read_questions
from rag_demo.engine import RagEngine
from rag_demo.metrics import character_f1, first_rank, mrr, recall, rouge_l
from rag_demo.types import EvidenceStatus, RetrieverKind

QUESTIONS = ASSETS / "questions" / "test.jsonl"
DEPTH = 100
CUTS = (1, 5, 20)
CURVE = (1, 2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured of each question: the rank of its passage by each retriever, and an answer where `answers`."""

    kinds: tuple[RetrieverKind, ...] = tuple(RetrieverKind)
    answers: bool = False
    options: AnswerOptions = field(default_factory=AnswerOptions)


@dataclass(frozen=True, slots=True)
class Outcome:
    """ranks: 0-based, DEPTH where no gold passage is among the first DEPTH. answer: None where none was asked for.

    status: whether it answered as it would a visitor. f1, rouge: against the reference, None without answer or reference.
    """

    question: Question
    ranks: Mapping[RetrieverKind, int]
    answer: str | None = None
    status: EvidenceStatus | None = None
    f1: float | None = None
    rouge: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Questions, and the outcomes of the first of them."""

    plan: Plan
    questions: tuple[Question, ...]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def finished(self) -> bool:
        return len(self.outcomes) == len(self.questions)

    @property
    def seconds(self) -> float:
        """Processing time so far; waiting for others does not count."""
        return sum(outcome.seconds for outcome in self.outcomes)

    def ranks(self, kind: RetrieverKind) -> np.ndarray:
        """int64 (N,), 0-based, of the questions done."""
        return np.array([outcome.ranks[kind] for outcome in self.outcomes], np.int64)

    def recall(self, kind: RetrieverKind, k: int) -> float:
        """Of the questions done, of which there must be one."""
        return recall(self.ranks(kind), k)

    def mrr(self, kind: RetrieverKind) -> float:
        return mrr(self.ranks(kind))

    @property
    def withheld(self) -> int:
        """Questions it would not answer: an emergency, or evidence that does not suffice."""
        return sum(o.status not in (None, EvidenceStatus.SUFFICIENT) for o in self.outcomes)

    @property
    def answer_quality(self) -> tuple[int, float, float] | None:
        """Answers that have a reference, their mean character F1 and mean ROUGE-L; None where there is none."""
        scored = [(o.f1, o.rouge) for o in self.outcomes if o.f1 is not None]
        return (len(scored), mean(f1 for f1, _ in scored), mean(rouge for _, rouge in scored)) if scored else None


@cache
def shipped_questions() -> tuple[Question, ...]:
    """The test questions of assets/."""
    return tuple(read_questions(QUESTIONS))


def sample(questions: Sequence[Question], count: int, seed: int, start: int = 0) -> tuple[Question, ...]:
    """`count` of the questions that name passages, in the order of `seed` from place `start`: a larger sample holds
    the smaller one."""
    named = [question for question in questions if question.passage_ids]
    return tuple(random.Random(seed).sample(named, len(named))[start : start + count])


def outcome_of(engine: RagEngine, question: Question, plan: Plan) -> Outcome:
    began = time.perf_counter()
    ranks = {
        kind: first_rank(engine.retriever.ranked(question.question, DEPTH, kind), question.passage_ids, DEPTH)
        for kind in plan.kinds
    }
    outcome = Outcome(question, ranks)
    if plan.answers:
        answer = engine.answer(question.question, plan.options)
        outcome = replace(outcome, answer=answer.text, status=answer.status)
        if question.answer and answer.status is EvidenceStatus.SUFFICIENT:
            f1, rouge = character_f1(answer.text, question.answer), rouge_l(answer.text, question.answer)
            outcome = replace(outcome, f1=f1, rouge=rouge)
    return replace(outcome, seconds=time.perf_counter() - began)


def evaluated(engine: RagEngine, run: Run, seconds: float = float("inf")) -> Iterator[Run]:
    """The run with one question more each time, at least one, until all are done or `seconds` have passed."""
    began = time.perf_counter()
    for question in run.questions[len(run.outcomes) :]:
        run = replace(run, outcomes=(*run.outcomes, outcome_of(engine, question, run.plan)))
        yield run
        if time.perf_counter() - began >= seconds:
            return
