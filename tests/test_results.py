"""Results files: old and new ones are read, a damaged one becomes one sentence, and the charts hold the figures."""

import json
import re
import shutil
from xml.etree import ElementTree

import pytest

from rag_demo.config import ASSETS
from rag_demo.render_evaluate import damage_sentence, measured
from rag_demo.results import Wants
from rag_demo.results_file import read_results
from rag_demo.ui.i18n import words

GROUP = {"short": {"questions": 3, "recall@5": 0.5}, "other": {"questions": 1, "recall@5": 1.0}}
NEW = {
    "checkpoint": "large<i>",
    "parameters": {"question_encoder": 30_000_000, "generator": 50_000_000},
    "passages": 1066,
    "questions": 4,
    "retrieval": {
        "dense": {
            "all": {"recall@1": 0.25, "recall@5": 0.5, "recall@20": 1.0, "mrr@10": 0.4},
            "unseen passages": {"recall@1": 0.125, "recall@5": 0.375, "recall@20": 0.875, "mrr@10": 0.3},
            "curve": {"100": 1.0, "1": 0.25, "5": 0.5, "20": 1.0},
            "by register": GROUP,
            "by department": {"儿科": {"questions": 4, "recall@5": 0.5}},
            "seconds a question": 0.0123,
            "parameters": 60_000_000,
        }
    },
    "answers": {
        "questions": 2,
        "grounded": {"character F1": 0.31, "ROUGE-L": 0.21, "BLEU-4": 0.11},
        "best BM25 clauses of the top passages": {"character F1": 0.41, "ROUGE-L": 0.22, "BLEU-4": 0.12},
        "seconds a token": 0.02,
    },
}
ABSTENTION = {
    "checkpoint": "base",
    "questions": 10,
    "rule": {"threshold": 0.2},
    "statuses": {
        "sufficient": {"sufficient": 4, "insufficient": 1, "out_of_scope": 0},
        "insufficient": {"sufficient": 1, "insufficient": 3, "out_of_scope": 1},
    },
    "curve": [
        {"threshold": 0.0, "answered": 1.0, "answerable among answered": 0.5, "answerable answered": 1.0},
        {"threshold": 0.2, "answered": 0.5, "answerable among answered": 0.8, "answerable answered": 0.8},
    ],
}


def results(folder, **files):
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return read_results(folder)


def test_a_new_file_is_read_whole(tmp_path):
    found = results(tmp_path, large=NEW, abstention=ABSTENTION, calibration={"runs": []})
    (model,), (abstention,) = found.models, found.abstentions
    assert found.damaged == () and model.parameters == 80_000_000 and model.answered == 2
    dense = model.rankers[0]
    assert dense.curve == ((1, 0.25), (5, 0.5), (20, 1.0), (100, 1.0)) and dense.unseen[1] == (5, 0.375)
    assert (dense.mrr, dense.seconds, dense.registers[0].questions) == (0.4, 0.0123, 3)
    assert [cut.answered for cut in abstention.cuts] == [0.5, 1.0]
    at = abstention.set_at  # 5 of 10 answered, 4 of those answerable, 4 of 5 answerable answered
    assert (at.threshold, at.answered, at.right, at.kept) == (0.2, 0.5, 0.8, 0.8)


def test_the_shipped_results_are_read_and_drawn():
    found = read_results(ASSETS / "results")
    assert found.models and found.abstentions and not found.damaged
    for model in found.models:
        assert {r.name for r in model.rankers} >= {"dense", "bm25", "hybrid"} and model.answers["grounded"]
    for language in ("zh", "en"):
        html = measured(found, words(language), False, "character F1")
        assert html.count("<svg") >= 3 and "None" not in html


def damaged(change):
    value = json.loads(json.dumps(NEW))
    change(value)
    return value


