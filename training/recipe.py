"""From data to a shipped checkpoint: the stages of a preset, each run unless its output is up to date.

    bash training/recipe.sh base|large|albert-mt5|bert-bart [--dry-run] [--until STAGE]

A stage is up to date when what it makes is there and was made by the same flags from the same inputs: RUNS/stamps/ keeps a
fingerprint of both. What was made from others is moved aside (NAME.stale) and made again; a stage that was killed goes
on from its own last save. Outputs under RUNS without a stamp count as up to date."""

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from glob import glob
from pathlib import Path

from rag_demo.files import sha256_of, write_json
from rag_demo.types import RagError
from training.cli import run, say
from training.presets import preset_of
from training.stages import Places, Stage, stages_of

SHARED = "../shared"
HUB_ENCODER = "intfloat/multilingual-e5-small"


@dataclass
class Args:
    preset: str = field(metadata={"help": "base, large, albert-mt5 or bert-bart."})
    pairs: list[str] = field(default_factory=list, metadata={"help": "JSONL(.gz) files of question-answer pairs."})
    pretrained: str | None = field(default=None, metadata={"help": "A multilingual-e5-small, folder or hub id."})
    runs: str = field(default="runs", metadata={"help": "Where the stages keep their outputs."})
    corpus: str = field(default="assets/corpus/passages.jsonl", metadata={"help": "The passages that are indexed."})
    questions: str = field(default="assets/questions", metadata={"help": "Folder with train, dev and test.jsonl."})
    out: str | None = field(default=None, metadata={"help": "Checkpoint (default: assets/checkpoints/PRESET)."})
    results: str | None = field(default=None, metadata={"help": "Figures (default: assets/results/PRESET.json)."})
    base: str = field(default="assets/checkpoints/base", metadata={"help": "Checkpoint that large grows from."})
    tower: str | None = field(default=None, metadata={"help": "A folder in place of a published tower's hub id."})
    generator: str | None = field(default=None, metadata={"help": "Likewise for the generator."})
    threads: int = field(default=2, metadata={"help": "CPU threads."})
    until: str | None = field(default=None, metadata={"help": "The last stage to run."})
    dry_run: bool = field(default=False, metadata={"help": "Only print the stages, what would be done, and how."})


class State(StrEnum):
    UP_TO_DATE = "up to date"
    TO_DO = "to do"
    STALE = "stale"  # made with other flags or from other inputs


def places(args: Args) -> Places:
    shared = f"{SHARED}/pretrained/multilingual-e5-small-zh"
    pairs = args.pairs or sorted(glob(f"{SHARED}/data/qa/*.jsonl.gz"))
    if not pairs:
        raise RagError("No question-answer pairs: set PAIRS (or --pairs) to JSONL files with question and answer.")
    missing = next((file for file in pairs if not Path(file).exists()), None)
    if missing:
        raise RagError(f"{missing} is missing; give JSONL files with question and answer.")
    return Places(
        pairs=tuple(pairs),
        pretrained=args.pretrained or (shared if Path(shared).exists() else HUB_ENCODER),
        runs=str(Path(args.runs)),
        corpus=args.corpus,
        questions=args.questions,
        checkpoint=args.out or f"assets/checkpoints/{args.preset}",
        results=args.results or f"assets/results/{args.preset}.json",
        base=args.base,
        tower=args.tower,
        generator=args.generator,
    )


def fingerprints(stages: Sequence[Stage]) -> dict[str, str]:
    """Stage -> hash of its flags and of what they name: the fingerprint of the stage that writes it, or the file's."""
    found: dict[str, str] = {}
    for i, stage in enumerate(stages):
        own = [stage.module] + [
            [flag, *(words if flag == "out" else (_content(word, stages[:i], found) for word in words))]
            for flag, words in stage.words()
        ]
        found[stage.name] = hashlib.sha256(json.dumps(own).encode()).hexdigest()[:24]
    return found


