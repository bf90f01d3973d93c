"""The checkpoint and corpus under assets/, through the doors a user takes."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag_demo.config import ASSETS, CHECKPOINTS
from rag_demo.corpus import fingerprint, read_passages, read_questions
from rag_demo.engine import RagEngine
from rag_demo.types import EvidenceStatus

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.shipped


@pytest.fixture(scope="module", params=["base", "large"])
def engine(request) -> RagEngine:
    return RagEngine.load(request.param)


def ask(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "rag_demo", "ask", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_command_line_answers_from_the_right_passage():
    done = ask("孕妇血糖高怎么办？", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "血糖" in answer["hits"][0]["passage"]["title"] or "糖尿病" in answer["hits"][0]["passage"]["title"]
    assert answer["citations"] and answer["text"] == "".join(c["text"] for c in answer["citations"])
    for citation in answer["citations"]:
        passage = answer["hits"][citation["hit"]]["passage"]
        assert passage["text"][citation["start"] : citation["end"]] == citation["text"]
        assert any(word in passage["title"] + passage["text"] for word in ("血糖", "糖尿病"))
    assert all(math.isclose(sum(token["posterior"]), 1, abs_tol=1e-4) for token in answer["tokens"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "请输入一个问题"),
        (["？！……"], "请输入一个问题"),
        (["长" * 501], "501"),
        (["宝宝", "--top-k", "0"], "top_k"),
        (["宝宝", "--preset", "nowhere"], "No checkpoint 'nowhere'"),
        (["宝宝", "--without", "p9999"], "p9999"),
    ],
)
def test_bad_input_gets_one_sentence(arguments, message):
    done = ask(*arguments)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "question", ["<script>alert(1)</script>", "baby fever 38.5", "宝宝🤒", "３８．５℃", "发\x00热\u202e"]
)
def test_odd_questions_simply_work(engine, question):
    answer = engine.answer(question, top_k=2)
    assert answer.finished and bool(answer.citations) == (answer.status is EvidenceStatus.SUFFICIENT)


def test_loading_takes_seconds():
    began = time.perf_counter()
    RagEngine.load("base")
    assert time.perf_counter() - began < 20


def test_the_index_holds_the_shipped_corpus(engine):
    assert fingerprint(engine.index.passages) == fingerprint(read_passages(ASSETS / "corpus" / "passages.jsonl"))


def test_held_out_passages_have_no_training_question():
    train = {p for q in read_questions(ASSETS / "questions" / "train.jsonl") for p in q.passage_ids}
    held_out = {p.id for p in read_passages(ASSETS / "corpus" / "passages.jsonl") if int(p.id[1:]) % 10 == 0}
    assert len(held_out) > 100 and not train & held_out


def test_retrieval_is_as_good_as_the_card_says(engine):
    """On every eighth test question; a broken tower, prompt or index would lose far more than the margin."""
    questions = read_questions(ASSETS / "questions" / "test.jsonl")[::8]
    found = [set(q.passage_ids) & {h.passage.id for h in engine.retrieve(q.question, 5)} for q in questions]
    measured = sum(map(bool, found)) / len(questions)
    card = json.loads((CHECKPOINTS / engine.name / "rag.json").read_text(encoding="utf-8"))
    assert measured > card["metrics"]["test"]["retrieval"]["dense"]["all"]["recall@5"] - 0.12


def test_the_shipped_thresholds_part_the_field_from_the_rest(engine):
    """On a sample; the exact shares are in assets/results/abstention-*.json."""
    asked = [q.question for q in read_questions(ASSETS / "questions" / "test.jsonl")[::40]]
    rows = (ASSETS / "questions" / "out_of_scope.jsonl").read_text(encoding="utf-8").splitlines()
    elsewhere = [row["question"] for row in map(json.loads, rows[1::6]) if row["kind"] == "other_domain"]

    def answered(questions):
        return sum(engine._status(q, engine.retrieve(q, 5)) is EvidenceStatus.SUFFICIENT for q in questions) / len(
            questions
        )

    assert answered(asked) > 0.75 and answered(elsewhere) < 0.5


def test_both_checkpoints_fit_into_the_repository():
    """What hosts take in plain git: every file below 10 MB, both together below 210 MB."""
    files = [file for file in CHECKPOINTS.rglob("*") if file.is_file()]
    assert max(file.stat().st_size for file in files) < 10e6 and sum(file.stat().st_size for file in files) < 210e6
