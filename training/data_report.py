"""What a run of prepare_data read, dropped, changed and wrote: report.json and the table that people see."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.cleaning import Changed, Dropped
from training.near_duplicates import SIMILAR
from training.pair_store import PairStore
from training.readers import Source
from training.splits import Division, Split

VERSION = 1  # raise when the same input gives another output
START = 1 << 20


def input_mark(inputs: Sequence[tuple[Path, Source]], options: Mapping[str, Any]) -> str:
    """Hash of all that shapes the output: options, and name, size and first megabyte of every file."""
    digest = hashlib.sha256(json.dumps([VERSION, {**options, "out": ""}], sort_keys=True).encode())
    for path, _ in inputs:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file.is_file():
                with open(file, "rb") as opened:
                    digest.update(f"{file.name} {file.stat().st_size}\n".encode() + opened.read(START))
    return digest.hexdigest()


def read_mark(work: Path) -> str:
    try:
        return json.loads((work / "mark.json").read_text())
    except (OSError, ValueError):
        return ""


def read_finished(out: Path, mark: str, outputs: Sequence[str]) -> dict[str, int] | None:
    """The counts of an earlier run on the same input, when all of its files are there."""
    try:
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        same = report["input"] == mark and all((out / name).exists() for name in outputs)
        return report["written"] if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def build(
    store: PairStore,
    division: Division,
    question_families: np.ndarray,
    passage_families: np.ndarray,
    written: Mapping[str, int],
    mark: str,
) -> dict[str, Any]:
    dropped = {reason.value: store.counts[reason] for reason in Dropped if store.counts[reason]}
    if near := int((division.splits == Split.DROPPED).sum()):
        dropped[Dropped.NEAR_DUPLICATE.value] = near
    numbers = np.arange(store.questions), np.arange(store.passages)
    return {
        "rows read": store.rows,
        "dropped": dropped,
        "changed": {what.value: store.counts[what] for what in Changed if store.counts[what]},
        "similarity of near duplicates": SIMILAR,
        "passages like an earlier one": int((passage_families != numbers[1]).sum()),
        "questions like an earlier one": int((question_families != numbers[0]).sum()),
        "families that stay in one split": division.families,
        "questions in the largest family": division.largest,
        "written": dict(written),
        "input": mark,
    }


def summary(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason.value} {counts[reason]:,}" for reason in Dropped if counts.get(reason)) or "no rows"


def table(report: Mapping[str, Any]) -> str:
    """One line a figure, the parts of a group indented."""
    lines = []
    for name, value in report.items():
        if isinstance(value, Mapping):
            lines.extend([name] if value else [])
            lines.extend(f"  {part:<38}{count:>12,}" for part, count in value.items())
        elif name != "input":
            lines.append(f"{name:<40}{value:>12,}")
    return "\n".join(lines)
