"""Figures by hand, and what the evaluation command reports."""

import json
from math import exp

import numpy as np
import pytest

from rag_demo import checkpoint
from rag_demo.metrics import recall
from rag_demo.types import Passage, RagError
from training import build_index, evaluate, export, model_card
from training.answer_figures import answer_figures, best_clauses, first_clauses
from training.metrics import bleu_4


def test_bleu_by_hand():
    """abcde against abcdx: 4/5 characters, 3/4, 2/3, 1/2 of the n-grams; no brevity penalty."""
    assert bleu_4(["多喝温水吧"], ["多喝温水，好"]) == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
    # two answers of 4 against references of 4 and 6 characters: precisions 1, exp(1 - 10/8)
    assert bleu_4(["多喝温水", "少吃甜食"], ["多喝温水。", "少吃甜食为好"]) == pytest.approx(exp(1 - 10 / 8))
    # clipped: one 水 in the reference counts once
    assert bleu_4(["水水水水"], ["水多喝点"]) == 0.0
    assert bleu_4([""], ["多喝温水"]) == 0.0
    assert bleu_4(["多喝温水吧"], ["多喝温水吧"]) == 1.0


def test_recall_at_k_counts_ranks_below_k():
    ranks = np.array([0, 1, 4, 100])
    assert [recall(ranks, k) for k in (1, 2, 5, 100)] == [0.25, 0.5, 0.75, 0.75]


def test_groups_keep_their_order_and_their_size():
    ranks = np.array([0, 9, 3, 7])
    found = evaluate.by_group(ranks, ["short", "long", "short", ""])
    assert list(found) == ["short", "long"]
    assert found["short"] == {"questions": 2, "recall@5": 1.0} and found["long"]["recall@5"] == 0.0


PASSAGE = Passage("p", "", "发热要多喝水。不要捂汗。体温三十九度去医院。")


def test_baselines_grow_to_the_length_of_a_reference():
    assert first_clauses(PASSAGE, 3) == ["发热要多喝水。"]  # at least one
    assert first_clauses(PASSAGE, 12) == ["发热要多喝水。", "不要捂汗。"]
    assert best_clauses("能捂汗吗", [PASSAGE], 3) == ["不要捂汗。"]
    assert best_clauses("捂汗喝水", [PASSAGE, PASSAGE], 100)[:2] in (
        ["不要捂汗。", "发热要多喝水。"],
        ["发热要多喝水。", "不要捂汗。"],
    )
    assert len(best_clauses("捂汗", [PASSAGE, PASSAGE], 100)) == 3  # a clause in two passages stands once


@pytest.fixture
def measured(project, towers) -> str:
    towers[0].save(project / "q")
    towers[0].save(project / "c")
    export.main(export.Args("base", *(str(project / name) for name in ("q", "c", "generator")), str(project / "ck")))
    build_index.main(build_index.Args(str(project / "ck"), str(project / "passages.jsonl")))
    rows = [json.loads(line) for line in (project / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({**row, "register": ("short", "long")[i % 2]}) for i, row in enumerate(rows)]
    (project / "dev.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return str(project / "ck")


def test_a_measured_checkpoint_says_all_a_page_draws(project, measured):
    args = evaluate.Args(measured, str(project / "dev.jsonl"), answers=3, card=True, out=str(project / "out.json"))
    result = evaluate.main(args)
    assert json.loads((project / "out.json").read_text(encoding="utf-8")) == result
    dense = result["retrieval"]["dense"]
    assert list(dense["all"]) == ["recall@1", "recall@5", "recall@20", "mrr@10"]  # what older readers know
    assert list(dense["curve"]) == ["1", "2", "3", "5", "10", "20", "50", "100"]
    assert dense["curve"]["5"] == dense["all"]["recall@5"] and dense["curve"]["100"] == 1.0
    assert sum(group["questions"] for group in dense["by register"].values()) == 4
    assert set(dense["by department"]) == {"孕期", "新生儿", "儿科", "消化"}
    assert dense["parameters"] == 2 * result["parameters"]["question_encoder"] and dense["seconds a question"] > 0
    assert set(result["seconds"]) == {"load", "passages", "retrieval", "answers"}
    ways = {name for name, value in result["answers"].items() if isinstance(value, dict)}
    assert "best BM25 clauses of the top passages" in ways and "best BM25 clause of the top passages" in ways
    assert set(result["answers"]["free"]) == {"character F1", "ROUGE-L", "BLEU-4"}
    model_card.main(model_card.Args(measured))
    card = (project / "ck" / "README.md").read_text(encoding="utf-8")
    header, line = (row for row in card.splitlines() if "BLEU-4" in row or row.startswith("| grounded"))
    assert header.count("|") == line.count("|") == 5


def test_a_card_measured_before_bleu_is_still_written(project, measured):
    card = checkpoint.read_card(checkpoint.checkpoint_folder(measured))
    assert model_card.answer_table(dict(card.metrics)) == ""
    old = {"answers": {"questions": 1, "grounded": {"ROUGE-L": 0.5}, "clauses from a gold passage": 1.0}}
    assert "| grounded | 0.500 |" in model_card.answer_table({"test": old})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(questions=None), "Nothing to measure"),
        (dict(retriever="sparse"), "--retriever must be dense, bm25, hybrid or all"),
        (dict(passages="{other}"), "names passage 'p0001'"),
    ],
)
def test_bad_input_is_named(project, measured, changes, message):
    (project / "other.jsonl").write_text(json.dumps({"id": "x", "text": "多喝水。"}), encoding="utf-8")
    changes = {k: v and v.format(other=project / "other.jsonl") for k, v in changes.items()}
    with pytest.raises(RagError, match=message):
        evaluate.main(evaluate.Args(**{"checkpoint": measured, "questions": str(project / "dev.jsonl"), **changes}))


def test_answers_need_references(bart_engine):
    with pytest.raises(RagError, match="reference answer"):
        answer_figures(bart_engine, [], 5, 3)
