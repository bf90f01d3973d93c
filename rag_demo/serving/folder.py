"""What is written for a moment: uploads until they are read, and how much of them; libraries' temporary files."""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from rag_demo.serving.doors import Reason, Refusal
from rag_demo.types import RagError

FORGOTTEN_SECONDS = 600  # an upload that nobody reads
MOST_UPLOADS = 10  # of the largest size, at once

FULL = Refusal(507, Reason.ROOM, "现在上传的人太多，请过几分钟再试。 (Too many uploads; try in a few minutes.)", 300)
UNWRITABLE = Refusal(
    507,
    Reason.ROOM,
    "服务器的数据文件夹不可写，现在不能上传。 (The server's data folder cannot be written to: no uploads now; set RAG_DATA.)",
)


def temporary_folders(data: Path) -> Path:
    """Before torch, transformers and gradio are imported, which look for such folders then -> where uploads go, absolute:
    gradio hands its name to the browser and takes it back.

    Under the data folder; where that cannot be written to, the system's. Raises RagError where there is none either.
    """
    folder = data.resolve() / "tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    except OSError:
        try:
            folder = Path(tempfile.gettempdir())
        except FileNotFoundError:
            raise RagError(
                f"Neither {data} nor /tmp can be written to; mount a tmpfs at /tmp or set RAG_DATA."
            ) from None
    uploads = folder / "rag-uploads"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    return uploads


def sweep(folder: Path, seconds: float = FORGOTTEN_SECONDS) -> None:
    """Remove what is older: what a killed server left."""
    for file in sorted(folder.rglob("*"), reverse=True):
        with suppress(OSError):
            if file.is_dir():
                file.rmdir()  # only where it is empty
            elif time.time() - file.stat().st_mtime > seconds:
                file.unlink()


def refused_room(folder: Path, upload_bytes: int) -> Refusal | None:
    """Makes the folder; counts what lies there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # read and removed meanwhile
            lying = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            return FULL if lying + upload_bytes > MOST_UPLOADS * upload_bytes else None
    except OSError:
        return UNWRITABLE
    return None
