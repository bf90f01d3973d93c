"""Question-answer pairs of the public corpora, each read in the format it is published in.

| source | published as |
|---|---|
| cmedqa2 | folder of question(s).csv, answer(s).csv and *_candidates.txt (csv or zip), or one candidates file of it |
| toyhom | GB18030 CSV: department, title, ask, answer |
| webmedqa | tabs, no header: department, label (1: the right answer), id, question, answer |
| huatuo | Huatuo-26M JSONL: questions [[…]] or […], answers […]; the Lite edition: question, answer, label |
| baike | baike2018qa JSONL: category, title, desc, answer |
| webtext | webtext2019zh JSONL: topic, title, desc, content |
| dureader | DuReader 2.0 JSONL: question, answers, documents with is_selected and paragraphs |
| webqa | WebQA JSON: {id: {question, evidences: {id: {answer: […], evidence}}}} |
| cmrc2018, squad | nested JSON: SQuAD's data/paragraphs/qas, or CMRC 2018's own context_text/query_text |
| csv, jsonl, parquet | your columns, named with --columns |
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from rag_demo.types import RagError
from training import corpora
from training.pairs import Pair, as_text
from training.tables import csv_rows, jsonl_rows, parquet_rows, require


class Source(StrEnum):
    CMEDQA2 = "cmedqa2"
    TOYHOM = "toyhom"
    WEBMEDQA = "webmedqa"
    HUATUO = "huatuo"
    BAIKE = "baike"
    WEBTEXT = "webtext"
    DUREADER = "dureader"
    WEBQA = "webqa"
    CMRC2018 = "cmrc2018"
    SQUAD = "squad"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of your file holds what; only question and answer must be there."""

    question: str = "question"
    answer: str = "answer"
    context: str = "context"
    department: str = "department"
    title: str = "title"
    source: str = "source"

    @classmethod
    def parse(cls, settings: list[str]) -> "Columns":
        """From ["question=提问", …]."""
        known = [field.name for field in fields(cls)]
        named = {}
        for setting in settings:
            name, sign, column = setting.partition("=")
            if name not in known or not sign or not column:
                raise RagError(f"--columns {setting!r}: write NAME=COLUMN with NAME one of {', '.join(known)}.")
            named[name] = column
        return cls(**named)


READERS: dict[Source, Callable[[Path, str], Iterator[Pair]]] = {
    Source.CMEDQA2: corpora.cmedqa2,
    Source.TOYHOM: corpora.toyhom,
    Source.WEBMEDQA: corpora.webmedqa,
    Source.HUATUO: corpora.huatuo,
    Source.BAIKE: corpora.baike,
    Source.WEBTEXT: corpora.webtext,
    Source.DUREADER: corpora.dureader,
    Source.WEBQA: corpora.webqa,
    Source.CMRC2018: corpora.squad,
    Source.SQUAD: corpora.squad,
}


def read_pairs(path: Path, source: Source, columns: Columns | None = None, encoding: str = "") -> Iterator[Pair]:
    """The pairs of one file, streamed, in file order. Raises RagError with file, line and rule."""
    if not path.exists():
        raise RagError(f"{path} cannot be read: there is no such file.")
    if path.is_dir() and source is not Source.CMEDQA2:
        raise RagError(f"{path} is a folder; name the files of source {source}.")
    if path.is_file() and source is Source.CMEDQA2 and "_candidates." not in path.name:
        raise RagError(f"{path}: name cMedQA2's folder, or a candidates file in it, such as train_candidates.txt.")
    if source in (Source.CSV, Source.JSONL, Source.PARQUET):
        pairs = _mapped(path, source, columns or Columns(), encoding)
    else:
        pairs = READERS[source](path, encoding)
    read = 0
    try:
        for pair in pairs:
            if not all(isinstance(text, str) for text in (pair.question, pair.answer, pair.context)):
                raise TypeError("a text is no text")
            read += 1
            yield pair
    except (AttributeError, TypeError, KeyError, IndexError) as error:  # a list where the format has an object, …
        raise RagError(
            f"{path}: pair {read + 1} is not as {source} publishes it ({error}). Is --source right?"
        ) from None


def _mapped(path: Path, source: Source, columns: Columns, encoding: str) -> Iterator[Pair]:
    rows = {
        Source.CSV: lambda: csv_rows(path, encoding, chinese=True),
        Source.JSONL: lambda: jsonl_rows(path, encoding),
        Source.PARQUET: lambda: parquet_rows(path),
    }[source]()
    optional = [field.name for field in fields(Columns) if field.name not in ("question", "answer")]
    for where, row in rows:
        require(row, where, columns.question, columns.answer)
        yield Pair(
            as_text(row[columns.question], where, columns.question),
            as_text(row[columns.answer], where, columns.answer),
            **{name: as_text(row.get(column := getattr(columns, name)), where, column) for name in optional},
        )
