"""A row of the table, and how two things are timed against each other."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag_demo.files import write_json
from rag_demo.render_speed import figure
from rag_demo.ui.i18n import words

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Row:
    """what: a key of the page's words (rag_demo.ui.strings.speed), so that the table reads in both languages.

    unit: of `ours` and of `peer`; smaller is better. ratio: peer / ours. reach: the ratio (without a peer, the `ours`) to
    be reached. detail: sizes and names, the same in every language. note: English, for the terminal and the README.
    """

    what: str
    detail: str
    ours: float
    unit: str = "s"
    peer_name: str = ""
    peer: float | None = None
    reach: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None else self.peer / self.ours

    @property
    def reached(self) -> bool | None:
        if self.reach is None:
            return None
        return self.ours <= self.reach if self.ratio is None else self.ratio >= self.reach

    @property
    def work(self) -> str:
        return words("en")[f"speed_{self.what}"].format(detail=self.detail)


def alternating(works: Sequence[Work], repeats: int = 5, warm: int = 1) -> list[float]:
    """Median seconds of each, run in turns after a warm-up: a noisy machine slows all of them alike."""
    seconds: list[list[float]] = [[] for _ in works]
    for turn in range(warm + repeats):
        for spent, work in zip(seconds, works, strict=True):
            began = time.perf_counter()
            work()
            if turn >= warm:
                spent.append(time.perf_counter() - began)
    return [statistics.median(spent) for spent in seconds]


def once(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = ["| what | ours | peer | ratio | to reach | |", "|---|---:|---:|---:|---:|---|"]
    for row in rows:
        peer = "" if row.peer is None else f"{figure(row.peer, row.unit)} {row.peer_name}"
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}×"
        reach = (
            "" if row.reach is None else (f"{row.reach:g}×" if row.peer is not None else figure(row.reach, row.unit))
        )
        verdict = {True: "✓", False: "✗", None: ""}[row.reached]
        lines.append(
            f"| {row.work} | {figure(row.ours, row.unit)} | {peer} | {ratio} | {reach} | {verdict} {row.note} |"
        )
    return "\n".join(lines)


def save(rows: Sequence[Row], machine: dict[str, str | int], file: Path) -> None:
    write_json(file, {"machine": machine, "rows": [asdict(row) | {"reached": row.reached} for row in rows]})
