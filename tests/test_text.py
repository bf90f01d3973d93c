"""Questions, clauses and words, with fixtures that bite."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_demo.text import (
    full_width,
    join_chinese,
    normalise_question,
    split_clauses,
    unsupported_spans,
    words,
)
from rag_demo.types import QuestionError


@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("  孕妇血糖高怎么办 \n", "孕妇血糖高怎么办"),
        ("体温３８．５度ＯＫ吗？", "体温38.5度OK吗？"),
        ("宝宝\x00发\x07热\u200b了\u202e", "宝宝发热了"),
        ("宝宝🤒发烧", "宝宝🤒发烧"),
        ("can I take ibuprofen?", "can I take ibuprofen?"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("第一行\n第二行\t第三", "第一行 第二行 第三"),
    ],
)
def test_questions_are_normalised(given_text, wanted):
    assert normalise_question(given_text) == wanted


@pytest.mark.parametrize("empty", ["", "   ", "？！。", "\x00\u200b", "🤒🤒", "……"])
def test_nothing_to_search_for_is_said(empty):
    with pytest.raises(QuestionError, match="请输入一个问题"):
        normalise_question(empty)


def test_the_length_limit_is_exact():
    assert len(normalise_question("长" * 500)) == 500
    with pytest.raises(QuestionError, match="501"):
        normalise_question("长" * 501)


@given(st.text(alphabet="宝宝发热3.5，。！？；”）\n ab!?", max_size=80))
@settings(max_examples=300, deadline=None)
def test_a_clause_is_exactly_where_it_says(text):
    """Citations are offsets: one character off and the page would colour the wrong words."""
    clauses = split_clauses(text)
    assert all(text[c.start : c.end] == c.text for c in clauses)
    assert all(a.end <= b.start for a, b in itertools.pairwise(clauses))
    kept = "".join(c.text for c in clauses)
    assert [c for c in text if c.isalnum()] == [c for c in kept if c.isalnum()]


def test_clauses_end_at_sentence_marks_and_keep_closing_quotes():
    found = [c.text for c in split_clauses("医生说“先观察。”再来；体温38.5℃要吃药！没有标点")]
    assert found == ["医生说“先观察。”", "再来；", "体温38.5℃要吃药！", "没有标点"]


def test_bm25_words_find_a_drug_that_jieba_cuts_apart():
    assert {"二甲", "甲双", "双胍"} <= set(words("二甲双胍怎么吃"))
    assert "mg" in words("５００ＭＧ") or "500mg" in words("５００ＭＧ")


def test_what_no_source_says_is_marked():
    assert unsupported_spans("宝宝要多喝水。月亮上吃药。", ["宝宝要多喝水。"]) == ((7, 12),)
    assert unsupported_spans("宝宝要多喝水。", ["宝宝要多喝水。"]) == ()


def test_decoded_chinese_reads_as_written():
    assert full_width(join_chinese("宝 宝 发 热, 要 多 喝 水?")) == "宝宝发热，要多喝水？"
    assert join_chinese("take two tablets") == "take two tablets"
