"""Where an upload lies for the moment until it is read: a folder under the data folder, and how much may lie there."""

import time
from contextlib import suppress
from pathlib import Path

from rag_demo.serving.doors import Reason, Refusal

FORGOTTEN_SECONDS = 600  # an upload that nobody reads
MOST_UPLOADS = 10  # of the largest size, at once

FULL = Refusal(507, Reason.ROOM, "现在上传的人太多，请过几分钟再试。 (Too many uploads; try in a few minutes.)", 300)
UNWRITABLE = Refusal(
    507,
    Reason.ROOM,
    "服务器的数据文件夹不可写，现在不能上传。 (The server's data folder cannot be written to: no uploads now; set RAG_DATA.)",
)


def upload_folder(data: Path) -> Path:
    """Absolute: gradio hands its name to the browser and takes it back."""
    return data.resolve() / "uploads"


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
