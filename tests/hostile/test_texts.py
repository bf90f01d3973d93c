"""Hostile input on the ways that need no model: reading, rewriting, rules, links, uploads, rendering, exports.

With test_engine.py some 10,000 inputs, the same ones in every run. Wanted: no exception but RagError, no markup but the
page's own, no file but the upload's."""

import csv
import io
import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_demo.browse import search
from rag_demo.config import AnswerOptions
from rag_demo.export import answer_markdown
from rag_demo.followup import standalone
from rag_demo.permalink import FIELDS, Permalink, read_permalink
from rag_demo.question_file import read_question_file
from rag_demo.render import Turn, conversation, evidence
from rag_demo.render_corpus import Notice, column_name, in_use, notice, passage_list, preview
from rag_demo.render_evaluate_parts import problem, table
from rag_demo.render_inspector import inspection
from rag_demo.safety import find_emergency
from rag_demo.sheet import csv_of
from rag_demo.text import MAX_QUESTION_CHARACTERS, normalise_question, split_clauses, word_spans
from rag_demo.text import words as cut
from rag_demo.types import Answer, AnswerMode, AnswerToken, Citation, Hit, Passage, RagError
from rag_demo.ui.i18n import words
from rag_demo.upload import Role, UploadError, guess, to_passages
from rag_demo.upload_file import read_table
from tests.hostile import strategies as hostile
from tests.hostile.watching import foreign_markup, no_files_but

ZH = words("zh")


def times(count: int):
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=health)


@times(2400)
@given(hostile.question, hostile.text)
def test_questions_are_read_or_refused(question, before):
    try:
        said = normalise_question(question)
        assert 0 < len(said) <= MAX_QUESTION_CHARACTERS and said == normalise_question(said)
        assert not set(said) & set("\0\u202e\u200b\ud800\x1b\n")
    except RagError as error:
        assert str(error)
    found = find_emergency(question[:2000])
    assert found is None or all(found.matched)
    assert isinstance(standalone(question, before).text, str)


@times(1200)
@given(hostile.text)
def test_texts_are_cut_where_they_say(text):
    for clause in split_clauses(text):
        assert text[clause.start : clause.end] == clause.text
    for word, start, end in word_spans(text):
        assert word and 0 <= start < end <= len(text)
    assert all(cut(text))


@times(2200)
@given(st.dictionaries(st.one_of(st.sampled_from(FIELDS), hostile.text), hostile.number, max_size=6))
def test_links_are_followed_or_refused(query):
    try:
        link = read_permalink(query, {"base": "0" * 16})
    except RagError as error:
        assert str(error) and not foreign_markup(conversation([Turn("", error=str(error))], ZH))
        return
    if link:
        assert link.preset == "base" and 1 <= link.options.top_k <= 10
        assert foreign_markup(f'<a href="{link.query}">x</a>') == []


@times(1200)
@given(st.tuples(hostile.value, hostile.value, hostile.value, hostile.value, hostile.value))
def test_settings_are_valid_or_refused(values):
    try:
        options = AnswerOptions(*values)
        assert 1 <= options.top_k <= 10 and 1 <= options.beams <= 8
    except (RagError, TypeError) as error:
        assert isinstance(error, RagError) or "unhashable" in str(error)


def passage_of(number: int, fields: list[str]) -> Passage:
    return Passage(*(fields[i % len(fields)] or "x" for i in range(number, number + 5)))


