"""A visitor's own file -> passages: what may be wrong with it, which column is which, and the passages it makes.

    table = read_table(path, "my.csv")             # rag_demo.upload_file: everything that can be wrong with the file
    passages = to_passages(table, guess(table.columns))   # what can be wrong with its rows

Nothing is evaluated: a cell that begins with = is the text it is. Pure Python, so that Parquet's reader process is light.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag_demo.types import Passage, RagError

MAX_BYTES = 20 * 1024 * 1024  # of the file, and again of the text in it once it is unpacked
MAX_PASSAGES = 50_000
MAX_COLUMNS = 32
MAX_LINE_CHARACTERS = 200_000
MAX_TEXT_CHARACTERS = 20_000  # as rag_demo.corpus
MAX_FIELD_CHARACTERS = 500


class UploadFault(StrEnum):
    """Why an upload is refused. The page has a sentence for each; `values` of the error fill its blanks."""

    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNPACKED = "unpacked"
    EMPTY = "empty"
    ARCHIVE = "archive"
    KIND = "kind"
    ENCODING = "encoding"
    BROKEN_LINE = "broken_line"
    BROKEN_PARQUET = "broken_parquet"
    COLUMNS = "columns"
    LINE = "line"
    NO_TEXT = "no_text"
    EMPTY_CELL = "empty_cell"
    LONG_CELL = "long_cell"
    DUPLICATE_ID = "duplicate_id"
    GONE = "gone"
    FULL = "full"


class UploadError(RagError):
    """An upload that is refused; nothing of it is kept."""

    def __init__(self, fault: UploadFault, **values: int | str) -> None:
        super().__init__(f"The upload is refused: {fault} {values or ''}".strip() + ".")
        self.fault, self.values = UploadFault(fault), values


class Role(StrEnum):
    """What a column becomes in a Passage, in the order the page lists them."""

    TEXT = "text"
    TITLE = "title"
    ID = "id"
    DEPARTMENT = "department"
    SOURCE = "source"


Columns = Mapping[Role, int | None]  # role -> position of its column, None where no column has it

_HEADERS = {
    Role.ID: ("id", "pid", "passageid", "docid", "编号", "序号", "标识"),
    Role.TITLE: ("title", "question", "name", "heading", "标题", "题目", "问题", "名称"),
    Role.TEXT: ("text", "content", "passage", "body", "answer", "document", "正文", "内容", "文本", "段落", "回答", "答案"),
    Role.DEPARTMENT: ("department", "dept", "category", "topic", "科室", "科别", "分类", "类别"),
    Role.SOURCE: ("source", "reference", "url", "来源", "出处", "依据", "参考"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows as text. Each row is as long as `columns`; lines[i] is where row i ends in the file, from 1."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def guess(columns: Sequence[str]) -> dict[Role, int | None]:
    """The role of each column by its header, the first name of a role's list winning; a lone column is the text."""
    names = ["".join(c for c in name.casefold() if c.isalnum()) for name in columns]
    found = {
        role: next((names.index(name) for name in _HEADERS[role] if name in names), None)
        for role in Role
    }  # fmt: skip
    if found[Role.TEXT] is None and len(names) == 1:
        found = dict.fromkeys(Role) | {Role.TEXT: 0}
    return found


def to_passages(table: Table, columns: Columns) -> list[Passage]:
    """One passage a row; without an id column they are numbered row1, row2, … Raises UploadError with the line."""
    if columns.get(Role.TEXT) is None:
        raise UploadError(UploadFault.NO_TEXT)
    passages, seen = [], {}
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True), 1):
        fields = {role: _cell(table, row, line, role, columns.get(role)) for role in Role}
        if columns.get(Role.ID) is None:
            fields[Role.ID] = f"row{number}"
        identifier = fields[Role.ID]
        if identifier in seen:
            raise UploadError(UploadFault.DUPLICATE_ID, line=line, first=seen[identifier], id=identifier[:60])
        seen[identifier] = line
        passages.append(Passage(**{str(role): value for role, value in fields.items()}))
    return passages


def _cell(table: Table, row: Sequence[str], line: int, role: Role, column: int | None) -> str:
    if column is None:
        return ""
    value = row[column].strip()
    name = table.columns[column][:60]
    if not value and role in (Role.TEXT, Role.ID):
        raise UploadError(UploadFault.EMPTY_CELL, line=line, column=name)
    limit = MAX_TEXT_CHARACTERS if role is Role.TEXT else MAX_FIELD_CHARACTERS
    if len(value) > limit:
        raise UploadError(UploadFault.LONG_CELL, line=line, column=name, count=len(value), limit=limit)
    return value
