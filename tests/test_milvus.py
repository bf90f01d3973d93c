"""Milvus by its real client: the same answers as FAISS, one line when it is away, and back by itself."""

import logging
import socket
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from rag_demo import milvus_build, milvus_link
from rag_demo.config import IndexConfig
from rag_demo.corpus import read_questions
from rag_demo.engine import RagEngine
from rag_demo.index import Manifest, PassageIndex
from rag_demo.live import LiveEngines, MilvusSource, Watcher
from rag_demo.milvus import MilvusIndex
from rag_demo.milvus_build import index_type, write_version
from rag_demo.milvus_link import Address
from rag_demo.store import StoreError
from rag_demo.types import RagError, RetrieverKind

lite = pytest.importorskip("milvus_lite.adapter.grpc.server", reason="pip install pymilvus milvus-lite")
QUESTION = "宝宝黄疸怎么办？"


def write(index: PassageIndex, config: IndexConfig, progress=lambda done, total: None) -> MilvusIndex:
    """The same passages and vectors, in Milvus."""
    vectors = index.vectors(range(len(index)))
    kind = index_type(len(index))
    manifest = Manifest(len(index), vectors.shape[1], "inner product", kind, 1.0, index.corpus, index.encoder, {})
    return write_version(config, "tiny", manifest, lambda: zip(index.passages, vectors, strict=True), progress)


@contextmanager
def server(folder, port=0):
    running, db, port = lite.start_server_in_thread(str(folder), port=port)
    try:
        yield port
    finally:
        running.stop(grace=0).wait()
        db.close()


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch):
    monkeypatch.setattr(milvus_link, "REST_SECONDS", 0.1)


@pytest.mark.shipped
def test_the_corpus_gives_the_same_hits_and_answers(tmp_path):
    """Dense, BM25 and hybrid on the shipped corpus: the same passages in the same order, scores within 1e-4."""
    faiss_engine = RagEngine.load("base")
    store = write(faiss_engine.index, IndexConfig(str(tmp_path / "all.db"), timeout=30))
    engine = faiss_engine.with_index(store)
    assert len(store) == len(faiss_engine.index) and store.fingerprint == faiss_engine.index.fingerprint
    questions = [q.question for q in read_questions("assets/questions/test.jsonl")][::160]
    for question in questions:
        for kind in RetrieverKind:
            mine, theirs = (e.retrieve(question, 10, kind) for e in (engine, faiss_engine))
            assert [hit.passage for hit in mine] == [hit.passage for hit in theirs], (question, kind)
            for name in ("score", "prior", "bm25"):
                values = [[getattr(hit, name) or 0.0 for hit in hits] for hits in (mine, theirs)]
                np.testing.assert_allclose(*values, atol=1e-4)
    mine, theirs = (e.answer(questions[0]) for e in (engine, faiss_engine))
    assert (mine.text, mine.status) == (theirs.text, theirs.status)
    chosen = dict(without={theirs.hits[0].passage.id}, including={"p0900"})
    kept = [[hit.passage for hit in e.retrieve(questions[0], 3, **chosen)] for e in (engine, faiss_engine)]
    assert kept[0] == kept[1]


@pytest.fixture
def index(bart_engine) -> PassageIndex:
    return bart_engine.index


def test_all_that_the_page_asks_of_a_store(index, tmp_path):
    store = write(index, IndexConfig(str(tmp_path / "x.db"), timeout=30))
    assert store.departments == index.departments and store.corpus == index.corpus
    assert list(store.passages) == list(index.passages) and store.passages[-1] == index.passages[-1]
    assert store.passages[1:3] == index.passages[1:3] and dict(store.position) == index.position
    assert "p9" not in store.position and '" or place > 0 or id == "' not in store.position
    np.testing.assert_array_equal(store.vectors([4, 1, 4]), index.vectors([4, 1, 4]))
    query = index.vectors([2])
    for department in ("", "儿科", "用药", "没有"):
        scores, places = index.search(query, 3, department)
        np.testing.assert_array_equal(store.search(query, 3, department)[1], places)
        np.testing.assert_allclose(store.search(query, 3, department)[0], scores, atol=1e-5)
    for asked in (QUESTION, "宝宝 宝宝 医院", "zzz", ""):
        for k in (2, 6):
            scores, places = index.lexical.search(asked, k)
            np.testing.assert_array_equal(store.lexical.search(asked, k)[1], places)
            np.testing.assert_allclose(store.lexical.search(asked, k)[0], scores, atol=1e-5)
        for mine, theirs in zip(
            store.lexical.contributions(asked, [1, 3]), index.lexical.contributions(asked, [1, 3]), strict=True
        ):
            assert mine == pytest.approx(theirs, abs=1e-5)
    grams = {"宝宝", "黄疸", "火箭"}
    assert {g: store.lexicon(grams).rarity(g) for g in grams} == {g: index.lexicon().rarity(g) for g in grams}
    for asked in (("宝宝", ""), ("", "儿科"), ("宝宝 喝水", "儿科"), ("", "")):
        assert store.find(*asked).page(1) == tuple(index.find(*asked).page(1)), asked
    assert not store.find("宝宝不吃奶").exact and store.find("宝宝不吃奶").passages[0].id == "p0002"


