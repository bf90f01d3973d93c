"""Two engines and 20 visitors at once, each with passages of their own: whose passages stand in whose answer."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag_demo.building import Builder
from rag_demo.render import conversation
from rag_demo.types import Passage
from rag_demo.ui import asking
from rag_demo.ui.i18n import words
from rag_demo.ui.own_corpus import _built, _read
from rag_demo.ui.page import OwnCorpus, Page

VISITORS, ROUNDS = 20, 2
SETTINGS = [(r, m, a) for r in ("dense", "bm25") for m in ("token", "sequence") for a in ("grounded", "free")]


@pytest.fixture(scope="module")
def page(bart_engine, passages):
    """Two engines over different passages, sharing their models as two presets may share a tower's file."""
    other = bart_engine.with_passages([Passage(f"b{p.id}", p.title, p.text) for p in passages])
    return Page(None, {"one": bart_engine, "two": other}, (), None, None)


def own_rows(visitor: int) -> str:
    """Every clause names its visitor, so that a clause of another's shows in the text, too."""
    return "编号,正文\n" + "".join(f"v{visitor}x{row},宝宝发热{visitor}号要多喝水{row}。\n" for row in range(3))


def uploaded(page: Page, builder: Builder, visitor: int, folder) -> OwnCorpus:
    """As the page does it: a file, its columns, an index; nothing but the session's own value holds it."""
    (folder / f"{visitor}").mkdir()
    file = folder / f"{visitor}" / "mine.csv"
    file.write_text(own_rows(visitor), encoding="utf-8")
    table, _, _, _, _, *drops, _ = _read(str(file), "zh")
    assert not file.exists()
    *_, last = _built(page, builder, table, ("one", "two")[visitor % 2], "zh", *(drop["value"] for drop in drops))
    return last[2]


def test_no_answer_mixes_two_visitors(page, tmp_path, monkeypatch):
    """20 threads ask in drawn settings with nothing between them but the engines; every third has no corpus of its own."""
    monkeypatch.setattr(asking, "paced", iter)
    builder = Builder()
    owns = {v: uploaded(page, builder, v, tmp_path) for v in range(VISITORS) if v % 3}
    ask, ready, faults = asking.ask_handler(page), threading.Barrier(VISITORS), []

    def visit(visitor: int) -> None:
        draw, turns, own = random.Random(visitor), [], owns.get(visitor)
        preset = ("one", "two")[visitor % 2]
        mine = set(page.engine(preset, own).index.position)
        ready.wait(60)
        for _ in range(ROUNDS):
            question = f"宝宝发热怎么办，{visitor}号"
            for shown in ask(question, turns, "zh", own, None, False, preset, 3, *draw.choice(SETTINGS)):
                answer = shown.turns[-1].answer
                read = {hit.passage.id for hit in answer.hits} if answer else {"no answer"}
                if not read <= mine:
                    faults.append((visitor, read - mine))
            turns = shown.turns
        text = conversation(turns, words("zh")) + "".join(c.text for t in turns for c in t.answer.citations)
        others = [v for v in range(VISITORS) if v != visitor and f"发热{v}号要" in text]
        if others:
            faults.append((visitor, "text of", others))

    with ThreadPoolExecutor(VISITORS) as pool:
        list(pool.map(visit, range(VISITORS)))
    assert faults == []


def test_at_once_is_as_one_after_the_other(page):
    """The models keep nothing between two answers: 20 threads get token for token what each gets alone."""
    questions = [f"{p.title}怎么办，{n}" for n, p in enumerate(page.engines["one"].index.passages * 4)][:VISITORS]
    engines = [page.engines[("one", "two")[n % 2]] for n in range(VISITORS)]

    def asked(pair):
        answer = pair[0].answer(pair[1], top_k=2)
        return answer.text, [hit.passage.id for hit in answer.hits], [token.text for token in answer.tokens]

    alone = [asked(pair) for pair in zip(engines, questions, strict=True)]
    with ThreadPoolExecutor(VISITORS) as pool:
        assert list(pool.map(asked, zip(engines, questions, strict=True))) == alone


def test_an_upload_is_nowhere_but_in_its_session(page, tmp_path):
    before = {name: (engine.index, engine.index.fingerprint) for name, engine in page.engines.items()}
    own = uploaded(page, Builder(), 1, tmp_path)
    assert {name: (engine.index, engine.index.fingerprint) for name, engine in page.engines.items()} == before
    assert not set(own.engines["two"].index.position) & set(page.engines["two"].index.position)
    assert list(tmp_path.rglob("*.csv")) == []
