"""A disk that is full or cannot be written to: one sentence, nothing half-written, what was there still loads."""

import errno
import os
import re
import resource
import signal
import tempfile
from pathlib import Path

import pytest

from rag_demo import checkpoint
from rag_demo.corpus import write_jsonl
from rag_demo.engine import RagEngine
from rag_demo.files import replaced_folder
from rag_demo.index import PassageIndex
from rag_demo.types import RagError
from tests.faults.killing import seconds_of

SENTENCE = r"^[^\n]* cannot be written \([^\n]*\), and is as it was\. Free some disk space, or [^\n]*\.$"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def failing(monkeypatch, code: int, after: int, target: str) -> None:
    """The call of os.`target` number `after` and all later ones fail."""
    real, calls = getattr(os, target), []

    def fake(*args, **kwargs):
        calls.append(1)
        if len(calls) > after:
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, target, fake)


@pytest.fixture
def writers(saved, passages, bart_engine):
    """Name -> what writes: an index, its passages, a card, a tower."""
    index = PassageIndex.load(saved / "index")
    card = checkpoint.read_card(saved)

    def tower():
        with replaced_folder(saved / "question_encoder") as folder:
            bart_engine.question_encoder.save(folder)

    return {
        "index": lambda: index.save(saved / "index"),
        "passages": lambda: write_jsonl(saved / "index" / "passages.jsonl", passages[:2]),
        "card": lambda: checkpoint.write_card(saved, card),
        "tower": tower,
    }


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("what", ["index", "passages", "card", "tower"])
def test_wherever_the_disk_refuses_the_old_stays(saved, writers, what, code):
    refused = 0
    for after in range(5):
        before = tree(saved)
        with pytest.MonkeyPatch.context() as patch:
            failing(patch, code, after, "fsync")
            try:
                writers[what]()
            except RagError as error:
                refused += 1
                assert re.match(SENTENCE, str(error)) and str(saved) in str(error) and os.strerror(code) in str(error)
                assert tree(saved) == before
    assert refused


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")
@pytest.mark.parametrize("what", ["index", "tower"])
def test_a_file_that_is_cut_off_in_the_middle(saved, writers, what):
    """A real limit of the system, which the safetensors library, too, runs into while it writes."""
    before = tree(saved)

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
        with pytest.raises(RagError, match="cannot be written"):
            writers[what]()

    seconds_of(limited)
    assert tree(saved) == before


def test_a_folder_that_cannot_be_written_to(saved, monkeypatch, writers):
    """As a container with a read-only root has it: not even a temporary file begins."""
    before = tree(saved)

    def refuse(*_args, **_kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    for what in writers:
        with pytest.raises(RagError, match=SENTENCE):
            writers[what]()
    assert tree(saved) == before
    assert RagEngine.load(saved).answer("宝宝发热？", top_k=2).text  # loading writes nothing
