"""Rows of the files that data is published in: JSONL, CSV, TSV, Parquet, nested JSON; plain, .gz or .zip.

Everything but nested JSON is streamed. Errors name the file, the line and what mends it."""

import codecs
import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from rag_demo.types import RagError

PROBE = 1 << 20
csv.field_size_limit(1 << 24)


def open_binary(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where its ending says .gz or .zip (of one file)."""
    try:
        if path.suffix.lower() == ".zip":
            archive = zipfile.ZipFile(path)
            members = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
            if len(members) != 1:
                raise RagError(f"{path} holds {len(members)} files, one is needed; unpack it and name the file.")
            return archive.open(members[0])
        return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else open(path, "rb")
    except (OSError, zipfile.BadZipFile) as error:
        raise RagError(f"{path} cannot be read ({error}); check the path and the download.") from None


def open_text(path: Path, encoding: str = "") -> io.TextIOWrapper:
    """Text in `encoding`, strictly; without one, strict UTF-8."""
    try:
        codecs.lookup(encoding or "utf-8-sig")
    except LookupError:
        raise RagError(f"No encoding {encoding!r}; use utf-8, gb18030 or another one that Python knows.") from None
    return io.TextIOWrapper(open_binary(path), encoding=encoding or "utf-8-sig", newline="")


def open_chinese(path: Path, encoding: str = "") -> io.TextIOWrapper:
    """UTF-8 or GB18030, whichever the first megabyte is. The odd broken character of a GB18030 file becomes U+FFFD,
    so that cleaning can count its row; more than one in a thousand means that it is neither."""
    if encoding:
        return open_text(path, encoding)
    with reading(path), open_binary(path) as file:
        start = file.read(PROBE)
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(start)
        return open_text(path)
    except UnicodeDecodeError:
        text = codecs.getincrementaldecoder("gb18030")("replace").decode(start)
    if "\0" in text or text.count("\ufffd") * 1000 > len(text):
        raise RagError(f"{path} is neither UTF-8 nor GB18030; name its encoding with --encoding.")
    return io.TextIOWrapper(open_binary(path), encoding="gb18030", errors="replace", newline="")


class reading:
    """Turns what goes wrong inside `with reading(path):` into one sentence."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, error, trace) -> None:
        if isinstance(error, UnicodeDecodeError):
            raise RagError(
                f"{self.path} cannot be read as {error.encoding} (byte {error.start}); save it as UTF-8"
                " or name its encoding with --encoding."
            ) from None
        if isinstance(error, (OSError, EOFError, zipfile.BadZipFile)):
            raise RagError(f"{self.path} cannot be read ({error}); check the path and the download.") from None


def jsonl_rows(path: Path, encoding: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """("FILE, line N", row) of each JSON object."""
    with reading(path), open_text(path, encoding) as file:
        for line, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw)
            except ValueError as error:
                raise RagError(f"{path}, line {line}: cannot be read as JSONL ({error}); one object a line.") from None
            if not isinstance(row, dict):
                raise RagError(f"{path}, line {line}: a {type(row).__name__}, not a JSON object; one object a line.")
            yield f"{path}, line {line}", row


def csv_rows(path: Path, encoding: str = "", chinese: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """("FILE, line N", row) of a CSV file with a header; TSV by its ending. `chinese`: UTF-8 or GB18030 by itself."""
    delimiter = "\t" if ".tsv" in path.name.lower() else ","
    with reading(path), (open_chinese if chinese else open_text)(path, encoding) as file:
        reader = csv.DictReader(file, delimiter=delimiter, restval="")
        try:
            for row in reader:
                if None in row:
                    raise RagError(
                        f"{path}, line {reader.line_num}: more fields than the header; quote fields that hold a comma."
                    )
                yield f"{path}, line {reader.line_num}", row
        except csv.Error as error:
            raise RagError(f"{path}, line {reader.line_num}: not valid CSV ({error}).") from None


def tab_rows(path: Path, fields: Sequence[str], encoding: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """("FILE, line N", row) of a tab separated file without header or quotes."""
    with reading(path), open_chinese(path, encoding) as file:
        for line, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            values = raw.rstrip("\r\n").split("\t")
            if len(values) != len(fields):
                raise RagError(
                    f"{path}, line {line}: {len(values)} fields between tabs, {len(fields)} are needed ({', '.join(fields)})."
                )
            yield f"{path}, line {line}", dict(zip(fields, values, strict=True))


def parquet_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """("FILE, row N", row), one batch of 1,000 rows in memory at a time."""
    import pyarrow
    from pyarrow import parquet

    row = 0
    try:
        for batch in parquet.ParquetFile(path).iter_batches(1000):
            for record in batch.to_pylist():
                row += 1
                yield f"{path}, row {row}", record
    except (OSError, pyarrow.ArrowException) as error:
        raise RagError(f"{path} cannot be read as Parquet ({str(error).splitlines()[0]}).") from None


def nested_json(path: Path, encoding: str = "") -> Any:
    """A whole JSON file; these corpora are tens of megabytes."""
    with reading(path), open_text(path, encoding) as file:
        try:
            return json.load(file)
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            raise RagError(f"{path} cannot be read as JSON ({error}).") from None


def require(row: dict[str, Any], where: str, *names: str) -> None:
    """Raises RagError when the row lacks one of the columns, naming those it has."""
    missing = [name for name in names if name not in row]
    if missing:
        have = ", ".join(map(str, row)) or "none"
        raise RagError(f"{where}: no {' and no '.join(map(repr, missing))}; it has {have}. Is --source right?")
