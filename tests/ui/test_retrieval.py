"""The Retrieval tab's handlers with a tiny engine: an error is a sentence, a visitor's corpus is theirs, Cancel keeps."""

from dataclasses import replace

import gradio as gr
import pytest

from rag_demo.found import LabReport, LabStage, RetrieverKind
from rag_demo.lab_report import DevQuestions
from rag_demo.ui import index_lab, retrieval
from rag_demo.ui.page import OwnCorpus, Page


@pytest.fixture
def page(bart_engine):
    return Page({"tiny": bart_engine}, (), gr.Radio(), gr.State(None))


def test_searches_the_visitors_own_corpus(page, bart_engine, passages):
    search = retrieval._handler(page)
    own = OwnCorpus("我的.csv", {"tiny": bart_engine.with_passages(passages[:2])})
    html, view = search("宝宝黄疸怎么办", "zh", own, "tiny", 5)
    assert len(view.lists[RetrieverKind.DENSE]) == 2 and "我的.csv" in html
    html, view = search("宝宝黄疸怎么办", "en", None, "tiny", 5)
    assert len(view.lists[RetrieverKind.BM25]) == 5 and "inner product" in html


@pytest.mark.parametrize(
    ("question", "k", "sentence"), [("？", 5, "请输入一个问题"), ("宝宝", 999, "between 1 and 10")]
)
def test_bad_input_is_a_sentence(page, question, k, sentence):
    html, view = retrieval._handler(page)(question, "zh", None, "tiny", k)
    assert sentence in html and 'role="alert"' in html and view is None


def test_a_fault_is_logged_and_not_shown(page, monkeypatch, caplog):
    monkeypatch.setattr(retrieval, "side_by_side", lambda *_: 1 / 0)
    html, _ = retrieval._handler(page)("宝宝", "en", None, "tiny", 5)
    assert "failed unexpectedly" in html and "division" in caplog.text


def test_the_lab_ends_with_the_buttons_as_they_began(page):
    run = index_lab._handler(page, DevQuestions(["宝宝黄疸", "血糖"]))
    first, *_, last = run("宝宝黄疸", "zh", None, "tiny", 0)
    assert first[2]["interactive"] is False and first[3]["interactive"] is True
    assert last[1].stage is LabStage.DONE and last[2]["interactive"] is True and "逐篇精确扫描" in last[0]
    (error,) = run("宝宝黄疸", "zh", None, "tiny", 60_000)
    assert "50000" in error[0] and error[1] is None and error[2]["interactive"] is True


def test_cancel_keeps_what_was_measured():
    report = LabReport("宝宝", "tiny", 6, 6, stage=LabStage.BUILD)
    html, kept, *_ = index_lab._cancelled(report, "en")
    assert kept.cancelled and "Cancelled." in html
    finished = replace(report, stage=LabStage.DONE)
    assert index_lab._cancelled(finished, "en")[1] == finished and index_lab._cancelled(None, "en")[0] == ""
