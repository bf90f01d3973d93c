"""Writing so that a killed process or a full disk leaves the old file or the new one, and knowing what a file holds."""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rag_demo.types import RagError

LEFTOVER_SECONDS = 86_400.0  # a temporary file older than this has no writer any more
# what the disk or its permissions refuse; a file to be read that is missing is another matter
_REFUSALS = (
    {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, getattr(errno, "EDQUOT", 0)}
    | {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}
)  # fmt: skip
_AT_FDCWD, _EXCHANGE = -100, 2  # of renameat2; macOS' RENAME_SWAP is 2, too


def sha256_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A full or read-only disk becomes one sentence that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        raise RagError(
            f"{path} cannot be written ({error.strerror or error}), and is as it was. "
            "Free some disk space, or give a folder that can be written to."
        ) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path`, fsync, rename."""
    path = Path(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(temporary, 0o644)
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        _settle(path.parent)


def write_json(path: Path, value: Any) -> None:
    write_bytes(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def read_json(path: Path, mend: str) -> Any:
    """Raises RagError naming the file, and `mend`, the sentence that says what mends it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RagError(f"{path} is missing. {mend}") from None
    except (ValueError, OSError, RecursionError) as error:
        raise RagError(f"{path} cannot be read ({error}). {mend}") from None


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Fill the yielded folder; on a clean exit it takes the place of `path` in one step, else nothing changes."""
    path = Path(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    try:
        with writing(path):
            os.chmod(temporary, 0o755)
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    with open(file, "rb") as handle:
                        os.fsync(handle.fileno())
            _take_place(temporary, path)
            _settle(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _take_place(temporary: Path, path: Path) -> None:
    """Two renames leave a moment with neither folder, where a system cannot exchange; `_sweep` mends a kill in it."""
    if not path.exists():
        os.replace(temporary, path)
    elif not _exchanged(temporary, path):
        old = temporary.with_suffix(".old")
        os.replace(path, old)
        os.replace(temporary, path)
        shutil.rmtree(old, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system or the file system cannot."""
    names = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "linux":
            return ctypes.CDLL(None).renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0
        return sys.platform == "darwin" and ctypes.CDLL(None).renamex_np(*names, _EXCHANGE) == 0
    except (AttributeError, OSError):
        return False


def _sweep(path: Path) -> None:
    """What killed writers of `path` left: the folder that was moved aside comes back, old temporary ones go."""
    aside = sorted(path.parent.glob(f".{path.name}.*.old"))
    if aside and not path.exists():
        os.replace(aside.pop(), path)
    for left in [*aside, *path.parent.glob(f".{path.name}.*.tmp")]:
        if left.is_dir() and time.time() - left.stat().st_mtime > LEFTOVER_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _settle(folder: Path) -> None:
    """The change stands already; where its name cannot be forced to the disk, that is no reason to report it undone."""
    with suppress(OSError):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """The names in it, too, are on the disk."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