FAULTS = [
    ('{"retrieval": ', "", Wants.JSON),
    ("[1]", "", Wants.OBJECT),
    ("[" * 100_000, "", Wants.JSON),
    (damaged(lambda v: v["retrieval"]["dense"]["all"].update({"recall@5": 7})), "retrieval.dense.all.recall@5", "share"),
    (damaged(lambda v: v["retrieval"]["dense"]["curve"].update({"5": "x"})), "retrieval.dense.curve.5", Wants.SHARE),
    (damaged(lambda v: v["retrieval"]["dense"]["curve"].update({"-5": 1})), "retrieval.dense.curve.-5", Wants.NUMBER),
    (damaged(lambda v: v["retrieval"].update({"dense": 3})), "retrieval.dense", Wants.OBJECT),
    (damaged(lambda v: v["answers"]["grounded"].update({"ROUGE-L": float("nan")})), "answers.grounded.ROUGE-L", "share"),
    (damaged(lambda v: v["retrieval"]["dense"].update({"seconds a question": -1})),
     "retrieval.dense.seconds a question", Wants.NUMBER),
    (damaged(lambda v: v.update({"checkpoint": 5})), "checkpoint", Wants.TEXT),
    ({**ABSTENTION, "curve": 5}, "curve", Wants.LIST),
    ({**ABSTENTION, "curve": [{}]}, "curve.0.threshold", Wants.SHARE),
    ({**ABSTENTION, "statuses": {"sufficient": 1}}, "statuses.sufficient", Wants.OBJECT),
]  # fmt: skip


@pytest.mark.parametrize(("value", "where", "wants"), FAULTS)
def test_a_damaged_file_is_one_sentence_and_the_rest_stands(tmp_path, value, where, wants):
    found = results(tmp_path, bad=value, good={**NEW, "checkpoint": "good"})
    assert [m.checkpoint for m in found.models] == ["good"]
    (damage,) = found.damaged
    assert (damage.file, damage.where, damage.wants) == ("bad.json", where, wants)
    for language in ("zh", "en"):
        sentence = damage_sentence(damage, words(language))
        assert "bad.json" in sentence and where in sentence and "{" not in sentence
        assert "<svg" in measured(found, words(language), False, "ROUGE-L")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_several_models_stand_side_by_side(tmp_path, language):
    shutil.copy(ASSETS / "results" / "base.json", tmp_path)
    found, text = results(tmp_path, large=NEW, abstention=ABSTENTION), words(language)
    html = measured(found, text, False, "character F1")
    for svg in re.findall(r"<svg.*?</svg>", html):
        ElementTree.fromstring(svg)
    assert "<i>" not in html and "large&lt;i&gt;" in html  # a model's name is text
    assert html.count('class="eva-body several"') >= 2 and html.count('class="eva-scroll"') >= 4
    assert f"{text['dense']}: 5, 0.5<" in html and "0.410" in html and "0.310" in html
    assert text["eva_register_short"] in html and "12.3" in html
    assert text["eva_abstention"] in html and text["eva_set_at"] in html
    assert f"{text['eva_axis_k']} ({text['eva_unit_passages']})" in html
    unseen = measured(found, text, True, "BLEU-4")
    assert f"{text['dense']}: 5, 0.375<" in unseen and "BLEU-4" in unseen


def test_nothing_measured_says_so(tmp_path):
    assert "training.evaluate" in measured(read_results(tmp_path), words("en"), False, "ROUGE-L")


BENCH = {
    "machine": {"processor": "A <b>processor</b>", "threads": 2, "date": "2026-11-23"},
    "rows": [
        {"what": "search", "detail": "120,000", "ours": 0.002, "unit": "s", "peer_name": "IndexFlatIP", "peer": 0.03, "reach": 10, "reached": True},
        {"what": "memory", "detail": "base", "ours": 1204.0, "unit": "MB", "peer_name": "", "peer": None, "reach": 900, "reached": False},
        {"what": "of a newer command", "detail": "", "ours": 1.0, "unit": "", "peer_name": "", "peer": None, "reach": None, "reached": None},
    ],
}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_speed_table_shows_every_row_in_its_language(tmp_path, language):
    page = measured(results(tmp_path, bench=BENCH), words(language), False, "character F1")
    assert words(language)["speed_search"].format(detail="120,000") in page and "of a newer command" in page
    assert "2 ms" in page and "30 ms IndexFlatIP" in page and "15×" in page and "1,204 MB" in page
    assert words(language)["speed_no"] in page and "<b>processor" not in page


@pytest.mark.parametrize(
    "change, where", [({"ours": 0}, "rows.0.ours"), ({"peer": "fast"}, "rows.0.peer"), ({"what": 3}, "rows.0.what")]
)
def test_a_damaged_speed_table_names_the_place(tmp_path, change, where):
    rows = [BENCH["rows"][0] | change]
    (damage,) = results(tmp_path, bench=BENCH | {"rows": rows}).damaged
    assert damage.where == where
