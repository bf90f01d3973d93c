"""A visitor's file of questions: what is taken, and the one sentence each fault gets in both languages."""

import json

import pytest

from rag_demo.question_file import MAX_ROWS, Fault, QuestionFileError, check_passages, read_question_file
from rag_demo.ui.evaluate_run import _took
from rag_demo.ui.i18n import words

GOOD = {"question": "宝宝发热怎么办", "passage_ids": ["p1"]}


def written(folder, name, content):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def lines(*rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def test_jsonl_and_csv_give_the_same_questions(tmp_path):
    rows = [{**GOOD, "id": "a", "answer": "多喝水"}, {"question": "便秘，吃什么", "passage_ids": ["p1", "p2"]}]
    one = read_question_file(written(tmp_path, "q.jsonl", "\ufeff" + lines(*rows)))
    csv = '\ufeffid,question,passage_ids,answer\r\na,宝宝发热怎么办,p1,多喝水\r\n2,"便秘，吃什么","p1; p2",\r\n'
    assert [q.id for q in one] == ["a", "2"] and one[1].passage_ids == ("p1", "p2")
    other = read_question_file(written(tmp_path, "q.CSV", csv))
    assert one == other


BAD = [
    ("q.xlsx", b"PK", Fault.ENDING),
    ("q.jsonl", b"x" * 5_000_001, Fault.BYTES),
    ("q.csv", "问题".encode("gbk"), Fault.ENCODING),
    ("q.jsonl", lines(*[GOOD] * (MAX_ROWS + 1)), Fault.ROWS),
    ("q.jsonl", "\n\n", Fault.EMPTY),
    ("q.csv", "", Fault.EMPTY),
    ("q.csv", "question,passage_ids\n", Fault.EMPTY),
    ("q.jsonl", "[" * 100_000, Fault.JSON),
    ("q.jsonl", "[1]", Fault.JSON),
    ("q.csv", 'question,passage_ids\n"a', Fault.CSV),
    ("q.csv", "question,ids\n宝宝,p1\n", Fault.COLUMN),
    ("q.jsonl", lines({**GOOD, "question": 7}), Fault.QUESTION),
    ("q.jsonl", lines({**GOOD, "question": "？"}), Fault.QUESTION),
    ("q.jsonl", lines(GOOD, {**GOOD, "question": "长" * 501}), Fault.LONG),
    ("q.jsonl", lines({**GOOD, "answer": ["水"]}), Fault.ANSWER),
    ("q.jsonl", lines({"question": "宝宝"}), Fault.IDS),
    ("q.jsonl", lines({**GOOD, "passage_ids": [["p1"]]}), Fault.IDS),
    ("q.csv", "question,passage_ids\n宝宝\n", Fault.IDS),
]


@pytest.mark.parametrize(("name", "content", "fault"), BAD)
def test_each_fault_gets_one_sentence(tmp_path, name, content, fault):
    file = written(tmp_path, name, content)
    with pytest.raises(QuestionFileError) as caught:
        read_question_file(file)
    assert caught.value.fault is fault and "{" not in str(caught.value)
    for language, mark in (("zh", "。"), ("en", ".")):
        taken, html = _took(str(written(tmp_path, name, content)), language)
        assert taken.fault.fault is fault and html.count(mark + "</p>") == 1 and str(tmp_path) not in html
    assert not file.exists(), "an upload stays on the server"


def test_an_unknown_passage_is_named():
    questions = read_good()
    check_passages(questions, {"p1"}, "p1")
    with pytest.raises(QuestionFileError, match=r"'p1', named on question 1, .* look like x9"):
        check_passages(questions, {"x9"}, "x9")


def read_good():
    from rag_demo.corpus import Question

    return (Question("1", "宝宝", "", ("p1",)),)


def test_every_fault_has_words_of_both_languages():
    for language in ("zh", "en"):
        text = words(language)
        assert all(text[f"eva_fault_{fault.name.lower()}"] for fault in Fault)
