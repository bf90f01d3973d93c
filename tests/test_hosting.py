"""The host's settings: each is read, and each wrong one is one sentence that names it and never a secret."""

import pytest

from rag_demo.hosting import Hosting
from rag_demo.types import RagError


def test_nothing_set_is_the_documented_default_and_a_space_is_behind_one_proxy():
    assert Hosting.from_environment({}) == Hosting()
    assert Hosting.from_environment({"SPACE_ID": "someone/rag"}) == Hosting(proxies=1, public=True)
    assert Hosting.from_environment({"RAG_RATE": "0"}).rate is None


def test_everything_set():
    found = Hosting.from_environment(
        {"RAG_LOGIN": "nurse:correct-horse, doctor:battery:staple", "RAG_RATE": "5", "RAG_PROXIES": "2",
         "RAG_QUEUE": "9", "RAG_ANSWER_SECONDS": "30", "RAG_UPLOAD_MB": "3", "RAG_LOG_QUESTIONS": "on",
         "RAG_ORIGINS": "https://a.example, http://b.example:8080/", "RAG_METRICS_TOKEN": "t"}
    )  # fmt: skip
    assert (found.rate, found.proxies, found.queue, found.answer_seconds, found.upload_megabytes) == (5, 2, 9, 30, 3)
    assert found.origins == {"https://a.example", "http://b.example:8080"} and found.log_questions
    assert found.login("nurse", "correct-horse") and found.login("doctor", "battery:staple")
    assert not found.login("nurse", "battery:staple") and not found.login("", "") and not found.login("nurse", "\ud800")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RAG_LOGIN", "a:correct-horse,secret-word", "number 2 is not"),
        ("RAG_LOGIN", ":secret-word", "number 1 is not"),
        ("RAG_LOGIN", "a:secret", "at least 8"),
        ("RAG_RATE", "-1", "from 0 to 10000"),
        ("RAG_RATE", "٣", "whole number"),
        ("RAG_QUEUE", "0", "from 1 to 1000"),
        ("RAG_ANSWER_SECONDS", "1e3", "whole number"),
        ("RAG_UPLOAD_MB", "21", "from 1 to 20"),
        ("RAG_ORIGINS", "*", "https://rag.example.org"),
        ("RAG_ORIGINS", "null", "https://rag.example.org"),
        ("RAG_LOG_QUESTIONS", "maybe", "on or off"),
    ],
)
def test_a_wrong_setting_is_one_sentence(name, value, sentence):
    with pytest.raises(RagError, match=sentence) as caught:
        Hosting.from_environment({name: value})
    assert name in str(caught.value) and "secret" not in str(caught.value)


def test_secrets_do_not_show_in_what_is_printed():
    shown = repr(Hosting.from_environment({"RAG_LOGIN": "nurse:correct-horse", "RAG_METRICS_TOKEN": "open-sesame"}))
    assert "correct-horse" not in shown and "open-sesame" not in shown


def test_a_wrong_setting_stops_the_start_with_one_line(monkeypatch, capsys):
    import app

    monkeypatch.setenv("RAG_RATE", "often")
    with pytest.raises(SystemExit) as stopped:
        app.main([])
    said = capsys.readouterr().err
    assert stopped.value.code == 2 and said.startswith("error: RAG_RATE") and said.count("\n") == 1
