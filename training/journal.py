"""What a run tells: log.jsonl, plot.svg, TensorBoard's events where it is installed, and done.json at the end."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from rag_demo.files import write_bytes, write_json
from training.cli import say
from training.plot import history_plot
from training.state import LOG_FILE

DONE_FILE, PLOT_FILE, BOARD_FOLDER = "done.json", "plot.svg", "tensorboard"


class Journal:
    """Written by the main process alone. history: what the run had recorded before."""

    def __init__(self, out: Path, name: str, history: Sequence[dict]) -> None:
        self.out, self.name = out, name
        self.board = board(out / BOARD_FOLDER, history[-1]["step"] + 1 if history else 0)

    def write(self, history: Sequence[dict]) -> None:
        """The last record is new."""
        say(json.dumps(history[-1]))
        write_bytes(self.out / LOG_FILE, "".join(json.dumps(record) + "\n" for record in history).encode())
        write_bytes(self.out / PLOT_FILE, history_plot(history, self.name).encode())
        if self.board:
            for name, value in history[-1].items():
                if name != "step":
                    self.board.add_scalar(name, value, history[-1]["step"])
            self.board.flush()

    def close(self, last: dict) -> None:
        if self.board:
            self.board.close()
        write_json(self.out / DONE_FILE, last)


def board(folder: Path, purge_step: int):
    """TensorBoard's writer, or None where tensorboard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=purge_step)


def clear_leftovers(out: Path) -> None:
    """What a killed process was about to rename."""
    for path in [*out.glob(".*.tmp"), *out.glob(".*.old")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
