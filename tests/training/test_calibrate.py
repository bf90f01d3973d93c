"""Calibration: it parts what can be parted, keeps the share it was told to, and mends what keeps an engine from loading."""

import json
from dataclasses import replace

import pytest

from rag_demo import checkpoint
from rag_demo.engine import RagEngine
from rag_demo.index import PassageIndex
from rag_demo.safety.evidence import CLASSES, Signals
from rag_demo.types import RagError
from training.calibrate import Args, best_cut, fit, main, measure, read_unanswerable, spread

CLEAR = [Signals(10 + i / 10, 1, 0.9, 0.0) for i in range(20)]
COVERED_BADLY = [Signals(5 + i / 10, 1, 0.5, 0.1) for i in range(20)]
ELSEWHERE = [Signals(0 + i / 10, 1, 0.1, 0.9) for i in range(20)]
FOUND = CLEAR + COVERED_BADLY + ELSEWHERE
KINDS = [c for c in CLASSES for _ in range(20)]


def test_what_can_be_parted_is_parted():
    table = measure(fit(FOUND, KINDS, keep=1.0), FOUND, KINDS)["statuses"]
    assert all(table[str(c)][str(c)] == 20 for c in CLASSES)


def test_the_threshold_keeps_the_share():
    rule = fit(FOUND, KINDS, keep=0.5)
    assert measure(rule, FOUND, KINDS)["statuses"]["sufficient"]["sufficient"] == 10


def test_the_curve_runs_from_all_to_few():
    curve = measure(fit(FOUND, KINDS, keep=1.0), FOUND, KINDS)["curve"]
    answered = [point["answered"] for point in curve]
    assert answered[0] == 1.0 and answered == sorted(answered, reverse=True)
    assert curve[0]["answerable among answered"] == pytest.approx(1 / 3, abs=1e-3)
    assert curve[-1]["answerable among answered"] == 1.0


def test_best_cut_by_hand():
    assert best_cut([0.1, 0.2, 0.6], [0.5, 0.7, 0.8]) in (0.5, 0.7)


def test_questions_are_spread_over_the_file():
    assert spread([str(i) for i in range(10)], 5) == ["0", "2", "4", "6", "8"]


def test_the_command_writes_a_rule_that_the_engine_reads(project, bart_engine, tmp_path):
    """Also over a rule of other weights, which alone would keep the engine from loading."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for part in checkpoint.PARTS:
        getattr(bart_engine, part).save(folder / part)
    card = checkpoint.RagCard("base", lengths=bart_engine.lengths, files=checkpoint.hash_files(folder))
    index = bart_engine.index
    PassageIndex(index.index, index.passages, index.factory, checkpoint.encoder_fingerprint(card)).save(
        folder / "index"
    )
    checkpoint.write_card(folder, replace(card, evidence={"weights_of": "other"}))
    with pytest.raises(RagError, match=r"training\.calibrate"):
        RagEngine.load(folder)
    rows = [
        {"question": q, "kind": k} for q, k in [("骨髓移植", "uncovered_medical"), ("存款利息", "other_domain")] * 4
    ]
    (tmp_path / "out.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    questions = str(project / "dev.jsonl")
    args = Args(str(folder), questions, questions, str(tmp_path / "out.jsonl"), 4, 1.0, str(tmp_path / "result.json"))
    assert main(args)["questions"] == 8
    assert RagEngine.load(folder).evidence is not None
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["curve"]


@pytest.mark.parametrize("content", ["", '{"question": "x"}', "no json"])
def test_bad_questions_are_refused_by_name(tmp_path, content):
    file = tmp_path / "bad.jsonl"
    file.write_text(content or "[]", encoding="utf-8")
    with pytest.raises(RagError, match=r"bad\.jsonl must hold"):
        read_unanswerable(str(file))
