"""What a killed training run goes on from: weights, optimiser, schedule, step and history, in one file."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from rag_demo.files import write_bytes
from training.cli import say

STATE_FILE, LOG_FILE = "state.pt", "log.jsonl"


@dataclass
class Progress:
    step: int = 0
    best: float | None = None
    history: list[dict] = field(default_factory=list)


def save_state(out: Path, model: nn.Module, optimizer, schedule, step: int, best: float | None, history: list) -> None:
    buffer = io.BytesIO()
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
        "best": best,
        "history": history,
    }
    torch.save(state, buffer)
    write_bytes(out / STATE_FILE, buffer.getvalue())
    write_bytes(out / LOG_FILE, "".join(json.dumps(record) + "\n" for record in history).encode())


def load_state(out: Path, model: nn.Module, optimizer, schedule) -> Progress:
    """Restore the three from `out`, where a run was interrupted; otherwise start at step 0."""
    file = out / STATE_FILE
    if not file.exists():
        return Progress()
    state = torch.load(file, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    say(f"{file}: going on from step {state['step']}")
    return Progress(state["step"], state["best"], state["history"])
