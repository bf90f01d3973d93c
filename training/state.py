"""What a killed run goes on from, in one file: weights, optimiser, schedule, step, sums, history, and its marks.

Marks say which run a state belongs to: the arguments that shape the training, the contents of the files they name and
the shapes of the weights. A state with other marks is refused, never mixed in."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rag_demo.files import sha256_of, write_bytes
from rag_demo.types import RagError

STATE_FILE, LOG_FILE = "state.pt", "log.jsonl"
COMMENT = (64).to_bytes(2, "little")  # the length of a zip comment that is a SHA-256
# Where, how fast and how often looked at; a run that ran out of memory may go on with other values of these.
FREE = {"out", "chunk", "checkpointing", "device", "threads", "evaluate_every", "save_every"}


@dataclass
class Progress:
    """step: how many are done. totals: named sums of the losses since the last record. extra: the trainee's own."""

    step: int = 0
    best: float | None = None
    history: list[dict] = field(default_factory=list)
    totals: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def marks_of(args: Any, module: nn.Module, processes: int) -> dict[str, str]:
    """Name -> value of all that shapes the training run by the dataclass `args`, as text."""
    marks = {name: _mark(value) for name, value in asdict(args).items() if name not in FREE}
    for name in ("batch", "batch_tokens"):  # 2 processes of 8 train as 1 of 16
        if name in marks:
            marks[name] = str(getattr(args, name) * processes)
    shapes = json.dumps({name: list(p.shape) for name, p in module.named_parameters()})
    return marks | {"model": hashlib.sha256(shapes.encode()).hexdigest()[:16]}


def _mark(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_mark, value))
    if isinstance(value, str) and Path(value).is_file():
        return sha256_of(Path(value))[:16]
    return str(value)


def save_state(out: Path, module: nn.Module, optimizer, schedule, progress: Progress, marks: Mapping[str, str]) -> None:
    state = {
        "marks": dict(marks),
        "model": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "progress": vars(progress),
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_bytes(out / STATE_FILE, sealed(buffer.getvalue()))


def sealed(archive: bytes) -> bytes:
    """A zip archive with its SHA-256 as the archive's comment: torch.load reads most flipped bits without a word."""
    body = archive[:-2]  # the last two bytes are the length of the comment
    return body + COMMENT + hashlib.sha256(body).hexdigest().encode()


def check_seal(file: Path) -> None:
    """Raises ValueError where the contents are not those that were sealed; an archive of before seals passes."""
    raw = file.read_bytes()
    body, comment, seal = raw[:-66], raw[-66:-64], raw[-64:]
    if comment == COMMENT and hashlib.sha256(body).hexdigest().encode() == seal:
        return
    if raw[-22:-18] != b"PK\5\6" or raw[-2:] != b"\0\0":
        raise ValueError("damaged: its SHA-256 is not the one it carries")


def read_state(out: Path, marks: Mapping[str, str]) -> dict[str, Any] | None:
    """The state in `out`, on the CPU; None where there is none. Raises RagError where it belongs to another run."""
    file = out / STATE_FILE
    if not file.exists():
        return None
    try:
        check_seal(file)
        state = torch.load(file, weights_only=True, map_location="cpu")
        found = state["marks"]
    except Exception as error:  # torch.load raises many kinds; all of them mean the same to the user
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RagError(f"{file} is not a state of this command ({reason}); give another --out, or remove it.") from None
    other = [name for name in sorted({**marks, **found}) if marks.get(name) != found.get(name)]
    if other:
        raise RagError(
            f"{file} belongs to a run with another {', '.join(other)}; "
            "give another --out, or remove that folder to train anew."
        )
    return state


def restore(state: Mapping[str, Any], module: nn.Module, optimizer, schedule) -> Progress:
    module.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return Progress(**state["progress"])
