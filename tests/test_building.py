"""Jobs: one at a time, stopped by Cancel and by visitors who leave, and no more than there is room for."""

import gc
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from rag_demo import engine as engine_module
from rag_demo.building import Builder
from rag_demo.upload import UploadError


class Endless:
    """Encodes until its callback raises, as with_passages does, and says whether it still runs."""

    running = 0

    def with_passages(self, passages, progress):
        self.running += 1
        try:
            while True:
                progress(1, len(passages))
                time.sleep(0.01)
        finally:
            self.running -= 1


def until(condition) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_what_is_built_is_with_passages(bart_engine, passages, monkeypatch):
    """Also: slices give the vectors that one pass gives, and progress counts over all of them."""
    monkeypatch.setattr(engine_module, "SLICE", 2)
    job = Builder().start(bart_engine, passages[:5])
    *_, last = job.watch()
    assert (last.done, last.total, last.cancelled) == (5, 5, False)
    whole = bart_engine.encode_passages(passages[:5])
    assert np.allclose(job.engine.index.vectors(range(5)), whole, atol=1e-5)
    told = []
    bart_engine.with_passages(passages[:5], lambda done, total: told.append((done, total)))
    assert told == sorted(told) and told[-1] == (5, 5)


@pytest.mark.parametrize("how", ["cancel", "close", "leave"])
def test_a_job_ends_when_nobody_wants_it(how):
    slow, builder = Endless(), Builder(patience=0.5 if how == "leave" else 20)
    job = builder.start(slow, ["a", "b"])
    states = job.watch()
    assert next(states).total == 2 and until(lambda: slow.running == 1)
    if how == "cancel":
        job.cancel()
        assert list(states)[-1].cancelled
    elif how == "close":
        states.close()
    assert until(lambda: slow.running == 0 and not builder.line)
    assert job.engine is None
    assert until(lambda: not [t for t in threading.enumerate() if t.name == "index building"])


def test_one_works_while_the_other_waits_in_line(bart_engine, passages):
    slow, builder = Endless(), Builder()
    first = builder.start(slow, ["a"])
    second = builder.start(bart_engine, passages)
    watched, waiting = first.watch(), second.watch()
    next(watched), next(waiting)
    assert next(waiting).ahead == 1 and second.engine is None
    first.cancel()
    assert list(waiting)[-1].done == len(passages) and second.engine is not None


def test_a_failure_reaches_the_watcher_and_frees_the_line():
    builder = Builder()
    job = builder.start(SimpleNamespace(with_passages=lambda *_: 1 / 0), ["a"])
    with pytest.raises(ZeroDivisionError):
        list(job.watch())
    assert not builder.line


def test_there_is_room_again_when_a_session_is_gone(bart_engine, passages):
    builder = Builder(room=10)
    job = builder.start(bart_engine, passages)  # 6
    list(job.watch())
    with pytest.raises(UploadError, match="full"):
        builder.start(bart_engine, passages)
    del job
    gc.collect()
    list(builder.start(bart_engine, passages).watch())
