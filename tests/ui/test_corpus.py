"""The Corpus tab's handlers on a tiny engine, and its endpoint through gradio_client."""

from types import SimpleNamespace

import pytest
from gradio_client import Client

from rag_demo.building import Builder
from rag_demo.ui import build_demo
from rag_demo.ui.corpus import _replaced, _turned
from rag_demo.ui.own_corpus import NONE, _built, _read
from rag_demo.ui.page import Page
from rag_demo.ui.theme import launch_options


@pytest.fixture
def page(bart_engine):
    return Page(None, {"tiny": bart_engine}, (), None, None)


def upload(folder, text: str, name="mine.csv"):
    (folder / "gradio").mkdir(exist_ok=True)
    file = folder / "gradio" / name
    file.write_text(text, encoding="utf-8")
    return _read(str(file), "zh"), file


def test_a_file_is_read_indexed_and_asked_and_the_other_visitor_keeps_theirs(page, tmp_path):
    (table, said, _, _, _, *drops, _), file = upload(
        tmp_path, "标题,正文\n退热,宝宝发热要多喝水。\n便秘,多吃蔬菜水果。\n"
    )
    assert said is None and not file.exists() and not file.parent.exists()
    chosen = [drop["value"] for drop in drops]
    assert chosen == [1, 0, NONE, NONE, NONE]
    *states, last = _built(page, Builder(), table, "tiny", "en", *chosen)
    assert states and all("corpus-progress" in state[0] for state in states)
    own = last[2]
    assert own.name == "mine.csv" and [p.title for p in own.engines["tiny"].index.passages] == ["退热", "便秘"]
    answer = page.engine("tiny", own).answer("宝宝发热怎么办？", top_k=2)
    assert {hit.passage.id for hit in answer.hits} == {"row1", "row2"}
    assert len(page.engine("tiny", None).index) == 6
    assert "row2" in _replaced(page, own, "zh")[2] and "row2" not in _replaced(page, None, "zh")[2]


def test_a_bad_file_gets_its_sentence_in_the_visitors_language_and_is_deleted(page, tmp_path):
    (table, _, html, *_), file = upload(tmp_path, "text\n" + "甲\n" * 51_000)
    assert table is None and "文件超过 50,000 行" in html and not file.exists()
    (table, *_), _ = upload(tmp_path, "text\n甲\n")
    *_, last = _built(page, Builder(), table, "tiny", "en", NONE, NONE, NONE, NONE, NONE)
    assert "Choose which column is the text" in last[5]
    *_, last = _built(page, Builder(), None, "tiny", "zh", 0, NONE, NONE, NONE, NONE)
    assert "没有收全" in last[5]


def test_cancel_leaves_the_corpus_as_it_was(page, tmp_path):
    (table, *_), _ = upload(tmp_path, "text\n甲\n")
    slow = SimpleNamespace(with_passages=lambda passages, progress: [progress(0, 1) for _ in iter(int, 1)])
    states = _built(Page(None, {"tiny": slow}, (), None, None), Builder(), table, "tiny", "zh", 0, *[NONE] * 4)
    next(states)[1].cancel()
    *_, last = states
    assert "__type__" in last[2] and "已取消" in last[5]


def test_turning_pages(page):
    html, number, previous, following = _turned(page, None, "zh", "医院", "", 1, by=1)
    assert number == 1 and html.count("<details") == 2 and "<mark>医院</mark>" in html
    assert not previous["interactive"] and not following["interactive"]


@pytest.fixture(scope="module")
def client(bart_engine):
    demo = build_demo({"tiny": bart_engine})
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
    yield Client(url, verbose=False)
    demo.close()


def test_search_passages_gives_the_documented_object(client):
    found = client.predict("医院", api_name="/search_passages")
    assert [p["id"] for p in found["passages"]] == ["p0002", "p0005"] and found["exact"]
    assert (found["total"], found["page"], found["pages"]) == (2, 1, 1)
    assert {"name": "孕期", "passages": 1} in found["departments"]
    for changes, message in (({"page": 2}, "between 1 and 1"), ({"department": "无"}, "No department")):
        with pytest.raises(Exception, match=message):
            client.predict(**changes, api_name="/search_passages")
