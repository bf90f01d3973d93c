"""What two answers share, where a passage moved, and that one model decodes at a time."""

from dataclasses import replace

import pytest

from rag_demo.comparison import Comparison, Contestant, Move, Setting, compare, default_settings, settings_of
from rag_demo.config import AnswerOptions
from rag_demo.types import Answer, Hit, Passage, RagError, RagMode, RetrieverKind
from rag_demo.votes import Side

SIZES = {"question_encoder": 5_000_000, "context_encoder": 5_000_000, "generator": 14_000_000}


def contestant(model: str, shown: str, beyond: str = "") -> Contestant:
    """Passages are named by one letter; `beyond` are those ranked after the shown."""
    hits = tuple(Hit(Passage(c, f"题{c}", f"{c}。"), i, 9.0 - i, 0.5, 0.5) for i, c in enumerate(shown, 1))
    return Contestant(Side(model, "ff"), Answer("问？", "", hits, finished=True), tuple(shown + beyond), SIZES)


PAIR = Comparison(contestant("base", "abc", "xd"), contestant("large", "cad", "y"), gold=("d",))


def test_moves_join_the_same_passage_and_mark_what_one_side_misses():
    (a, b, c, d) = PAIR.moves
    assert (a.left, a.right, a.kept) == (1, 2, (True, True))
    assert (b.left, b.right, b.kept) == (2, None, (True, False)), "beyond the right's ranking"
    assert (c.left, c.right, c.kept) == (3, 1, (True, True))
    assert (d.left, d.right, d.kept) == (5, 3, (False, True)), "the left ranks it fifth but does not read it"
    assert isinstance(a, Move) and PAIR.hues == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_overlap_is_the_shared_share_of_k():
    assert PAIR.overlap == pytest.approx(2 / 3) == PAIR.swapped.overlap
    assert Comparison(contestant("base", "abc"), contestant("large", "abc")).overlap == 1
    assert Comparison(contestant("base", ""), contestant("large", "")).overlap == 0


def test_the_gold_rank_is_the_best_of_any():
    assert PAIR.left.rank(["d"]) == 5 and PAIR.right.rank(["d", "c"]) == 1 and PAIR.right.rank(["q"]) is None


def test_a_setting_is_read_as_it_is_written():
    settings = settings_of(["base", "someone/large"])
    assert len(settings) == len(set(settings)) == 12
    assert [Setting.parse(str(setting)) for setting in settings] == list(settings)
    for wrong in ("base", "base/dense", "base/dense/both", ""):
        with pytest.raises(RagError, match="preset/retriever/rag_mode"):
            Setting.parse(wrong)


def test_two_models_are_the_default_and_one_is_compared_with_itself():
    assert [str(s) for s in default_settings(["base", "large"])] == ["base/dense/token", "large/dense/token"]
    assert [str(s) for s in default_settings(["base"])] == ["base/dense/token", "base/hybrid/token"]


LEFT, RIGHT = Setting("one"), Setting("two", RetrieverKind.BM25, RagMode.SEQUENCE)


def test_the_left_answers_whole_before_the_right_begins(bart_engine):
    """Two models decoding in turns would double the memory and halve the speed of both on a small machine."""
    engines = [(bart_engine, LEFT), (bart_engine, RIGHT)]
    seen = list(compare("宝宝黄疸怎么办?", engines, AnswerOptions(top_k=3), {}))
    assert len(seen[0].left.hits) == len(seen[0].right.hits) == 3 and not seen[0].left.answer.tokens
    for now in seen:
        assert now.left.answer.finished or not now.right.answer.tokens
    last = seen[-1]
    wanted = bart_engine.answer("宝宝黄疸怎么办?", top_k=3, retriever="bm25", rag_mode="sequence")
    assert replace(last.right.answer, seconds=0) == replace(wanted, seconds=0) and last.finished
    assert last.left.answer.text == bart_engine.answer("宝宝黄疸怎么办?", top_k=3).text
    assert [side.side.name for side in (last.left, last.right)] == ["one/dense/token", "two/bm25/sequence"]
    assert last.right.ranking[:3] == last.right.shown


def test_gold_is_found_by_the_normalised_question_and_only_where_it_is_indexed(bart_engine):
    gold = {"宝宝黄疸怎么办？": ("p0002", "p9999")}
    sides = [(bart_engine, LEFT), (bart_engine, RIGHT)]
    assert next(compare("　宝宝黄疸怎么办? ", sides, AnswerOptions(), gold)).gold == ("p0002",)
    assert next(compare("宝宝便秘怎么办?", sides, AnswerOptions(), gold)).gold == ()


def test_the_same_side_twice_is_refused(bart_engine):
    with pytest.raises(RagError, match="the same"):
        next(compare("宝宝黄疸？", [(bart_engine, LEFT), (bart_engine, LEFT)], AnswerOptions(), {}))
