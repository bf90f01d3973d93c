"""The parts of a score sum to the score, and the ranks are those of the one retrieval path."""

import pytest

from rag_demo.side_by_side import matched_spans, side_by_side
from rag_demo.text import word_spans, words
from rag_demo.types import QuestionError, RetrieverKind

QUESTION = "宝宝黄疸宝宝要不要停母乳？"


@pytest.mark.parametrize(
    "text", ["二甲双胍能吃吗？", "每天喝水１５００ＭＬ，Ⅲ度；ABC", "宝宝黄疸。", "", "㎎/kg 38.5℃"]
)
def test_spans_are_of_the_same_words(text):
    """One segmentation: a highlight that BM25 does not count, or a word without one, would be a lie."""
    spans = word_spans(text)
    assert [word for word, _, _ in spans] == words(text)
    assert all(0 <= start < end <= len(text) for _, start, end in spans)
    assert all(word in words(text[start:end]) or len(word) == 2 for word, start, end in spans)


def test_full_width_characters_are_marked_where_they_stand():
    assert matched_spans("喝水１５００毫升", {"1500"}) == ((2, 6),)
    assert matched_spans("二甲双胍随餐", {"二甲", "甲双", "双胍"}) == ((0, 4),)


def test_the_contributions_of_the_words_sum_to_the_score(bart_engine):
    bm25 = bart_engine.retriever.bm25
    scores = bm25.scores(QUESTION)
    sums = [sum(parts.values()) for parts in bm25.contributions(QUESTION, range(len(scores)))]
    assert sums == pytest.approx(scores.tolist(), rel=1e-5)
    assert scores[1] > 0 and bm25.contributions("zzz", [1]) == [{}]


def test_hits_ranks_and_sums_are_those_of_the_retriever(bart_engine):
    view = side_by_side(bart_engine, QUESTION, 4, corpus="mine")
    retriever = bart_engine.retriever
    for kind in RetrieverKind:
        assert [found.hit for found in view.lists[kind]] == bart_engine.retrieve(QUESTION, 4, kind)
        for found in view.lists[kind]:
            id = found.hit.passage.id
            assert found.ranks[kind] == found.hit.rank
            assert all(retriever.ranked(QUESTION, 100, other)[rank - 1] == id for other, rank in found.ranks.items())
            dense, lexical = found.ranks[RetrieverKind.DENSE], found.ranks[RetrieverKind.BM25]
            assert found.fused == pytest.approx(1 / (60 + dense) + 1 / (60 + lexical))
            assert found.hit.bm25 in (None, found.bm25)
    fused = [found.fused for found in view.lists[RetrieverKind.HYBRID]]
    assert fused == sorted(fused, reverse=True) and view.corpus == "mine"


def test_the_marked_words_stand_in_the_passage(bart_engine):
    best = side_by_side(bart_engine, QUESTION, 1).lists[RetrieverKind.BM25][0]
    marked = "".join(best.hit.passage.text[start:end] for start, end in best.text_spans)
    assert "黄疸" in marked and "黄疸" in best.hit.passage.title[slice(*best.title_spans[-1])]


def test_an_empty_question_is_refused(bart_engine):
    with pytest.raises(QuestionError):
        side_by_side(bart_engine, "？")
