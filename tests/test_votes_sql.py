"""Votes in a database: what the file keeps, it keeps, for several pages at once. Both answer to one Protocol.

RAG_TEST_POSTGRES=postgresql://user@host/database runs all of it on PostgreSQL, too (the table rag_votes is emptied)."""

import multiprocessing
import os
from dataclasses import replace

import pytest

from rag_demo.types import RagError
from rag_demo.votes import VoteError, VoteFault, VoteStore, open_votes
from tests.test_votes import THUMB, VOTE

sqlalchemy = pytest.importorskip("sqlalchemy", reason="pip install sqlalchemy")


@pytest.fixture(params=["folder", "sqlite", "postgresql"])
def where(request, tmp_path):
    if request.param == "folder":
        return tmp_path / "data"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'votes.db'}"
    url = os.environ.get("RAG_TEST_POSTGRES") or pytest.skip("set RAG_TEST_POSTGRES to a database")
    address = sqlalchemy.engine.make_url(url).set(drivername="postgresql+psycopg")
    with sqlalchemy.create_engine(address).begin() as connection:
        connection.execute(sqlalchemy.text("drop table if exists rag_votes"))
    return url


def test_votes_come_back_in_their_order_and_every_page_sees_them(where):
    here, there = open_votes(where), open_votes(where)
    assert here.enabled and here.read().votes == ()
    for vote in (VOTE, THUMB, replace(VOTE, comment="\ud800 \x00 '); drop table rag_votes; --")):
        here.append(vote)
    assert here.read().votes[:2] == (VOTE, THUMB) and len(here.read().votes) == 3
    assert there.read() == here.read()
    there.append(THUMB)
    assert here.read().votes[-1] == THUMB


def cast(where, name: str, start, count: int) -> None:
    store = open_votes(where)
    start.wait()  # the table, too, is made by both at once
    for number in range(count):
        store.append(replace(VOTE, comment=f"{name}-{number}"))


def test_two_pages_writing_at_once_lose_nothing(where):
    """Two processes from their first vote on: fails for a lock that gives up, a table made twice, or numbers drawn twice."""
    context = multiprocessing.get_context("fork")
    start = context.Barrier(2)
    pages = [context.Process(target=cast, args=(where, name, start, 60)) for name in "ab"]
    for page in pages:
        page.start()
    for page in pages:
        page.join(120)
        assert page.exitcode == 0
    log = open_votes(where).read()
    assert log.skipped == 0
    assert sorted(vote.comment for vote in log.votes) == sorted(f"{name}-{n}" for name in "ab" for n in range(60))
    for name in "ab":
        own = [int(vote.comment[2:]) for vote in log.votes if vote.comment.startswith(name)]
        assert own == sorted(own)


def test_faults_of_a_database(tmp_path):
    url = f"sqlite:///{tmp_path / 'v.db'}"
    full = type(open_votes(url))(url, limit=1)
    full.append(VOTE)
    with pytest.raises(VoteError, match="has reached its 1 votes") as caught:
        full.append(THUMB)
    assert caught.value.fault is VoteFault.FULL and len(full.read().votes) == 1
    away = open_votes(f"sqlite:///{tmp_path / 'nowhere' / 'v.db'}")
    for call in (lambda: away.append(VOTE), away.read):
        with pytest.raises(VoteError, match=r"unable to open database file.*mend RAG_VOTES") as caught:
            call()
        assert caught.value.fault is VoteFault.UNWRITABLE and "\n" not in str(caught.value)
    with pytest.raises(RagError, match="RAG_VOTES must be a URL"):
        open_votes("nothing://x")
    assert isinstance(open_votes(tmp_path), VoteStore) and not open_votes(None).enabled


def test_a_password_is_never_shown(tmp_path):
    pytest.importorskip("psycopg", reason="pip install 'psycopg[binary]'")
    with pytest.raises(VoteError) as caught:
        open_votes("postgresql://me:secret@127.0.0.1:1/votes").append(VOTE)
    assert "secret" not in str(caught.value) and "***" in str(caught.value)
