"""A run grows question by question, in slices, and measures what training.evaluate would."""

import csv
import io

import numpy as np
import pytest

from rag_demo.corpus import Question
from rag_demo.evaluation import DEPTH, Plan, Run, evaluated, sample
from rag_demo.metrics import first_rank
from rag_demo.sheet import cell, run_csv
from rag_demo.types import RetrieverKind
from rag_demo.ui.i18n import words

QUESTIONS = (
    Question("q1", "孕妇血糖高怎么办", "孕妇血糖高先调整饮食。", ("p0001",)),
    Question("q2", "宝宝发热怎么办", "", ("p0004", "p0002")),
    Question("q3", "二甲双胍怎么吃", "随餐服用", ("p0003",)),
)


@pytest.fixture(scope="module")
def run(bart_engine) -> Run:
    *_, last = evaluated(bart_engine, Run(Plan(answers=True), QUESTIONS))
    return last


def test_first_rank_is_that_of_the_best_gold_passage():
    assert first_rank(["a", "b", "c"], ("c", "b"), 100) == 1
    assert first_rank(["a", "b", "c"], ("c",), 2) == 2 and first_rank([], ("c",), 100) == 100


def test_the_ranks_are_those_of_the_training_command(bart_engine, run):
    """Page and command must not disagree about the same model and questions."""
    from training.evaluate import ranks_of

    for kind in RetrieverKind:
        wanted = ranks_of(QUESTIONS, lambda q, kind=kind: bart_engine.retriever.ranked(q, DEPTH, kind))
        assert run.ranks(kind).tolist() == wanted.tolist()
        assert run.recall(kind, 1) == pytest.approx(float(np.mean(wanted < 1)))
    assert run.outcomes[0].answer == bart_engine.answer(QUESTIONS[0].question).text
    assert run.outcomes[1].f1 is None and run.answer_quality[0] == 2


def test_a_slice_stops_and_the_next_goes_on(bart_engine, run):
    """A slice that ran to the end would keep every other visitor waiting."""
    slices, now = 0, Run(Plan(answers=True), QUESTIONS)
    while not now.finished:
        *_, now = evaluated(bart_engine, now, seconds=0.0)
        slices += 1
    assert slices == 3
    assert [(o.ranks, o.answer, o.f1) for o in now.outcomes] == [(o.ranks, o.answer, o.f1) for o in run.outcomes]


def test_a_larger_sample_holds_the_smaller_and_goes_on():
    questions = [Question(str(i), "问", "", ("p",) if i % 5 else ()) for i in range(50)]
    small, large = sample(questions, 10, 3), sample(questions, 20, 3)
    assert large[:10] == small and sample(questions, 10, 3, start=10) == large[10:]
    assert sample(questions, 10, 4) != small and all(q.passage_ids for q in sample(questions, 99, 0))


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_sheet_holds_no_formula(bart_engine, evil):
    assert cell(evil).startswith("'") and cell(evil).replace("'", "") == evil.replace("'", "")
    question = Question(evil, evil + "宝宝", evil, ("p0001", "=x"))
    *_, run = evaluated(bart_engine, Run(Plan((RetrieverKind.DENSE,)), (question,)))
    rows = list(csv.reader(io.StringIO(run_csv(run, words("en")).removeprefix("\ufeff"), newline="")))
    assert not [value for row in rows for value in row if value.startswith(tuple("=+-@\t\r＝"))]


def test_the_sheet_has_a_row_a_question(run):
    rows = list(csv.DictReader(io.StringIO(run_csv(run, words("en")).removeprefix("\ufeff"), newline="")))
    assert [row["id"] for row in rows] == ["q1", "q2", "q3"] and rows[1]["Gold passages"] == "p0004 p0002"
    assert [int(row["Rank: Dense"]) - 1 for row in rows] == run.ranks(RetrieverKind.DENSE).tolist()
    assert float(rows[0]["character F1"]) == pytest.approx(run.outcomes[0].f1, abs=1e-4)
    assert rows[1]["character F1"] == "" and rows[0]["Answer"] == run.outcomes[0].answer
