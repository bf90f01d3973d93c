"""A comparison as HTML: escaped, one hue a passage on both sides, and blind where it must be."""

import re
from dataclasses import replace

import pytest

from rag_demo.comparison import Comparison, Contestant
from rag_demo.render_compare import board, message, side_names, stripes_of
from rag_demo.render_tally import side_label, tally_board
from rag_demo.tally import PairTally
from rag_demo.types import Answer, AnswerMode, AnswerToken, Citation, EvidenceStatus, Hit, Passage, RetrieverKind
from rag_demo.ui.i18n import words
from rag_demo.votes import Side

ZH, EN = words("zh"), words("en")
EVIL = "<img src=x onerror=alert(1)>\"'&<script>"
A, B, C = (Passage(name, title, "去医院。") for name, title in (("a", EVIL), ("b", "发热"), ("c", "便秘")))
TOKENS = (AnswerToken("去", -0.5, (0.9, 0.1)), AnswerToken("医院。", -0.1, (0.3, 0.7)))


def side(model: str, first: Passage, second: Passage, kind: RetrieverKind) -> Contestant:
    hits = (Hit(first, 1, 12.5, 0.75, 0.6), Hit(second, 2, 11.4, 0.25, 0.4))
    answer = Answer("问？", "去医院。", hits, TOKENS, (Citation("去医院。", 1, 0, 4),), seconds=1.25, finished=True)
    sizes = {"question_encoder": 5_000_000, "context_encoder": 5_100_000, "generator": 14_000_000}
    return Contestant(Side(model, "ff", kind), answer, (first.id, second.id, "z"), sizes)


PAIR = Comparison(side("base", A, B, RetrieverKind.DENSE), side("large", B, C, RetrieverKind.BM25), gold=("b",))


def test_a_passage_has_one_hue_on_both_sides():
    html = board(PAIR, ZH)
    rungs = re.findall(r'<li class="(z\d)"><b>(\d)</b><span>([^<]*)', html)
    assert [(hue, rank, title[:2]) for hue, rank, title in rungs] == [
        ("z0", "1", "&l"), ("z1", "2", "发热"), ("z1", "1", "发热"), ("z2", "2", "便秘")
    ]  # fmt: skip
    assert re.findall(r'<span class="cite (z\d)">去医院。<sup>(\d)', html) == [("z1", "2"), ("z2", "2")]
    assert re.findall(r'<div class="(z\d)"><b>\d</b><i', html) == ["z0", "z1", "z1", "z2"]


def test_lines_run_from_rank_to_rank_and_stubs_mark_what_is_lost_and_new():
    paths = re.findall(r'<path( class="alone")? d="([^"]*)" style="stroke:var\(--(z\d)\)"', board(PAIR, ZH))
    assert paths == [
        (' class="alone"', "M0,50H30", "z0"),
        ("", "M0,150C50,150 50,50 100,50", "z1"),
        (' class="alone"', "M70,150H100", "z2"),
    ]


def test_the_numbers_stand_side_by_side():
    html = board(PAIR, EN)
    assert "1 of 2 shared: overlap@2 = 0.50." in html
    assert "Rank of the known source: base · Dense · RAG-Token 2, large · BM25 · RAG-Token 1." in html
    facts = re.findall(r'<tr><th scope="row">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td></tr>', html)
    assert ("Time (s)", "1.25", "1.25") in facts and ("Parameters of both encoders (M)", "10.1", "10.1") in facts
    assert "<td>2</td><td>11.40</td><td>0.250</td><td>1</td><td>12.50</td><td>0.750</td><td>+1</td>" in html
    assert html.count("beyond 100 over there") == 2, "what the other side does not even rank"


def test_blind_shows_no_name_number_or_stripe():
    """Seconds, sizes, scores and the cutting of tokens all tell one model from another."""
    html = board(PAIR, ZH, hidden=True)
    for word in (
        "base",
        "large",
        "BM25",
        ZH["dense"],
        "1.25",
        "14.0",
        "12.50",
        "stripes",
        "facts",
        "0.750",
        ZH["compare_gold_tag"],
    ):
        assert word not in html, word
    assert ">A</h4>" in html and ">B</h4>" in html and "去医院。" in html
    assert side_names(PAIR, ZH, letters=True)[0].startswith("A: base")


def test_nothing_is_markup_that_was_not_ours():
    evil = replace(PAIR.left.answer, text=EVIL, citations=(), answer_mode=AnswerMode.FREE, unsupported=((0, 4),))
    pair = replace(PAIR, left=replace(PAIR.left, answer=evil, side=Side(EVIL + "/x", "ff")))
    for html in (board(pair, ZH), board(pair, EN, hidden=True), message(EVIL, alarming=True)):
        assert "<img" not in html and "<script" not in html
    tally = PairTally(EVIL + "/dense/token", "b/dense/token", 1, 0, 0)
    assert "<img" not in tally_board([tally], ZH)


def test_stripes_are_the_posteriors():
    html = stripes_of(PAIR.left.answer, PAIR.hues, EN)
    assert re.findall(r"--p:([\d.]+)", html) == ["0.90", "0.30", "0.10", "0.70"], "a row a passage, a column a token"
    assert "<td>0.750</td><td>0.600</td><td>1</td>" in html, "each passage leads one of the two tokens"


def test_one_side_writes_while_the_other_waits():
    starting = replace(PAIR.left.answer, text="", tokens=(), citations=(), finished=False)
    pair = replace(PAIR, left=replace(PAIR.left, answer=starting), right=replace(PAIR.right, answer=starting))
    assert board(pair, ZH).count("caret") == 1 and ZH["compare_waiting"] in board(pair, ZH)
    assert "caret" not in board(pair, ZH, stopped=True)


@pytest.mark.parametrize("status", [s for s in EvidenceStatus if s is not EvidenceStatus.SUFFICIENT])
def test_an_answer_that_is_not_given_says_why(status):
    answer = Answer("问？", "", (), status=status, finished=True)
    pair = replace(PAIR, left=replace(PAIR.left, answer=answer, ranking=()))
    assert ZH[f"compare_status_{status}"] in board(pair, ZH)


def test_a_tally_shows_rate_interval_and_n():
    html = tally_board([PairTally("base/dense/token", "large/dense/token/free", 8, 2, 3)], EN, skipped=1)
    assert "won 80%, 95% interval 49–94%, n = 10, ties 3" in html
    assert 'style="left:49.0%;width:45.3%"' in html and 'class="rate" style="left:80.0%"' in html
    assert "<td>0.800</td><td>0.490–0.943</td>" in html and "1 incomplete lines" in html
    assert side_label("a/b/hybrid/sequence/free", EN) == "a/b · Hybrid · RAG-Sequence · free"
    assert EN["tally_none"] in tally_board([], EN)
    undecided = tally_board([PairTally("base/dense/token", "large/dense/token", 0, 0, 2)], EN)
    assert "n = 0, ties 2" in undecided and 'class="rate"' not in undecided
