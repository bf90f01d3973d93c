"""Indexing a visitor's passages, which takes minutes, so that nobody else notices.

Not in the queue of the models: a job there would keep every question waiting until it ends. Each job has a thread of its own,
one works at a time while the others wait in line, and on Linux the thread (and the threads torch starts for it) steps
back to niceness 5, so that an answer being written gets three quarters of a contested processor.

    job = builder.start(engine, passages)
    for state in job.watch(): …      # ends when job.engine stands, or when it was cancelled; raises what the work raised
    job.cancel()                     # from anywhere; the thread stops at the next batch

A job that nobody watches for `patience` seconds cancels itself: a visitor who left has no thread encoding for them.
"""

import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_demo.types import Passage
from rag_demo.upload import UploadError, UploadFault

if TYPE_CHECKING:  # render_corpus shows a Building and needs no torch for it
    from rag_demo.engine import RagEngine

NICENESS = 5  # a third of what an answer gets; more, and it would sit on the interpreter's lock unscheduled
LOOK_SECONDS = 0.25
ROOM = 200_000  # passages in the indexes of all visitors together: some 0.6 GB at 384 dimensions


@dataclass(frozen=True, slots=True)
class Building:
    """How far a job is. ahead: jobs before it in the line. seconds: since its own encoding began."""

    total: int
    done: int = 0
    seconds: float = 0.0
    ahead: int = 0
    cancelled: bool = False

    @property
    def rate(self) -> float:
        """Passages a second."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float | None:
        """Seconds left, None before the first batch."""
        return (self.total - self.done) / self.rate if self.rate else None


class Builder:
    """One a page: the line of jobs, and how much room the indexes that are still alive take."""

    def __init__(self, patience: float = 20.0, room: int = ROOM) -> None:
        self.patience, self.room = patience, room
        self.line: list[Job] = []
        self._built: weakref.WeakSet = weakref.WeakSet()

    def start(self, engine: "RagEngine", passages: Sequence[Passage]) -> "Job":
        """Raises UploadError (FULL) where the visitors' indexes together would be too large."""
        held = sum(len(other.index) for other in list(self._built)) + sum(job.state.total for job in list(self.line))
        if held + len(passages) > self.room:
            raise UploadError(UploadFault.FULL)
        job = Job(self, engine, passages)
        self.line.append(job)
        threading.Thread(target=job.run, name="index building", daemon=True).start()
        return job

    def keep(self, engine: "RagEngine") -> None:
        """Count it for as long as somebody holds it."""
        self._built.add(engine)


class Cancelled(Exception):
    """Raised inside the callback of with_passages, which ends the encoding."""


class Job:
    """engine: what was built, None until then. state: a Building, replaced as the work goes on."""

    def __init__(self, builder: Builder, engine: "RagEngine", passages: Sequence[Passage]) -> None:
        self.engine: RagEngine | None = None
        self.error: Exception | None = None
        self.state = Building(len(passages))
        self._builder, self._base, self._passages = builder, engine, passages
        self._cancelled, self._ended = threading.Event(), threading.Event()
        self._seen = time.monotonic()

    def cancel(self) -> None:
        self._cancelled.set()

    def watch(self) -> Iterator[Building]:
        """Growing states, several a second at most; the last has done == total or cancelled."""
        try:
            while not self._ended.wait(LOOK_SECONDS) and not self._cancelled.is_set():
                self._seen = time.monotonic()
                yield self.state
            if self.error is not None:
                raise self.error
            yield self.state if self.engine else Building(self.state.total, self.state.done, cancelled=True)
        finally:
            self.cancel()  # a reader who goes away ends the work

    def run(self) -> None:
        try:
            _step_back()
            while self._builder.line[0] is not self:
                self.state = Building(self.state.total, ahead=self._builder.line.index(self))
                self._check()
                time.sleep(LOOK_SECONDS)
            self._check()
            self._build()
        except Cancelled:
            pass
        except Exception as error:  # shown by whoever watches
            self.error = error
        finally:
            self._builder.line.remove(self)
            self._base = self._passages = None  # the session may hold the job long after
            self._ended.set()

    def _build(self) -> None:
        start = time.monotonic()

        def progress(done: int, total: int) -> None:
            self._check()
            self.state = Building(total, done, time.monotonic() - start)

        progress(0, len(self._passages))
        built = self._base.with_passages(self._passages, progress)
        self._check()
        self._builder.keep(built)
        self.engine = built

    def _check(self) -> None:
        if self._cancelled.is_set() or time.monotonic() - self._seen > self._builder.patience:
            self._cancelled.set()
            raise Cancelled


def _step_back() -> None:
    """Lower this thread's priority where threads have one each."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