def _content(word: str, earlier: Sequence[Stage], known: dict[str, str]) -> str:
    writers = [s for s in earlier if word == s.writes or word.startswith(s.writes + "/")]
    if writers:  # a file inside another's folder (data/picked.jsonl) belongs to the stage that names it closest
        return f"{word} {known[max(writers, key=lambda s: len(s.writes)).name]}"
    path = Path(word)
    if path.is_file():
        return f"{word} {sha256_of(path)}"
    if path.is_dir():
        sizes = sorted((str(f.relative_to(path)), f.stat().st_size) for f in path.rglob("*") if f.is_file())
        return f"{word} {sizes}"
    return word


def stamp_of(stage: Stage, preset: str, runs: str) -> Path:
    """One a stage; what several presets share (data, teacher) is stamped once."""
    shared = not stage.writes.startswith(f"{runs}/{preset}/") and stage.writes.startswith(f"{runs}/")
    return Path(runs) / "stamps" / f"{stage.name if shared else f'{preset}.{stage.name}'}.json"


def state_of(stage: Stage, fingerprint: str, stamp: Path, runs: str) -> State:
    made = stage.made is None or Path(stage.made).exists()
    ours = stage.writes.startswith(f"{runs}/")
    if not stamp.exists():
        return State.UP_TO_DATE if ours and stage.made and made else State.TO_DO
    kept = json.loads(stamp.read_text(encoding="utf-8"))
    if kept["fingerprint"] != fingerprint:
        return State.STALE
    return State.UP_TO_DATE if made and kept["done"] else State.TO_DO


def set_aside(path: Path) -> None:
    """A stale output keeps lying beside the new one until the next time."""
    stale = path.with_name(path.name + ".stale")
    if not path.exists():
        return
    if stale.is_dir():
        shutil.rmtree(stale)
    path.replace(stale)


def command_of(stage: Stage, threads: int) -> list[str]:
    return ["-m", f"training.{stage.module}", *stage.arguments(), *(["--threads", str(threads)] * stage.threaded)]


def main(args: Args) -> None:
    preset, at = preset_of(args.preset), places(args)
    stages = stages_of(preset, at)
    names = [stage.name for stage in stages]
    if args.until and args.until not in names:
        raise RagError(f"{preset.name} has no stage {args.until!r}; its stages: {', '.join(names)}.")
    known, ran = fingerprints(stages), False
    for stage in stages[: names.index(args.until) + 1 if args.until else None]:
        stamp = stamp_of(stage, preset.name, at.runs)
        state = state_of(stage, known[stage.name], stamp, at.runs)
        ours = stage.writes.startswith(f"{at.runs}/")
        if ran and not ours and state is State.UP_TO_DATE:
            state = State.TO_DO  # export, index, evaluate and card write into one folder: all of them or none
        command = command_of(stage, args.threads)
        if args.dry_run:
            print(f"# {stage.name}: {state}\npython {shlex.join(command)}")
            ran = ran or state is not State.UP_TO_DATE
        elif state is State.UP_TO_DATE:
            say(f"{stage.name}: up to date")
        else:
            if state is State.STALE and ours:
                set_aside(Path(stage.writes))
            perform(stage, command, stamp, known[stage.name])
            ran = True


def perform(stage: Stage, command: list[str], stamp: Path, fingerprint: str) -> None:
    """Run the command between two stamps, so that a killed stage is known by its first."""
    say(f"{stage.name}: python {shlex.join(command)}")
    write_json(stamp, {"fingerprint": fingerprint, "done": False})
    code = subprocess.run([sys.executable, *command], check=False).returncode
    if code:
        say(f"error: stage {stage.name} ended with code {code}; mended, the same command goes on from there")
        raise SystemExit(code)
    write_json(stamp, {"fingerprint": fingerprint, "done": True})


if __name__ == "__main__":
    run(main, Args, __doc__)
