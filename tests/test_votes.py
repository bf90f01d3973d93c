"""No acknowledged vote is lost or mixed with another, whatever dies when."""

import json
import os
import random
import signal
import threading
import time
from dataclasses import replace

import pytest

from rag_demo.types import AnswerMode, RagMode, RetrieverKind
from rag_demo.votes import (
    MAX_COMMENT_CHARACTERS,
    Side,
    Vote,
    VoteError,
    VoteFault,
    VoteKind,
    VoteStore,
)

BASE, LARGE = Side("base", "aa"), Side("large", "bb", RetrieverKind.HYBRID, RagMode.SEQUENCE)
VOTE = Vote(VoteKind.PREFERENCE, "孕妇血糖高怎么办？\n“38.5℃”🙂", (LARGE, BASE), BASE.name, "更短")
THUMB = Vote(VoteKind.THUMBS, "宝宝发热？", (BASE,), "up")


def test_a_vote_comes_back_as_it_was(tmp_path):
    store = VoteStore(tmp_path / "deep" / "data")
    for vote in (VOTE, THUMB, replace(VOTE, outcome="tie", comment="x" * MAX_COMMENT_CHARACTERS)):
        store.append(vote)
        assert store.read().votes[-1] == vote
    lines = store.file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 and json.loads(lines[0])["sides"][0]["model"] == "large", "the left side comes first"
    assert store.read().skipped == 0


def test_a_side_is_named_by_what_tells_it_apart():
    assert (BASE.name, LARGE.name) == ("base/dense/token", "large/hybrid/sequence")
    assert replace(BASE, answer_mode=AnswerMode.FREE).name == "base/dense/token/free"


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "large"},
        {"outcome": "up"},
        {"sides": (BASE,)},
        {"sides": (BASE, BASE)},
        {"kind": VoteKind.THUMBS},
        {"comment": "x" * (MAX_COMMENT_CHARACTERS + 1)},
        {"question": "长" * 501},
    ],
)
def test_a_vote_that_says_nothing_is_refused(wrong):
    with pytest.raises(VoteError) as caught:
        replace(VOTE, **wrong)
    assert caught.value.fault is VoteFault.INVALID


def test_a_line_torn_anywhere_is_skipped_and_the_next_stands_on_its_own(tmp_path):
    """A writer that trusted the file to end in a newline would glue its line to the torn one and lose both."""
    store = VoteStore(tmp_path)
    store.append(VOTE)
    whole = store.file.read_bytes()
    for cut in range(1, len(whole) - 1, 7):
        store.file.write_bytes(whole + whole[:cut])
        assert (len(store.read().votes), store.read().skipped) == (1, 1), cut
        store.append(THUMB)
        assert store.read().votes == (VOTE, THUMB) and store.read().skipped == 1, cut


def test_foreign_lines_are_skipped_and_counted(tmp_path):
    store = VoteStore(tmp_path)
    store.append(VOTE)
    with open(store.file, "ab") as file:
        file.write(b'[]\n{}\n\xff\xfe\nnull\n{"kind":"x","sides":3}\n\n')
    store.append(THUMB)
    assert store.read().votes == (VOTE, THUMB) and store.read().skipped == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_no_acknowledged_vote_is_lost_to_sigkill(tmp_path):
    """50 processes are killed while they write, each at a random moment; every vote acknowledged through the pipe must
    be read back whole. Fails for a buffered or locked-forever file and for a line written in two pieces."""
    store, chance = VoteStore(tmp_path), random.Random(5)
    acknowledged: set[str] = set()
    for life in range(50):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            for number in range(100_000):
                store.append(replace(VOTE, comment=f"{life}-{number}"))
                os.write(writing, f"{life}-{number}\n".encode())
            os._exit(1)
        os.close(writing)
        os.read(reading, 1)  # it has begun
        time.sleep(chance.random() * 0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        rest = b"".join(iter(lambda r=reading: os.read(r, 65536), b""))
        os.close(reading)
        acknowledged |= set((f"{life}"[0] + rest.decode()).split())
    kept = [vote.comment for vote in store.read().votes]
    assert len(acknowledged) >= 50
    assert acknowledged <= set(kept) and len(kept) == len(set(kept))
    assert all(vote == replace(VOTE, comment=vote.comment) for vote in store.read().votes)
    store.append(THUMB)
    assert store.read().votes[-1] == THUMB


def test_concurrent_visitors_do_not_mix_lines(tmp_path):
    """Each thread has a store of its own, as processes have: what keeps them apart is the file's lock."""

    def visit(name: int) -> None:
        store = VoteStore(tmp_path)
        for number in range(10):
            store.append(replace(VOTE, comment=f"{name}-{number}-" + "长" * 400))

    threads = [threading.Thread(target=visit, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = VoteStore(tmp_path).read()
    assert log.skipped == 0
    assert {vote.comment.rstrip("长") for vote in log.votes} == {f"{a}-{b}-" for a in range(8) for b in range(10)}


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    """A disk that fills inside a line writes part of it: that part must go, or the vote half exists."""
    store = VoteStore(tmp_path)
    store.append(VOTE)
    before, write = store.file.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:20]))
    with pytest.raises(VoteError, match="No space left on device") as caught:
        store.append(THUMB)
    assert caught.value.fault is VoteFault.FULL and store.file.read_bytes() == before


def test_a_full_file_refuses_more(tmp_path):
    store = VoteStore(tmp_path, limit=len(VOTE.line) + 10)
    store.append(VOTE)
    with pytest.raises(VoteError, match="has reached its") as caught:
        store.append(THUMB)
    assert caught.value.fault is VoteFault.FULL and store.read().votes == (VOTE,)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VoteError, match="RAG_DATA") as caught:
        VoteStore(tmp_path / "file").append(VOTE)
    assert caught.value.fault is VoteFault.UNWRITABLE


def test_without_a_folder_voting_is_off():
    store = VoteStore(None)
    assert not store.enabled and store.read().votes == ()
    with pytest.raises(VoteError, match="Voting is off") as caught:
        store.append(VOTE)
    assert caught.value.fault is VoteFault.OFF
