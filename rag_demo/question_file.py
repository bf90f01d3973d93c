"""A visitor's questions: JSONL or CSV with question and passage_ids (and id, answer), checked before anything runs."""

import csv
import io
import json
import re
from collections.abc import Container, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from rag_demo.corpus import Question
from rag_demo.text import MAX_QUESTION_CHARACTERS, normalise_question
from rag_demo.types import QuestionError, RagError

MAX_BYTES = 5_000_000
MAX_ROWS = 5_000
MAX_ANSWER_CHARACTERS = 5_000
_BETWEEN_IDS = re.compile(r"[\s,;|，；、]+")


class Fault(StrEnum):
    """What can be wrong with the file: the sentence that says so, in English."""

    ENDING = "The file must end in .jsonl or .csv."
    BYTES = "The file has {value:.1f} MB; at most {limit:.0f} MB are allowed."
    ENCODING = "The file is not UTF-8; save it as UTF-8."
    ROWS = "The file has more than {limit:,} questions; leave some out."
    EMPTY = "The file holds no questions; give question and passage_ids on each line."
    JSON = "Line {line} is not a JSON object with question and passage_ids."
    CSV = "Line {line} is not valid CSV; quote texts that hold commas, quotes or line breaks."
    COLUMN = "The column {value} is missing; the first line must name question and passage_ids."
    QUESTION = "Line {line} has no question; write one of at most {limit} characters."
    LONG = "The question on line {line} has {value} characters; at most {limit} are allowed."
    ANSWER = "The answer on line {line} must be text of at most {limit:,} characters."
    IDS = "Line {line} names no passages; give their ids in passage_ids."
    UNKNOWN = "Passage {value}, named on question {line}, is not in this corpus; its ids look like {known}."


class QuestionFileError(RagError):
    """One fault of a file, with what its sentence needs; the page says it in the visitor's language."""

    def __init__(self, fault: Fault, **values: Any) -> None:
        self.fault, self.values = fault, values
        super().__init__(fault.value.format(**values))


def read_question_file(path: str | Path) -> tuple[Question, ...]:
    """Questions in file order; a row without an id is called by its line. Raises QuestionFileError."""
    path = Path(path)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise QuestionFileError(Fault.BYTES, value=size / 1e6, limit=MAX_BYTES / 1e6)
    reader = {".jsonl": _json_rows, ".csv": _csv_rows}.get(path.suffix.lower())
    if reader is None:
        raise QuestionFileError(Fault.ENDING)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise QuestionFileError(Fault.ENCODING) from None
    questions = []
    for line, row in reader(text):
        if len(questions) == MAX_ROWS:
            raise QuestionFileError(Fault.ROWS, limit=MAX_ROWS)
        questions.append(_question(line, row))
    if not questions:
        raise QuestionFileError(Fault.EMPTY)
    return tuple(questions)


def check_passages(questions: tuple[Question, ...], known: Container[str], example: str) -> None:
    """Raises QuestionFileError at the first passage id that is not known."""
    for number, question in enumerate(questions, 1):
        for name in question.passage_ids:
            if name not in known:
                raise QuestionFileError(Fault.UNKNOWN, line=number, value=repr(name[:60]), known=example)


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise QuestionFileError(Fault.JSON, line=line)
        yield line, row


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = reader.fieldnames or ()
        missing = next((name for name in ("question", "passage_ids") if name not in names), None)
        if missing and names:
            raise QuestionFileError(Fault.COLUMN, value=missing)
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        raise QuestionFileError(Fault.CSV, line=reader.line_num) from None


def _question(line: int, row: dict[str, Any]) -> Question:
    return Question(
        id=str(row.get("id") or line)[:100],
        question=_asked(line, row.get("question")),
        answer=_answer(line, row.get("answer")),
        passage_ids=_ids(line, row.get("passage_ids")),
    )


def _asked(line: int, value: Any) -> str:
    if not isinstance(value, str):
        raise QuestionFileError(Fault.QUESTION, line=line, limit=MAX_QUESTION_CHARACTERS)
    if len(value) > MAX_QUESTION_CHARACTERS:
        raise QuestionFileError(Fault.LONG, line=line, value=len(value), limit=MAX_QUESTION_CHARACTERS)
    try:
        normalise_question(value)
    except QuestionError:
        raise QuestionFileError(Fault.QUESTION, line=line, limit=MAX_QUESTION_CHARACTERS) from None
    return value.strip()


def _answer(line: int, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_ANSWER_CHARACTERS:
        raise QuestionFileError(Fault.ANSWER, line=line, limit=MAX_ANSWER_CHARACTERS)
    return value.strip()


def _ids(line: int, value: Any) -> tuple[str, ...]:
    """A JSON list of ids, or one text with ids between spaces, commas or semicolons."""
    if isinstance(value, str):
        value = _BETWEEN_IDS.split(value)
    listed = value if isinstance(value, list) else []
    ids = tuple(name.strip() for name in listed if isinstance(name, str) and name.strip())
    if not ids or not all(isinstance(name, str) for name in listed):
        raise QuestionFileError(Fault.IDS, line=line)
    return ids
