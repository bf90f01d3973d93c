"""An answer's time limit, and what is seen of it. Real threads, no sleeping longer than the limit."""

import threading
import time

import pytest

from rag_demo.serving.streams import Outcome, SlowAnswer, observed, within
from rag_demo.types import Answer, AnswerToken, EvidenceStatus, QuestionError

FINISHED = Answer("问", "答", (), tokens=(AnswerToken("答", -1.0, (1.0,)),), seconds=0.5, finished=True)


def collected(answers):
    seen = []
    return list(observed(answers, "base", "问", seen.append)), seen


def test_answers_pass_unchanged_one_when_one_is_asked_for():
    """Catches a thread that runs ahead: Stop must stop the model, not only the page."""
    made = []

    def answers():
        for i in range(5):
            made.append(i)
            yield i

    stream = within(answers(), 5)
    assert next(stream) == 0 and next(stream) == 1
    time.sleep(0.02)
    assert made == [0, 1]
    assert list(stream) == [2, 3, 4]


def test_a_step_that_hangs_is_left_behind_and_the_next_question_is_answered():
    hang, closed = threading.Event(), threading.Event()

    def hanging():
        try:
            yield 1
            hang.wait()
            yield 2
        finally:
            closed.set()

    stream, began = within(hanging(), 0.1), time.perf_counter()
    assert next(stream) == 1
    with pytest.raises(SlowAnswer, match=r"0\.1 秒"):
        next(stream)
    assert time.perf_counter() - began < 1
    assert list(within((i for i in (1, 2)), 0.1)) == [1, 2]
    hang.set()
    assert closed.wait(2), "the step ended and its generator was not closed"


def test_the_limit_is_on_the_whole_answer_not_on_a_step_and_not_on_its_reader():
    def slow():
        while True:
            time.sleep(0.02)
            yield 1

    with pytest.raises(SlowAnswer):
        list(within(slow(), 0.1))
    stream = within((i for i in (1, 2)), 0.2)
    next(stream)
    time.sleep(0.3)
    assert next(stream) == 2


def test_a_reader_who_leaves_ends_the_work_and_errors_come_through():
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    stream = within(endless(), 5)
    next(stream)
    stream.close()
    assert closed.wait(2)

    def failing():
        yield 1
        raise QuestionError("empty")

    with pytest.raises(QuestionError, match="empty"):
        list(within(failing(), 5))


@pytest.mark.parametrize("status", list(EvidenceStatus))
def test_what_is_seen_of_an_answer_that_ends(status):
    answer = Answer("问", "", (), status=status, seconds=0.25, finished=True)
    got, seen = collected(iter([answer]))
    assert got == [answer] and [(s.outcome, s.seconds, s.first_token) for s in seen] == [(status, 0.25, None)]


def test_what_is_seen_of_the_others():
    def raising(error):
        yield FINISHED
        raise error

    for error, outcome in (
        (SlowAnswer(1), Outcome.CUT_OFF),
        (QuestionError("?"), Outcome.REFUSED),
        (ValueError(), "failed"),
    ):
        seen = []
        with pytest.raises(type(error)):
            list(observed(raising(error), "base", "问", seen.append))
        assert [s.outcome for s in seen] == [outcome] and seen[0].first_token == 0.5
    for answers, outcome in (([Answer("问", "", ())] * 2, Outcome.STOPPED), ([FINISHED], Outcome.SUFFICIENT)):
        seen = []
        stream = observed(iter(answers), "base", "问", seen.append)
        next(stream)
        stream.close()
        assert [s.outcome for s in seen] == [outcome]
