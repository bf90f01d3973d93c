"""A stranger's file: what it may hold, and each thing that is refused, with its fault and before it costs anything."""

import gzip
import json
import time
import zipfile

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from rag_demo.types import Passage
from rag_demo.upload import MAX_BYTES, MAX_PASSAGES, Role, Table, UploadError, UploadFault, guess, to_passages
from rag_demo.upload_file import read_table

FORMULA = '=cmd|"/C calc"!A0'


def write(folder, name: str, content: bytes | str):
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def passages_of(file) -> list[Passage]:
    table = read_table(file, file.name)
    return to_passages(table, guess(table.columns))


def test_every_kind_gives_the_same_passages(tmp_path):
    rows = [
        {"编号": "7", "标题": "黄疸", "正文": FORMULA, "科室": "新生儿", "来源": "<b>书</b>"},
        {"编号": "8", "标题": "", "正文": "多喝水，\n多休息", "科室": "@SUM(1)", "来源": "-1"},
    ]
    wanted = [
        Passage("7", "黄疸", FORMULA, "新生儿", "<b>书</b>"),
        Passage("8", "", "多喝水，\n多休息", "@SUM(1)", "-1"),
    ]
    csv = '编号,标题,正文,科室,来源\r\n7,黄疸,"=cmd|""/C calc""!A0",新生儿,<b>书</b>\r\n\r\n8,,"多喝水，\n多休息",@SUM(1),-1,,\r\n'
    jsonl = "\n".join(json.dumps(row) for row in rows)
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "p.parquet")
    files = [
        write(tmp_path, "p.csv", csv),
        write(tmp_path, "bom.CSV", b"\xef\xbb\xbf" + csv.encode()),
        write(tmp_path, "gb.csv", csv.encode("gb18030")),
        write(tmp_path, "p.jsonl", jsonl),
        tmp_path / "p.parquet",
    ]
    for file in files:
        assert passages_of(file) == wanted, file


def test_columns_are_guessed_from_the_header():
    assert guess(["PID", "Question", "Answer", "url"]) == {
        Role.ID: 0, Role.TITLE: 1, Role.TEXT: 2, Role.SOURCE: 3, Role.DEPARTMENT: None,
    }  # fmt: skip
    assert guess(["answer", "content"])[Role.TEXT] == 1, "the first name of the list wins, not the first column"
    assert guess(["whatever"])[Role.TEXT] == 0
    assert guess(["a", "b"]) == dict.fromkeys(Role)


BAD = [
    ("a.csv", b"", UploadFault.EMPTY),
    ("a.csv", "id,text\n\n , \n", UploadFault.EMPTY),
    ("a.jsonl", "\n \n", UploadFault.EMPTY),
    ("a.csv", "text\n甲".encode("utf-16"), UploadFault.ENCODING),
    ("a.jsonl", b'{"text":"\xe9t\xe9"}', UploadFault.ENCODING),
    ("a.xlsx", b"id,text\n1,a", UploadFault.KIND),
    ("a", b"id,text\n1,a", UploadFault.KIND),
    ("a.csv", gzip.compress(b"id,text\n1,a"), UploadFault.ARCHIVE),
    ("a.csv", "text\n甲,乙\n", UploadFault.BROKEN_LINE),
    ("a.csv", 'text\n"甲\n', UploadFault.BROKEN_LINE),
    ("a.csv", "text\n" + '"' + "a,\n" * 100_000 + '"', UploadFault.BROKEN_LINE),
    ("a.csv", ",".join(map(str, range(33))) + "\n1\n", UploadFault.COLUMNS),
    ("a.csv", "a," * 1_000_000 + "\n", UploadFault.LINE),
    ("a.jsonl", '{"text":"' + "a" * 300_000 + '"}', UploadFault.LINE),
    ("a.jsonl", "[" * 100_000, UploadFault.BROKEN_LINE),
    ("a.jsonl", '{"n":' + "9" * 5000 + "}", UploadFault.BROKEN_LINE),
    ("a.jsonl", "[1]\n", UploadFault.BROKEN_LINE),
    ("a.jsonl", '{"text":"a"}\n{"text":', UploadFault.BROKEN_LINE),
    ("a.jsonl", json.dumps({str(i): 1 for i in range(33)}), UploadFault.COLUMNS),
    ("a.csv", "text\n" + "a\n" * 51_000, UploadFault.TOO_MANY),
    ("a.jsonl", '{"text":"a"}\n' * 51_000, UploadFault.TOO_MANY),
    ("a.csv", b"a" * (MAX_BYTES + 1), UploadFault.TOO_LARGE),
]


