"""Where temporary files go, and how many uploads may lie about."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from rag_demo.serving.folder import (
    FULL,
    MOST_UPLOADS,
    UNWRITABLE,
    refused_room,
    sweep,
    temporary_folders,
)
from rag_demo.types import RagError


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")


def test_libraries_write_under_the_data_folder(environment, tmp_path):
    uploads = temporary_folders(tmp_path / "data")
    with tempfile.NamedTemporaryFile() as file:
        assert file.name.startswith(str(tmp_path / "data" / "tmp"))
    assert os.environ["GRADIO_TEMP_DIR"] == str(uploads) and uploads.is_relative_to(tmp_path / "data")


def test_an_unwritable_data_folder_falls_back_and_nothing_writable_is_one_sentence(environment, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    uploads = temporary_folders(tmp_path / "file" / "data")
    assert uploads.parent == Path(tempfile.gettempdir()) and not uploads.is_relative_to(tmp_path)

    def nothing():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nothing)
    with pytest.raises(RagError, match="tmpfs"):
        temporary_folders(tmp_path / "file" / "data")


def test_uploads_have_room_for_some_and_old_ones_go(tmp_path):
    folder = tmp_path / "uploads"
    assert refused_room(folder, 100) is None
    (folder / "ab").mkdir()
    (folder / "ab" / "a.csv").write_bytes(b"x" * 100 * (MOST_UPLOADS - 1))
    assert refused_room(folder, 100) is None and refused_room(folder, 101) is None
    (folder / "b.csv").write_bytes(b"x")
    assert refused_room(folder, 100) is FULL
    os.utime(folder / "ab" / "a.csv", (0, time.time() - 700))
    sweep(folder)
    assert [file.name for file in folder.rglob("*")] == ["b.csv"]
    (tmp_path / "file").write_text("x")
    assert refused_room(tmp_path / "file" / "uploads", 100) is UNWRITABLE
