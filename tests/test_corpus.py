"""Reading a user's own file: what is wrong is said with file, line and rule."""

import json

import pandas
import pytest

from rag_demo.corpus import fingerprint, read_passages, read_questions, write_jsonl
from rag_demo.types import RagError


def test_jsonl_csv_and_parquet_give_the_same_passages(tmp_path, passages):
    write_jsonl(tmp_path / "p.jsonl", passages)
    rows = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()]
    pandas.DataFrame(rows).to_csv(tmp_path / "p.csv", index=False)
    pandas.DataFrame(rows).to_parquet(tmp_path / "p.parquet")
    assert read_passages(tmp_path / "p.jsonl") == read_passages(tmp_path / "p.csv") == passages
    assert read_passages(tmp_path / "p.parquet") == passages


def test_the_fingerprint_follows_the_text(passages):
    from dataclasses import replace

    changed = [replace(passages[0], text=passages[0].text + "。"), *passages[1:]]
    assert fingerprint(passages) != fingerprint(changed)
    assert fingerprint(passages) == fingerprint(list(passages))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id":"a","text":"甲"}\n{"id":"a","text":"乙"}\n', "line 2: id 'a' stands on line 1"),
        ('{"id":"a","text":"  "}\n', "line 1: 'text' is missing or empty"),
        ('{"id":"a"}\n', "line 1: 'text' is missing"),
        ('{"text":"甲"}\n', "line 1: 'id' is missing"),
        ('{"id":"a","text":["甲"]}\n', "line 1: 'text' must be text, not list"),
        ('\n{"id":"a",\n', "line 2: not a JSON object"),
        ("[1]\n", "line 1: not a JSON object but a list"),
        ("", "holds no passages"),
    ],
)
def test_a_bad_line_is_named(tmp_path, content, message):
    file = tmp_path / "bad.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RagError, match=message) as caught:
        read_passages(file)
    assert str(file) in str(caught.value)


def test_bad_files_are_named(tmp_path):
    (tmp_path / "gbk.jsonl").write_bytes('{"id":"a","text":"宝宝"}'.encode("gb18030"))
    (tmp_path / "x.parquet").write_bytes(b"not parquet")
    (tmp_path / "x.pdf").write_bytes(b"")
    for name, message in [
        ("gbk.jsonl", "not UTF-8"),
        ("x.parquet", "not a readable Parquet"),
        ("x.pdf", "not known"),
        ("none.csv", "is missing"),
    ]:
        with pytest.raises(RagError, match=message):
            read_passages(tmp_path / name)


def test_questions_take_their_passages_from_lists_and_from_csv_text(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"id":"1","question":"甲？","passage_ids":["a","b"]}\n', encoding="utf-8")
    (tmp_path / "q.csv").write_text("id,question,passage_ids\n1,甲？,a b\n", encoding="utf-8")
    assert read_questions(tmp_path / "q.jsonl") == read_questions(tmp_path / "q.csv")