@pytest.mark.parametrize(("name", "content", "fault"), BAD, ids=[f"{i}-{fault}" for i, (_, _, fault) in enumerate(BAD)])
def test_a_bad_file_is_refused_with_its_fault(tmp_path, name, content, fault):
    file = write(tmp_path, name, content)
    with pytest.raises(UploadError) as caught:
        read_table(file, name)
    assert caught.value.fault is fault


def test_a_missing_file_and_a_zip_bomb_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.jsonl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", b"0" * 10_000_000)
    for name, fault in (("a.jsonl", UploadFault.ARCHIVE), ("none.csv", UploadFault.GONE)):
        with pytest.raises(UploadError) as caught:
            read_table(tmp_path / name, name)
        assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id,title\n1,a\n", UploadFault.NO_TEXT),
        ("id,text\n1,a\n2, \n", UploadFault.EMPTY_CELL),
        ("id,text\n1,a\n ,b\n", UploadFault.EMPTY_CELL),
        ("id,text\n1,a\n1,b\n", UploadFault.DUPLICATE_ID),
        ("id,text\n1,a\n2," + "b" * 20_001 + "\n", UploadFault.LONG_CELL),
        ("title,text\na,a\n" + "b" * 501 + ",a\n", UploadFault.LONG_CELL),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path, text, fault):
    with pytest.raises(UploadError) as caught:
        passages_of(write(tmp_path, "a.csv", text))
    assert caught.value.fault is fault
    assert fault is UploadFault.NO_TEXT or caught.value.values["line"] == 3


def test_rows_are_numbered_where_no_column_is_the_id():
    table = Table("a", ("x",), (("甲",), ("甲",)), (2, 3))
    assert [p.id for p in to_passages(table, {Role.TEXT: 0})] == ["row1", "row2"]


def test_parquet_bombs_are_refused_before_they_unpack(tmp_path):
    """shared.parquet claims 20 KB and is 950 MB of text once read: only counting finds it. plain.parquet says what it
    unpacks to. rows.parquet has few bytes and too many rows. Reading the first naively would take a gigabyte."""
    shared = pyarrow.array(["长" * 19_000]).dictionary_encode()
    column = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * MAX_PASSAGES, pyarrow.int32()), shared.dictionary)
    parquet.write_table(pyarrow.table({"text": column}), tmp_path / "shared.parquet", compression="zstd")
    plain = pyarrow.table({"text": ["a" * 1_000_000] * 60})
    parquet.write_table(plain, tmp_path / "plain.parquet", compression="zstd", use_dictionary=False)
    parquet.write_table(pyarrow.table({"text": ["a"] * 51_000}), tmp_path / "rows.parquet")
    parquet.write_table(pyarrow.table({"text": [["a"] * 9]}), tmp_path / "nested.parquet")
    write(tmp_path, "torn.parquet", (tmp_path / "rows.parquet").read_bytes()[:-20])
    assert (tmp_path / "shared.parquet").stat().st_size < 100_000
    for name, fault in (
        ("shared", UploadFault.UNPACKED),
        ("plain", UploadFault.UNPACKED),
        ("rows", UploadFault.TOO_MANY),
        ("nested", UploadFault.EMPTY),
        ("torn", UploadFault.BROKEN_PARQUET),
    ):
        with pytest.raises(UploadError) as caught:
            read_table(tmp_path / f"{name}.parquet", f"{name}.parquet")
        assert caught.value.fault is fault, name


PIECES = st.sampled_from([b"id", b"text", b",", b'"', b"\n", b"\r", b"\x00", b"=cmd|", "宝".encode(), b"\xd8\x00", b"{", b'{"text":"\\ud800"}', b":"])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=14).map(b"".join)), st.sampled_from(["csv", "jsonl"])
)
def test_any_bytes_give_a_table_or_an_upload_error(tmp_path_factory, data, kind):
    """And what comes through can be written as UTF-8: a lone surrogate would fail later, in another visitor's words."""
    file = write(tmp_path_factory.getbasetemp(), f"fuzz.{kind}", data)
    try:
        table = read_table(file, file.name)
        assert table.rows and all(len(row) == len(table.columns) for row in table.rows)
        for passage in to_passages(table, {Role.TEXT: 0}):
            assert "\0" not in passage.text.encode().decode()
    except UploadError as error:
        assert error.fault in UploadFault


def test_an_endless_line_is_refused_at_once(tmp_path):
    file = write(tmp_path, "a.csv", b"," * MAX_BYTES)
    start = time.process_time()
    with pytest.raises(UploadError):
        read_table(file, file.name)
    assert time.process_time() - start < 2
