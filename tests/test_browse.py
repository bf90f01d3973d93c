"""Departments and search."""

import pytest

from rag_demo.browse import PAGE, Found, departments, search
from rag_demo.types import Passage, RagError


def test_departments_are_counted_largest_first():
    made = [Passage(str(i), "", "文", name) for i, name in enumerate(["儿科", "", "孕期", "孕期"])]
    assert departments(made) == [("孕期", 2), ("儿科", 1)]


def test_every_word_must_stand_in_the_passage(passages):
    assert [p.id for p in search(passages, "去医院 黄疸").passages] == ["p0002"]
    assert [p.id for p in search(passages, "去医院").passages] == ["p0002", "p0005"]
    assert [p.id for p in search(passages, "去医院", "消化").passages] == ["p0005"]
    assert [p.id for p in search(passages, "P0003").passages] == ["p0003"]
    assert search(passages).passages == tuple(passages)


def test_a_question_finds_what_shares_its_words(passages):
    found = search(passages, "宝宝发热了应该怎么办呢")
    assert not found.exact and found.passages[0].id == "p0004" and "发热" in found.terms
    assert search(passages, "zzz").passages == ()


def test_pages_stay_inside(passages):
    found = Found(tuple(passages) * 7)  # 42
    assert (found.pages, len(found.page(3)), len(found.page(1))) == (3, 2, PAGE)
    assert found.page(99) == found.page(3) and found.page(-1) == found.page(1)
    assert Found(()).pages == 1


def test_a_very_long_query_is_refused(passages):
    with pytest.raises(RagError, match="501"):
        search(passages, "长" * 501)
