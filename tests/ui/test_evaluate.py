"""The Evaluate tab's handlers and endpoints, with tiny engines."""

import base64
import re
from dataclasses import replace

import pytest
from gradio_client import Client

from rag_demo import evaluation
from rag_demo.corpus import Question
from rag_demo.evaluation import Plan, Run
from rag_demo.question_file import Fault
from rag_demo.types import RetrieverKind
from rag_demo.ui import build_demo, evaluate_run
from rag_demo.ui.evaluate_run import Job, Uploaded, _cancelled, _drawn, _starter, advance
from rag_demo.ui.i18n import words
from rag_demo.ui.page import OwnCorpus, Page
from rag_demo.ui.theme import launch_options

QUESTIONS = tuple(Question(f"q{i}", f"宝宝发热{i}怎么办", "多喝水", (f"p000{i % 6 + 1}",)) for i in range(6))
KINDS = ["dense", "bm25"]


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.setattr(evaluate_run, "shipped_questions", lambda: QUESTIONS)


@pytest.fixture
def start(bart_engine):
    return _starter(Page(None, {"tiny": bart_engine}, (), None, None))


def going(job):
    return [job for job, *_ in advance(job, "zh")][-1]


def test_a_sample_runs_in_slices_to_its_end(start, shipped, monkeypatch):
    monkeypatch.setattr(evaluate_run, "SLICE_SECONDS", 0.0)
    job, html, timer, run_button, cancel_button = start("zh", None, "sample", None, "tiny", 4, 7, KINDS, False)
    assert (
        timer.active and not run_button["interactive"] and cancel_button["interactive"] and 'aria-valuemax="4"' in html
    )
    job = going(job)
    assert len(job.run.outcomes) == 1 and job.going, "a slice did not stop for others"
    while job.going:
        *_, last = advance(job, "zh")
        job = last[0]
    assert job.run.finished and not last[2].active and last[3]["interactive"]
    assert "eva-download" in last[1] and "recall@5" in last[1] and words("zh")["hybrid"] not in last[1]


def test_cancel_keeps_what_was_measured(start, shipped, monkeypatch):
    monkeypatch.setattr(evaluate_run, "SLICE_SECONDS", 0.0)
    job = going(going(start("en", None, "sample", None, "tiny", 6, 7, KINDS, True)[0]))
    job, html, timer, run_button, _ = _cancelled(job, "en")
    assert not timer.active and run_button["interactive"] and "2 of 6 questions were done" in html
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', html).group(1)
    assert len(base64.b64decode(link).decode("utf-8-sig").splitlines()) == 3
    assert "character F1" in html and going(job) is job, "a late tick went on after Cancel"
    assert "已停止" in _drawn(job, words("zh"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kinds": []}, "Choose a retriever"),
        ({"count": 999}, "1 to 200"),
        ({"seed": None}, "1 to 200"),
        ({"seed": 1.5}, "1 to 200"),
        ({"source": "file"}, "Choose a file"),
        ({"source": "file", "uploaded": Uploaded("q", (Question("1", "宝宝", "", ("zz",)),))}, "zz"),
    ],
)
def test_what_cannot_run_gets_one_sentence(start, shipped, changes, sentence):
    given = dict(source="sample", uploaded=None, preset="tiny", count=5, seed=7, kinds=KINDS, answers=False)
    job, html, timer, *_ = start("en", None, **{**given, **changes})
    assert not timer.active and sentence in html and html.count('role="alert"') == 1
    assert not re.search("[\u4e00-\u9fff]", html) and re.search("[\u4e00-\u9fff]", _drawn(job, words("zh")))


def test_an_own_file_runs_on_the_visitors_own_passages(bart_engine, start, passages):
    own = bart_engine.with_passages([replace(passage, id=f"my{i}") for i, passage in enumerate(passages)])
    uploaded = Uploaded("q", (Question("1", "宝宝发热", "", ("my3",)),))
    args = ("file", uploaded, "tiny", 5, 7, KINDS, False)
    assert start("zh", OwnCorpus("mine", {"tiny": own}), *args)[0].engine is own
    assert start("zh", None, *args)[0].refused.fault is Fault.UNKNOWN


def test_a_failure_keeps_the_page_and_what_was_measured(bart_engine, monkeypatch):
    job = Job(bart_engine, Run(Plan((RetrieverKind.DENSE,)), QUESTIONS))

    def broken(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(evaluate_run, "evaluated", broken)
    *_, (job, html, timer, *_) = advance(job, "zh")
    assert job.failed and not timer.active and words("zh")["eva_failed"] in html and "secret" not in html


def test_markup_in_questions_is_text(bart_engine):
    question = Question("1", "<img src=x onerror=alert(1)>宝宝", "<b>", ("p0001",))
    job = going(Job(bart_engine, Run(Plan(answers=True), (question,))))
    assert "<img" not in _drawn(job, words("zh")) and "&lt;img" in _drawn(job, words("zh"))


@pytest.fixture(scope="module")
def client(bart_engine):
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr("rag_demo.ui.evaluate_api.shipped_questions", lambda: QUESTIONS)
    demo = build_demo({"tiny": bart_engine})
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
    yield Client(url, verbose=False)
    demo.close()
    monkeypatch.undo()


def test_the_endpoints_give_the_documented_objects(client, bart_engine):
    found = client.predict(api_name="/results")
    assert found["damaged"] == [] and found["models"][0]["rankers"][0]["curve"][0][0] == 1
    measured = client.predict(count=3, seed=1, retriever="dense", api_name="/evaluate_sample")
    questions = evaluation.sample(QUESTIONS, 3, 1)
    ranked = [bart_engine.retriever.ranked(q.question, 100, RetrieverKind.DENSE) for q in questions]
    wanted = [1 + names.index(q.passage_ids[0]) for names, q in zip(ranked, questions, strict=True)]
    assert [row["ranks"]["dense"] for row in measured["questions"]] == wanted
    assert measured["retrieval"]["dense"]["recall@5"] == pytest.approx(sum(r <= 5 for r in wanted) / 3)
    answered = client.predict(count=1, answers=True, retriever="bm25", api_name="/evaluate_sample")
    assert answered["character_f1"] == answered["questions"][0]["f1"] is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 6, "answers": True}, "1 to 5 with answers"),
        ({"count": 0}, "count must be"),
        ({"preset": "../x"}, "No preset"),
        ({"retriever": "both"}, "retriever"),
        ({"start": 6}, "start must be"),
    ],
)
def test_bad_calls_get_one_sentence(client, changes, message):
    with pytest.raises(Exception, match=message) as caught:
        client.predict(**changes, api_name="/evaluate_sample")
    assert "Traceback" not in str(caught.value)
