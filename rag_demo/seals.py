"""Knowing that what is read is what was written: JSON that carries its own hash, and SHA256SUMS beside data files.

A flipped bit in JSON mostly leaves valid JSON with another number in it; only a hash of the values tells."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag_demo.files import read_json, sha256_of, write_json
from rag_demo.types import RagError

SEAL = "sha256"
SUMS_FILE = "SHA256SUMS"


def seal_of(value: Mapping[str, Any]) -> str:
    """SHA-256 of the values, however they are laid out or ordered."""
    plain = json.loads(json.dumps(value))
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def write_sealed(path: Path, value: Mapping[str, Any]) -> None:
    write_json(path, {**value, SEAL: seal_of(value)})


def read_sealed(path: Path, mend: str) -> dict[str, Any]:
    """The values without their seal. Raises RagError where they are not those that were sealed; a file of before
    there were seals is taken as it is."""
    value = read_json(path, mend)
    if not isinstance(value, dict):
        raise RagError(f"{path} is not a JSON object. {mend}")
    seal = value.pop(SEAL, None)
    if seal is not None and seal != seal_of(value):
        raise RagError(f"{path} is damaged: its values are not those that were sealed with it. {mend}")
    return value


def check_listed(path: Path) -> None:
    """Where a SHA256SUMS (as sha256sum writes it) beside `path` lists it, it must match. Raises RagError."""
    sums = path.parent / SUMS_FILE
    if not sums.is_file():
        return
    mend = f"Restore both (git checkout -- {path.parent}), or if you meant the change: sha256sum *.jsonl > {SUMS_FILE}"
    listed = _sums(sums, mend)
    if path.name in listed and sha256_of(path) != listed[path.name]:
        raise RagError(f"{path} is damaged or changed: its SHA-256 is not the one in {SUMS_FILE}. {mend}")


def _sums(file: Path, mend: str) -> dict[str, str]:
    """File name -> SHA-256. A line that is none, or lists a file that is not there, means the list is damaged."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, OSError) as error:
        raise RagError(f"{file} cannot be read ({error}). {mend}") from None
    sums = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef") or not (file.parent / name).is_file():
            raise RagError(f"{file} is damaged: {line[:90]!r} is not the sum of a file here. {mend}")
        sums[name] = digest
    if not sums:
        raise RagError(f"{file} is empty. {mend}")
    return sums
