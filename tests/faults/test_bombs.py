"""A huge upload is refused before it is read: by its declared size and by its real one."""

import os
import tracemalloc

import pytest

from rag_demo.question_file import QuestionFileError, read_question_file
from rag_demo.upload import MAX_BYTES, UploadError, UploadFault
from rag_demo.upload_file import read_table


@pytest.fixture
def sparse(tmp_path):
    """8 GB that take no room on the disk."""

    def make(name: str, head: bytes = b""):
        file = tmp_path / name
        file.write_bytes(head)
        os.truncate(file, 8 << 30)
        return file

    return make


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.zip"])
def test_eight_gigabytes_cost_no_more_than_what_is_allowed(sparse, name):
    file = sparse(name, b"PAR1" if name.endswith("parquet") else b"text\n")
    tracemalloc.start()
    with pytest.raises(UploadError) as caught:
        read_table(file, name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.fault is UploadFault.TOO_LARGE and peak < 2.5 * MAX_BYTES


def test_a_huge_question_file_is_not_read_at_all(sparse):
    tracemalloc.start()
    with pytest.raises(QuestionFileError, match="8589\\.9 MB"):
        read_question_file(sparse("q.jsonl"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
