"""Reads a stranger's Parquet file in a process that may die: python -m rag_demo.parquet_rows FILE

A few kilobytes of Parquet can claim little and unpack to gigabytes, and a crafted file can crash the C++ reader. So the
reading has its own process with a memory limit; the page's process sees lines of JSON: {"columns": […]} and a list of texts
a row, or {"fault": …}. Nested columns are left out: one row of them can hold any number of values."""

import json
import sys

from rag_demo.upload import MAX_BYTES, MAX_COLUMNS, MAX_PASSAGES, UploadError, UploadFault

MEMORY_BYTES = 2 << 30
BATCH_ROWS = 1000


def main(path: str) -> None:
    _limit_memory()
    try:
        for line in _rows(path):
            sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    except UploadError as error:
        _refuse(error.fault, **error.values)
    except MemoryError:  # pyarrow's ArrowMemoryError is one
        _refuse(UploadFault.UNPACKED, megabytes=MAX_BYTES >> 20)
    except UnicodeDecodeError:
        _refuse(UploadFault.ENCODING)
    except Exception:  # pyarrow raises many kinds; all of them mean the same to the visitor
        _refuse(UploadFault.BROKEN_PARQUET)


def _refuse(fault: UploadFault, **values) -> None:
    """The one line of a refusal; no row stands before it, because rows are written when all have been counted."""
    sys.stdout.buffer.write(json.dumps({"fault": fault, **values}).encode() + b"\n")


def _rows(path: str) -> list[dict | list]:
    """The header and the rows; nothing is handed out before the last row has been counted."""
    import pyarrow as arrow
    from pyarrow import parquet

    meta = parquet.read_metadata(path)
    if meta.num_rows > MAX_PASSAGES:
        raise UploadError(UploadFault.TOO_MANY, limit=MAX_PASSAGES)
    if meta.num_columns > MAX_COLUMNS:
        raise UploadError(UploadFault.COLUMNS, limit=MAX_COLUMNS)
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    declared = sum(g.column(c).total_uncompressed_size for g in groups for c in range(g.num_columns))
    if declared > 2 * MAX_BYTES:  # numbers and page headers are not text: the texts themselves are counted below
        raise UploadError(UploadFault.UNPACKED, megabytes=MAX_BYTES >> 20)
    flat = [field for field in parquet.read_schema(path) if not arrow.types.is_nested(field.type)]
    names = [field.name for field in flat]
    if not names or not meta.num_rows:
        raise UploadError(UploadFault.EMPTY)
    # as a dictionary, a value that all rows share is held once, so that it can be counted before it is multiplied
    shared = [f.name for f in flat if _is_text(arrow, f.type)]
    rows, held = [], 0
    file = parquet.ParquetFile(path, read_dictionary=shared)
    for batch in file.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
        columns = []
        for column in batch.columns:
            cells = _cells(arrow, column)
            held += sum(map(len, cells))
            if held > MAX_BYTES:
                raise UploadError(UploadFault.UNPACKED, megabytes=MAX_BYTES >> 20)
            columns.append(cells)
        rows += map(list, zip(*columns, strict=True))
        if len(rows) > MAX_PASSAGES:
            raise UploadError(UploadFault.TOO_MANY, limit=MAX_PASSAGES)
    return [{"columns": names}, *rows]


def _is_text(arrow, kind) -> bool:
    types = arrow.types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind)


def _cells(arrow, column) -> list[str]:
    """The texts of a column; equal cells are one object."""
    if not arrow.types.is_dictionary(column.type):
        return [_text(value) for value in column.to_pylist()]
    values = [_text(value) for value in column.dictionary.to_pylist()]
    return ["" if i is None else values[i] for i in column.indices.to_pylist()]


def _text(value) -> str:
    if value is None or value != value:  # NaN
        return ""
    return (value.decode("utf-8") if isinstance(value, bytes) else str(value)).replace("\0", "")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows: the declared and the counted sizes remain
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))


if __name__ == "__main__":
    main(sys.argv[1])
