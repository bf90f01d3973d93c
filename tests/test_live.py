"""A new corpus version goes live while questions are answered: none fails, none sees two versions."""

import threading
import time
from dataclasses import replace

import pytest

from rag_demo import checkpoint
from rag_demo.config import CHECKPOINTS, IndexConfig
from rag_demo.index import PassageIndex
from rag_demo.live import FolderSource, LiveEngines, Watcher, load_live
from rag_demo.types import Passage
from rag_demo.ui.corpus import _endpoint, _turned
from rag_demo.ui.page import Page

QUESTION = "宝宝黄疸怎么办？"


def version(engine, number: int) -> PassageIndex:
    """The passages with the version's number in every source, and one passage more each time."""
    passages = [replace(p, source=f"v{number}") for p in engine.index.passages[:6]]
    passages += [Passage(f"n{i}", "新", f"第{number}版新增黄疸。", "新科", f"v{number}") for i in range(number)]
    return PassageIndex.build(passages, engine.encode_passages(passages), encoder="tiny")


@pytest.fixture
def source(bart_engine, tmp_path) -> FolderSource:
    version(bart_engine, 0).save(tmp_path / "index")
    return FolderSource(tmp_path / "index", "tiny")


def test_no_question_fails_or_mixes_versions_while_the_corpus_is_exchanged(bart_engine, source):
    """Four threads ask without a pause while five versions go live. Fails for an engine whose index, BM25 and passages
    are exchanged one after the other (positions of one version in the passages of another), or a lock that lets go."""
    live = LiveEngines({"tiny": bart_engine.with_index(source.open())})
    watcher = Watcher(live, {"tiny": source}, 0.02).start()
    seen, faults, ended = [], [], threading.Event()

    def ask(kind: str) -> None:
        try:
            while not ended.is_set():
                answer = live["tiny"].answer(QUESTION, top_k=4, retriever=kind)
                (number,) = {hit.passage.source for hit in answer.hits}
                seen.append(number)
                assert answer.finished and answer.text
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=ask, args=(kind,)) for kind in ("dense", "bm25", "hybrid", "dense")]
    for thread in threads:
        thread.start()
    for number in range(1, 6):
        version(bart_engine, number).save(source.folder)
        limit = time.monotonic() + 60
        while len(live["tiny"].index) != 6 + number and time.monotonic() < limit:
            time.sleep(0.01)
        assert len(live["tiny"].index) == 6 + number
    ended.set()
    for thread in threads:
        thread.join(60)
    watcher.stop()
    assert not faults, faults
    assert len(set(seen)) >= 2 and live["tiny"].answer(QUESTION).hits[0].passage.source == "v5"


def test_a_version_that_is_refused_leaves_the_one_before_and_is_named_once(bart_engine, source, caplog):
    live = LiveEngines({"tiny": bart_engine.with_index(source.open())})
    watcher, before = Watcher(live, {"tiny": source}, 0), live["tiny"]
    version(bart_engine, 1).save(source.folder)
    (source.folder / "passages.jsonl").write_text("damaged")
    for _ in range(3):
        watcher.look()
    assert live["tiny"] is before and caplog.text.count("is refused, the one") == 1 and "is damaged" in caplog.text
    stranger = version(bart_engine, 1)
    stranger.encoder = "another"
    stranger.save(source.folder)
    watcher.look()
    assert live["tiny"] is before and "another context encoder" in caplog.text
    for file in source.folder.iterdir():
        file.unlink()
    watcher.look()
    version(bart_engine, 2).save(source.folder)
    watcher.look()
    assert len(live["tiny"].index) == 8


def test_what_began_before_ends_on_the_version_it_began_on(bart_engine, source):
    live = LiveEngines({"tiny": bart_engine.with_index(source.open())})
    watcher = Watcher(live, {"tiny": source}, 0)
    under_way = live["tiny"].stream(QUESTION)
    next(under_way)
    version(bart_engine, 3).save(source.folder)
    watcher.look()
    *_, last = under_way
    assert last.finished and {hit.passage.source for hit in last.hits} == {"v0"}
    assert {hit.passage.source for hit in live["tiny"].answer(QUESTION).hits} == {"v3"}


def test_the_corpus_tab_and_its_endpoint_follow(bart_engine, source):
    """Handlers that keep the passages of the page's start would go on listing them."""
    live = LiveEngines({"tiny": bart_engine.with_index(source.open())})
    page, watcher = Page(None, live, (), None, None), Watcher(live, {"tiny": source}, 0)
    search = _endpoint(page)
    assert search()["total"] == 6
    version(bart_engine, 2).save(source.folder)
    watcher.look()
    assert search()["total"] == 8 and search(department="新科")["total"] == 2
    assert "第2版" in _turned(page, None, "zh", "", "", 1)[0]


@pytest.mark.shipped
def test_answers_follow_the_facts_of_the_index_that_is_loaded(tmp_path):
    """Lewis et al. 2020, section 4.5 (index hot-swapping): the same weights, another index, another answer. A model that
    answered from its weights would give the same answer twice."""
    folder = tmp_path / "base"
    folder.mkdir()
    for file in (CHECKPOINTS / "base").iterdir():
        if file.name != "index":
            (folder / file.name).symlink_to(file)
    fact = "成年人每天需要饮水{}毫升。运动出汗多时要适当增加。"
    rest = [Passage("p2", "退热", "宝宝发热要多喝水，不要捂汗。"), Passage("p3", "便秘", "多吃蔬菜和水果，少久坐。")]
    encoder = checkpoint.encoder_fingerprint(checkpoint.read_card(folder))
    answers = {}
    for amount in ("1700", "9400"):
        passages = [Passage("p1", "每天喝多少水", fact.format(amount)), *rest]
        if not answers:  # the first is loaded with the engine, the second goes live under it
            PassageIndex.build(passages, _zeros(3), encoder=encoder).save(folder / "index")
            live = load_live([str(folder)], IndexConfig(watch=0))
            watcher = Watcher(live, {str(folder): FolderSource(folder / "index", encoder)}, 0)
        vectors = live[str(folder)].encode_passages(passages)
        PassageIndex.build(passages, vectors, encoder=encoder).save(folder / "index")
        watcher.look()
        answers[amount] = live[str(folder)].ungated("成年人每天要喝多少水？", top_k=3).text
    assert "1700毫升" in answers["1700"] and "9400毫升" in answers["9400"], answers


def _zeros(count: int):
    import numpy as np

    return np.zeros((count, 384), np.float32)
