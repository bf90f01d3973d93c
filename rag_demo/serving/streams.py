"""Around every stream of answers: a time limit, and a look at how it went. RagEngine passes all of its streams through."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rag_demo.config import AnswerOptions
from rag_demo.types import Answer, EvidenceStatus, RagError

Stream = Callable[[str, AnswerOptions], Iterator[Answer]]


class SlowAnswer(RagError):
    """The answer was stopped at its time limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"这次回答超过了 {seconds:g} 秒，已经停止；请换个问法，或减少检索篇数再试。"
            f" (Stopped after {seconds:g} seconds; ask in other words, or with fewer passages.)"
        )


class Outcome(StrEnum):
    """How a question ended: as its evidence status says, or not by itself."""

    SUFFICIENT = "sufficient"
    INSUFFICIENT = "insufficient"
    OUT_OF_SCOPE = "out_of_scope"
    EMERGENCY = "emergency"
    STOPPED = "stopped"
    CUT_OFF = "cut_off"
    REFUSED = "refused"
    FAILED = "failed"


ABSTAINED = (Outcome.INSUFFICIENT, Outcome.OUT_OF_SCOPE)


@dataclass(frozen=True, slots=True)
class Seen:
    """One question that ended. Seconds are the engine's own, without the visitor's queue and reading."""

    preset: str
    outcome: Outcome
    seconds: float
    first_token: float | None
    question: str


def within(answers: Generator[Answer], seconds: float) -> Iterator[Answer]:
    """The same answers; SlowAnswer once they have taken `seconds`, without what their reader took.

    They are made in a thread of their own, one when one is asked for, so that a step which hangs is left behind and
    whoever waits is served. A step that is only slow ends, and then finds that it was stopped.
    """
    wanted, given, stopped = threading.Semaphore(0), queue.SimpleQueue(), threading.Event()

    def make() -> None:
        while True:
            wanted.acquire()
            if stopped.is_set():
                answers.close()
                return
            try:
                given.put((next(answers), None))
            except BaseException as error:  # the end, too, is handed on
                given.put((None, error))
                return

    threading.Thread(target=make, daemon=True, name="answer").start()
    left = seconds
    try:
        while True:
            wanted.release()
            began = time.perf_counter()
            try:
                answer, error = given.get(timeout=max(0.0, left))
            except queue.Empty:
                raise SlowAnswer(seconds) from None
            left -= time.perf_counter() - began
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield answer
    finally:
        stopped.set()
        wanted.release()


def observed(answers: Iterator[Answer], preset: str, question: str, tell: Callable[[Seen], None]) -> Iterator[Answer]:
    """The same answers; `tell` hears how they ended, once."""
    began, first, last, outcome = time.perf_counter(), None, None, Outcome.STOPPED
    try:
        for last in answers:
            if first is None and last.tokens:
                first = last.seconds
            yield last
        outcome = _outcome(last.status)
    except SlowAnswer:
        outcome = Outcome.CUT_OFF
        raise
    except RagError:
        outcome = Outcome.REFUSED
        raise
    except GeneratorExit:
        outcome = _outcome(last.status) if last is not None and last.finished else Outcome.STOPPED
        raise
    except BaseException:
        outcome = Outcome.FAILED
        raise
    finally:
        seconds = last.seconds if last is not None and outcome is not Outcome.CUT_OFF else time.perf_counter() - began
        tell(Seen(preset, outcome, seconds, first, question))


def watched(preset: str, seconds: float, tell: Callable[[Seen], None]) -> Callable[[Stream], Stream]:
    """What RagEngine.load takes as `around`."""

    def around(stream: Stream) -> Stream:
        def answers(question: str, options: AnswerOptions) -> Iterator[Answer]:
            return observed(within(stream(question, options), seconds), preset, question, tell)

        return answers

    return around


def _outcome(status: EvidenceStatus) -> Outcome:
    return Outcome(status.value)
