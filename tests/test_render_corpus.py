"""Passages and uploads as HTML: escaped, marked, counted, in both languages."""

import string

import pytest

from rag_demo.browse import Found
from rag_demo.building import Building
from rag_demo.render_corpus import Notice, in_use, marked, notice, passage_list, preview, progress
from rag_demo.types import Passage
from rag_demo.ui.i18n import words
from rag_demo.ui.strings import corpus
from rag_demo.upload import Role, Table, UploadFault

ZH, EN = words("zh"), words("en")
EVIL = '<img src=x onerror="alert(1)">'


def test_markup_is_shown_as_characters():
    table = Table(EVIL, (EVIL, EVIL), ((EVIL, "=cmd|'/C calc'!A0"),), (2,))
    parts = [
        passage_list(Found((Passage(EVIL, EVIL, EVIL, EVIL, EVIL),), ("img", "<", "amp")), 1, ZH),
        preview(table, {Role.TEXT: 0}, ZH),
        notice(Notice("upload_empty_cell", {"line": 2, "column": EVIL}, failed=True), ZH),
        in_use(EVIL, 3, [EVIL], ZH),
    ]
    for html in parts:
        assert "<img" not in html and "img" in html
    assert "=cmd|" in parts[1]


def test_words_are_marked_whatever_their_case_and_the_longer_first():
    assert marked("叶酸 ABC a<b", ("abc", "叶", "叶酸", "<")) == (
        "<mark>叶酸</mark> <mark>ABC</mark> a<mark>&lt;</mark>b"
    )
    assert marked("a.c abc", ("a.c",)) == "<mark>a.c</mark> abc", "a term is characters, not a pattern"


def test_a_page_says_where_it_stands():
    found = Found(tuple(Passage(f"p{i}", f"标题{i}", "文" * 300) for i in range(45)))
    html = passage_list(found, 3, EN)
    assert "Passages 41–45 of 45." in html and 'start="41"' in html and html.count("<details") == 5
    assert "第 1–20 篇，共 45 篇。" in passage_list(found, 1, ZH)
    assert EN["corpus_none"] in passage_list(Found(()), 1, EN)


def test_the_snippet_shows_the_first_word_found():
    text = "开头" + "水" * 300 + "叶酸" + "水" * 300
    summary = passage_list(Found((Passage("a", "", text),), ("叶酸",)), 1, ZH).split("</summary>")[0]
    assert "…" in summary and "<mark>叶酸</mark>" in summary and "开头" not in summary


def test_the_preview_names_what_each_column_becomes():
    table = Table("a.csv", ("q", "", "x"), tuple((str(i), "b" * 200, "") for i in range(9)), tuple(range(2, 11)))
    html = preview(table, {Role.TITLE: 0, Role.TEXT: 0, Role.ID: None}, EN)
    assert html.count("<tr>") == 6 and "9 rows" in html
    assert "Title、Text" in html and "column 2" in html and "not used" in html and "b" * 100 not in html


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (Building(10, ahead=2), "2 other visitors"),
        (Building(10), "Encoding 10"),
        (Building(1000, 250, seconds=5.0), "250 of 1,000 passages encoded, 50 a second, about 15 s left"),
        (Building(50_000, 500, seconds=10.0), "about 16 min left"),
        (Building(10, 10, seconds=1.0), "building the index"),
    ],
)
def test_progress_says_what_is_done_how_fast_and_how_long(state, line):
    html = progress(state, EN)
    assert line in html and f'aria-valuenow="{state.done}"' in html


def test_every_fault_and_role_has_its_words_and_both_languages_fill_the_same_blanks():
    assert all(f"upload_{fault}" in corpus.WORDS for fault in UploadFault)
    assert all(f"role_{role}" in corpus.WORDS for role in Role)
    for key, pair in corpus.WORDS.items():
        blanks = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in pair]
        assert blanks[0] == blanks[1], key
