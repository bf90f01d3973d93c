"""One place decides: an emergency reaches no model, and is the same through engine, command line and API."""

import json

import pytest

from rag_demo import __main__ as command
from rag_demo.engine import RagEngine
from rag_demo.render import answer_json
from rag_demo.types import AnswerMode, EvidenceStatus

EMERGENCY = "孩子吞了纽扣电池"


class Raises:
    """Stands for every model and the index."""

    def __getattr__(self, name):
        raise AssertionError(f"a model was asked for {name}")


@pytest.fixture
def modelless(monkeypatch) -> RagEngine:
    engine = RagEngine.__new__(RagEngine)
    engine.name, engine.around = "none", None
    for part in ("question_encoder", "context_encoder", "generator", "index", "retriever", "lengths", "evidence"):
        setattr(engine, part, Raises())
    return engine


def test_an_emergency_runs_no_model(modelless):
    (answer,) = modelless.stream(EMERGENCY)
    assert answer.finished and answer.status is EvidenceStatus.EMERGENCY
    assert (answer.text, answer.hits, answer.tokens) == ("", (), ())
    assert answer.emergency.call == ("120",) and "纽扣电池" in "".join(answer.emergency.matched)
    with pytest.raises(AssertionError, match="a model was asked"):
        list(modelless.stream("宝宝几个月长牙"))


def test_an_emergency_told_too_long_is_one_too(modelless):
    (answer,) = modelless.stream("我今天带孩子出门，" * 60 + EMERGENCY)
    assert answer.status is EvidenceStatus.EMERGENCY and len(answer.question) <= 500


def test_command_line_says_what_to_do(modelless, monkeypatch, capsys):
    monkeypatch.setattr(RagEngine, "load", classmethod(lambda *_: modelless))
    assert command.main(["ask", EMERGENCY]) == 0
    printed = capsys.readouterr().out
    assert "120" in printed and "不要催吐" in printed and "Do not make them vomit" in printed
    assert command.main(["ask", EMERGENCY, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["status"] == "emergency" and value["emergency"]["call"] == ["120"]


def test_the_json_of_an_emergency_is_that_of_the_engine(modelless):
    value = json.loads(json.dumps(answer_json(modelless.answer(EMERGENCY))))
    assert value["emergency"]["rule"] == modelless.answer(EMERGENCY).emergency.rule and value["fallback"] == ""


def test_a_free_answer_with_an_unlisted_dose_becomes_a_grounded_one(bart_engine, monkeypatch):
    """Forced text: what the model would write is not the test's to choose, what is shown is."""
    decoded = bart_engine._decoded

    def forced(answer, beams):
        if answer.answer_mode is AnswerMode.GROUNDED:
            yield from decoded(answer, beams)
            return
        for text in ("多喝水。", "多喝水。每次吃2片"):
            yield _with_text(answer, text)
        yield _with_text(answer, "多喝水。每次吃2片", finished=True)

    monkeypatch.setattr(bart_engine, "_decoded", forced)
    seen = list(bart_engine.stream("宝宝发热？", answer_mode="free", top_k=2))
    assert all("2片" not in answer.text for answer in seen)
    assert seen[-1].finished and seen[-1].fallback == "dose" and seen[-1].answer_mode is AnswerMode.GROUNDED
    assert seen[-1].citations and seen[-1].status is EvidenceStatus.SUFFICIENT
    adults = {"p0001", "p0002", "p0004"}  # the other passages are not about children
    assert bart_engine.answer("头疼？", answer_mode="free", top_k=2, without=adults).fallback == ""


def _with_text(answer, text, finished=False):
    from dataclasses import replace

    return replace(answer, text=text, finished=finished)
