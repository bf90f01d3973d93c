"""A file from a stranger -> Table. Sizes are checked as declared and as they turn out; bombs, archives, endless lines and
unknown encodings are refused before they cost anything. CSV and JSONL in UTF-8 or GB18030 are read here, Parquet in a
process of its own (rag_demo.parquet_rows)."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag_demo.upload import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_LINE_CHARACTERS,
    MAX_PASSAGES,
    Table,
    UploadError,
    UploadFault,
)

ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh91AY&", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!")  # fmt: skip
ENDINGS = (".csv", ".jsonl", ".parquet")
PARQUET_SECONDS = 120

CELL_CHARACTERS = 131_072  # the csv module's own limit, which another reader in this process may have raised


def read_table(path: Path, name: str) -> Table:
    """path: where the bytes lie. name: what the visitor calls the file; its ending says what it is.

    Raises UploadError and nothing else, whatever the bytes are. JSONL's nested values become their JSON text.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        raise UploadError(UploadFault.GONE) from None
    if len(data) > MAX_BYTES:
        raise UploadError(UploadFault.TOO_LARGE, megabytes=MAX_BYTES >> 20)
    if not data.strip():
        raise UploadError(UploadFault.EMPTY)
    if data.startswith(ARCHIVES):
        raise UploadError(UploadFault.ARCHIVE)
    name, ending = printable(Path(name).name)[-80:], Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise UploadError(UploadFault.KIND)
    if ending == ".parquet":
        return _parquet(path, name)
    lines = _lines(_decoded(data))
    table = _csv(lines, name) if ending == ".csv" else _jsonl(lines, name)
    if not table.rows:
        raise UploadError(UploadFault.EMPTY)
    return table


def printable(text: str) -> str:
    """Without NUL and with ? for lone surrogates, which no encoding can write."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 and binary files have it, texts do not
            return text
    raise UploadError(UploadFault.ENCODING)


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > MAX_LINE_CHARACTERS:
            raise UploadError(UploadFault.LINE, line=number, limit=MAX_LINE_CHARACTERS)
        yield line


def _csv(lines: Iterator[str], name: str) -> Table:
    reader = csv.reader(lines, strict=True)
    columns, rows, ends = None, [], []
    try:
        for cells in reader:
            while cells and not cells[-1].strip() and len(cells) > len(columns or ()):
                cells.pop()  # spreadsheets pad with commas
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _checked(cells)
                continue
            if len(cells) > len(columns) or max(map(len, cells)) > CELL_CHARACTERS:
                raise UploadError(UploadFault.BROKEN_LINE, line=reader.line_num, kind="CSV")
            rows.append((*cells, *[""] * (len(columns) - len(cells))))
            ends.append(reader.line_num)
            _count(rows)
    except csv.Error:
        raise UploadError(UploadFault.BROKEN_LINE, line=reader.line_num, kind="CSV") from None
    return Table(name, columns or (), tuple(rows), tuple(ends))


def _jsonl(lines: Iterator[str], name: str) -> Table:
    columns: dict[str, None] = {}
    rows, ends = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise UploadError(UploadFault.BROKEN_LINE, line=number, kind="JSON")
        columns.update(dict.fromkeys(row))
        _checked(list(columns))
        rows.append({key: _text(value) for key, value in row.items()})
        ends.append(number)
        _count(rows)
    table = tuple(tuple(row.get(column, "") for column in columns) for row in rows)
    return Table(name, _checked(list(columns)), table, tuple(ends))


def _parquet(path: Path, name: str) -> Table:
    command = [sys.executable, "-m", "rag_demo.parquet_rows", str(Path(path).resolve())]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=PARQUET_SECONDS)
        head, *rows = [json.loads(line) for line in done.stdout.splitlines()]
    except (subprocess.TimeoutExpired, ValueError):  # a reader that died wrote half a line, or none
        raise UploadError(UploadFault.BROKEN_PARQUET) from None
    if "fault" in head:
        raise UploadError(UploadFault(head.pop("fault")), **head)
    if done.returncode:
        raise UploadError(UploadFault.BROKEN_PARQUET)
    return Table(name, _checked(head["columns"]), tuple(map(tuple, rows)), tuple(range(1, len(rows) + 1)))


def _checked(columns: list[str]) -> tuple[str, ...]:
    if len(columns) > MAX_COLUMNS:
        raise UploadError(UploadFault.COLUMNS, limit=MAX_COLUMNS)
    return tuple(printable(column).strip() for column in columns)


def _count(rows: list) -> None:
    if len(rows) > MAX_PASSAGES:
        raise UploadError(UploadFault.TOO_MANY, limit=MAX_PASSAGES)


def _text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError):  # a number of thousands of digits
        return ""