def test_a_killed_write_goes_on_and_is_live_only_when_whole(index, tmp_path, monkeypatch):
    monkeypatch.setattr(milvus_build, "BLOCK", 2)
    config = IndexConfig(str(tmp_path / "x.db"), timeout=30)

    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(index, config, stop)
    with pytest.raises(StoreError, match=r"holds no passages named rag_tiny.*training\.build_index"):
        len(MilvusIndex.open(config, "tiny", index.encoder))
    begun = []
    store = write(index, config, lambda done, total: begun.append(done))
    assert begun == [4, 6] and list(store.passages) == list(index.passages)


def test_another_models_vectors_are_refused_in_one_line(index, bart_engine, tmp_path):
    config = IndexConfig(str(tmp_path / "x.db"), timeout=30)
    write(index, config)
    with pytest.raises(RagError, match="another context encoder") as caught:
        bart_engine.with_index(MilvusIndex.open(config, "tiny", "another")).answer(QUESTION)
    assert "\n" not in str(caught.value) and "检索暂不可用" in str(caught.value)


@pytest.mark.parametrize("listening", [False, True], ids=["down", "accepts and never answers"])
def test_a_store_that_does_not_answer_costs_one_line_and_little_time(bart_engine, listening, capfd, caplog):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listening:
            silent.listen()
        config = IndexConfig(f"milvus://127.0.0.1:{silent.getsockname()[1]}", timeout=0.5)
        engine = bart_engine.with_index(MilvusIndex.open(config, "tiny", "tiny"))
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(StoreError, match=r"Milvus at http://127\.0\.0\.1:\d+ does not answer") as caught:
                engine.answer(QUESTION)
            assert time.monotonic() - began < 5 and "\n" not in str(caught.value)
        assert engine.index.fingerprint == ""
    assert "Traceback" not in capfd.readouterr().err
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR and record.exc_info]


def test_the_page_starts_while_the_store_is_down_says_so_and_recovers(bart_engine, index, tmp_path):
    """One engine, one page: down at the start, up, down again, up again. Nothing is restarted but the server."""
    from rag_demo.ui import build_demo
    from rag_demo.ui.asking import ask_handler
    from rag_demo.ui.corpus import _turned
    from rag_demo.ui.page import Page

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = IndexConfig(f"milvus://127.0.0.1:{port}/hospital", timeout=3)
    engine = bart_engine.with_index(MilvusIndex.open(config, "tiny", index.encoder))
    live = LiveEngines({"tiny": engine})
    build_demo(live)
    page = Page(None, live, (), None, None)
    asked = (QUESTION, [], "zh", None, None, True, "tiny", 5, "dense", "token", "grounded")
    assert "检索暂不可用" in _turned(page, None, "zh", "", "", 1)[0]
    *_, shown = ask_handler(page)(*asked)
    assert "检索暂不可用" in shown.talk and shown.question == QUESTION and shown.ask_button["interactive"]
    for _ in range(2):
        with pytest.raises(StoreError):
            engine.answer(QUESTION)
        with server(tmp_path / "data", port):
            time.sleep(0.2)
            if not (tmp_path / "written").exists():
                write(index, replace(config, timeout=30))
                (tmp_path / "written").touch()
            answer = engine.answer(QUESTION)
            assert answer.text == bart_engine.answer(QUESTION).text
            assert "p0001" in _turned(page, None, "zh", "", "", 1)[0]


def test_a_new_version_goes_live_and_who_began_on_the_old_one_ends_there(bart_engine, index, tmp_path):
    config = IndexConfig(str(tmp_path / "x.db"), timeout=30)
    engine = bart_engine.with_index(write(index, config))
    live = LiveEngines({"tiny": engine})
    watcher = Watcher(live, {"tiny": MilvusSource(MilvusIndex.open(config, "tiny", index.encoder))}, 0)
    watcher.look()
    assert live["tiny"] is engine and len(engine.index) == 6
    under_way = engine.stream(QUESTION)
    next(under_way)
    # departments only: neither the corpus' fingerprint nor the vectors change
    moved = [replace(passage, department="新科") for passage in index.passages]
    write(PassageIndex(index.index, moved, "Flat", index.encoder), config)
    watcher.look()
    assert live["tiny"].answer(QUESTION).hits[0].passage.department == "新科"
    *_, last = under_way
    assert last.finished and last.hits[0].passage.department != "新科"
    assert engine.answer(QUESTION).hits[0].passage.department != "新科"


def test_addresses():
    assert Address.of("milvus://host:19530/hospital", "base") == Address("http://host:19530", "hospital_base")
    assert Address.of("https://host", "my-model") == Address("https://host", "rag_my_model")
    assert Address.of("/data/x.db", "7b") == Address("/data/x.db", "rag_7b")
    for wrong in ("milvus:///x", "ftp://host", "somewhere", "milvus://"):
        with pytest.raises(RagError, match="RAG_INDEX_URI must be"):
            Address.of(wrong, "base")
