"""Passages and questions <-> JSONL, CSV, Parquet, validated at the door with file, line and rule."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag_demo.files import write_bytes
from rag_demo.seals import check_listed
from rag_demo.types import Passage, RagError

MAX_PASSAGE_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its reference answer and the ids of the passages that support it (none: out of scope)."""

    id: str
    question: str
    answer: str = ""
    passage_ids: tuple[str, ...] = ()


def read_passages(path: str | Path) -> list[Passage]:
    """Passages of a .jsonl, .csv or .parquet file, in file order. Raises RagError with file, line and rule."""
    return list(iterate_passages(path))


def iterate_passages(path: str | Path) -> Iterator[Passage]:
    """As read_passages, one after the other; only their ids are kept."""
    seen: dict[str, int] = {}
    for line, row in _rows(Path(path)):
        where = f"{path}, line {line}"
        identifier = _text(row, "id", where, required=True)
        if identifier in seen:
            raise RagError(f"{where}: id {identifier!r} stands on line {seen[identifier]} already; ids must be unique.")
        seen[identifier] = line
        text = _text(row, "text", where, required=True)
        if len(text) > MAX_PASSAGE_CHARACTERS:
            raise RagError(
                f"{where}: the text has {len(text)} characters, at most {MAX_PASSAGE_CHARACTERS} are allowed; split it."
            )
        optional = {name: _text(row, name, where) for name in ("title", "department", "source")}
        yield Passage(id=identifier, text=text, **optional)
    if not seen:
        raise RagError(f"{path} holds no passages; give one JSON object with id, title and text on each line.")


def read_questions(path: str | Path) -> list[Question]:
    """Questions of a .jsonl, .csv or .parquet file; in CSV, passage_ids are separated by white space."""
    questions = []
    for line, row in _rows(Path(path)):
        where = f"{path}, line {line}"
        ids = row.get("passage_ids") or ()
        questions.append(
            Question(
                id=_text(row, "id", where, required=True),
                question=_text(row, "question", where, required=True),
                answer=_text(row, "answer", where),
                passage_ids=tuple(ids.split() if isinstance(ids, str) else map(str, ids)),
            )
        )
    if not questions:
        raise RagError(f"{path} holds no questions; give one JSON object with id and question on each line.")
    return questions


def write_jsonl(path: str | Path, records: Iterable[Passage | Question]) -> None:
    lines = (json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)
    write_bytes(Path(path), "".join(lines).encode())


def fingerprint(passages: Iterable[Passage]) -> str:
    """SHA-256 over ids, titles and texts in order: what an index was built from."""
    digest = hashlib.sha256()
    for passage in passages:
        digest.update(json.dumps([passage.id, passage.title, passage.text], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, row) of a file by its ending; the line is 1-based as an editor shows it."""
    if not path.exists():
        raise RagError(f"{path} is missing. Give the path of a .jsonl, .csv or .parquet file.")
    readers = {".jsonl": _jsonl_rows, ".csv": _csv_rows, ".parquet": _parquet_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RagError(f"{path}: the ending {path.suffix!r} is not known. Use .jsonl, .csv or .parquet.")
    check_listed(path)
    try:
        yield from reader(path)
    except UnicodeDecodeError as error:
        raise RagError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None


def _jsonl_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with open(path, encoding="utf-8-sig") as file:
        for line, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw)
            except ValueError as error:
                raise RagError(f"{path}, line {line}: not a JSON object ({error}).") from None
            if not isinstance(row, dict):
                raise RagError(f"{path}, line {line}: not a JSON object but a {type(row).__name__}.")
            yield line, row


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import csv

    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as error:
            raise RagError(f"{path}, line {reader.line_num}: not valid CSV ({error}).") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        import pandas

        table = pandas.read_parquet(path)
    except ImportError:
        raise RagError(f"{path}: reading Parquet needs pyarrow. Install it: pip install pyarrow.") from None
    except Exception as error:  # pyarrow raises many kinds; all of them mean the same to the user
        raise RagError(f"{path} is not a readable Parquet file ({str(error).splitlines()[0]}).") from None
    yield from enumerate(table.to_dict("records"), 1)


def _text(row: dict[str, Any], name: str, where: str, required: bool = False) -> str:
    value = row.get(name)
    if value is None or value != value:  # NaN of pandas
        value = ""
    value = str(value) if isinstance(value, (int, float)) else value
    if not isinstance(value, str):
        raise RagError(f"{where}: {name!r} must be text, not {type(value).__name__}.")
    if required and not value.strip():
        raise RagError(f"{where}: {name!r} is missing or empty.")
    return value.strip()