@times(800)
@given(st.lists(hostile.text, min_size=5, max_size=9), st.sampled_from(list(AnswerMode)), st.booleans())
def test_what_is_drawn_has_no_foreign_markup(texts, mode, finished):
    """Every text of an answer is hostile: question, passages, tokens, model, the error, the file's name."""
    hits = tuple(Hit(passage_of(n, texts), n + 1, 1.0, 0.5, 0.5) for n in range(2))
    body = hits[0].passage.text
    tokens = tuple(AnswerToken(piece, -1.0, (0.5, 0.5)) for piece in (body, texts[-1]))
    cited = (Citation(body, 0, 0, len(body)),) if mode is AnswerMode.GROUNDED else ()
    spans = ((0, len(body)),) if mode is AnswerMode.FREE else ()
    answer = Answer(texts[0], body + texts[-1], hits, tokens, answer_mode=mode, model=texts[1], citations=cited,
                    unsupported=spans, finished=finished)  # fmt: skip
    query = Permalink.of(answer, AnswerOptions(), texts[2]).query
    turns = [Turn(texts[3], error=texts[4]), Turn(texts[0], answer, links=(("permalink", query, ""),), notice=texts[2])]
    drawn = [
        conversation(turns, ZH),
        evidence(answer, ZH),
        inspection(answer, ZH, finished),
        in_use(texts[0], 3, [texts[1]], ZH),
        passage_list(search([hit.passage for hit in hits], texts[2][:MAX_QUESTION_CHARACTERS], ""), 1, ZH),
        problem(texts[0]),
        table(texts[0], texts[:2], [texts[1:3], texts[2:4]]),
        notice(Notice("upload_duplicate_id", {"line": 1, "first": 2, "id": texts[0]}, failed=True), ZH),
    ]
    assert [found for html in drawn for found in foreign_markup(html)] == []
    markdown = answer_markdown(answer, ZH)
    assert not re.search(r"(?<!\\)(?:<|\]\(|`|\$)", markdown)


@times(900)
@given(
    st.lists(st.lists(hostile.text, min_size=2, max_size=5), min_size=1, max_size=4),
    st.sampled_from(["csv", "jsonl"]),
    hostile.text,
)
def test_uploads_become_passages_or_are_refused(tmp_path_factory, rows, kind, name):
    folder = tmp_path_factory.getbasetemp()
    file = folder / f"hostile.{kind}"
    if kind == "csv":
        sheet = io.StringIO()
        csv.writer(sheet).writerows(rows)
        content = sheet.getvalue()
    else:
        content = "\n".join(json.dumps({"text": row[0], row[1][:40]: row[-1]}) for row in rows)
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    with no_files_but():
        try:
            read = read_table(file, f"{name}.{kind}")
            roles = guess(read.columns) | {Role.TEXT: 0}
            assert foreign_markup(preview(read, roles, ZH)) == []
            assert all(isinstance(column_name(read, i, ZH), str) for i in range(len(read.columns)))
            for passage in to_passages(read, roles):
                passage.text.encode()
        except UploadError as error:
            said = Notice(f"upload_{error.fault}", error.values, failed=True)
            assert [found for text in (ZH, words("en")) for found in foreign_markup(notice(said, text))] == []


@times(600)
@given(st.lists(st.tuples(hostile.value, hostile.value), min_size=1, max_size=3), st.sampled_from(["csv", "jsonl"]))
def test_question_files_are_read_or_refused(tmp_path_factory, rows, kind):
    file = tmp_path_factory.getbasetemp() / f"questions.{kind}"
    if kind == "csv":
        sheet = io.StringIO()
        csv.writer(sheet).writerows([("question", "passage_ids"), *rows])
        content = sheet.getvalue()
    else:
        content = "\n".join(json.dumps({"question": q, "passage_ids": i, "id": q, "answer": i}) for q, i in rows)
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        for question in read_question_file(file):
            assert normalise_question(question.question) and question.passage_ids
    except RagError as error:
        assert foreign_markup(problem(str(error))) == []


@times(1000)
@given(st.lists(hostile.text, min_size=1, max_size=4))
def test_no_cell_of_a_sheet_begins_a_formula(cells):
    """Read back with a comma and, as Excel does in some countries, with a semicolon."""
    sheet = csv_of(["a"] * len(cells), [[cell.replace("\ud800", "?").replace("\udfff", "?") for cell in cells]])
    assert sheet.startswith("\ufeff")
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(sheet[1:], newline=""), delimiter=separator):
            for cell in row:
                bare = cell.lstrip(" \u00a0\u3000\u200b\ufeff\0\x1b\u2028\x85\u00ad")
                assert not bare.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), (separator, cell)
