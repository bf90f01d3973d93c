"""What training and indexing will cost on a card: memory term by term, FLOPs, hours, index time and bytes.

    python -m training.resources --preset base --batch 128 --length 256 --chunk 8 --memory 8
    python -m training.resources --known            six reports from practice beside the prediction
    python -m training.resources --count base --chunk 8      live bytes of a real step, counted on the CPU
    python -m training.resources --calibrate        measure this machine again (a minute of one core)

Exit code 2 and the flag that helps, where the batch does not fit --memory. The formulas: rag_demo/planner/."""

from dataclasses import asdict, dataclass, field

import torch

from rag_demo.files import write_json
from rag_demo.planner import Plan, Setting, advice, plan
from rag_demo.planner.calibration import FILE, Calibration, Count, read_calibration
from rag_demo.planner.compute import ACHIEVED, achieved, device_of, tower_flops
from rag_demo.planner.indexing import Kind, fit
from rag_demo.planner.known import known_points
from rag_demo.planner.memory import CONTEXT, GIB
from rag_demo.planner.setting import Attention, Precision, Stage
from rag_demo.planner.shapes import preset_of
from rag_demo.types import RagError
from training.cli import run, say


@dataclass
class Args:
    preset: str = field(default="base", metadata={"help": "base, large, albert-mt5, albert-mt5-whole or bert-bart."})
    stage: str = field(default="dpr", metadata={"help": "dpr, generator or rag."})
    batch: int = field(default=128, metadata={"help": "Questions a step, over all cards."})
    length: int = field(default=256, metadata={"help": "Tokens of a text."})
    answer_length: int = field(default=96, metadata={"help": "Tokens of an answer."})
    precision: str = field(default="fp32", metadata={"help": "fp32 or bf16."})
    attention: str = field(default="sdpa", metadata={"help": "sdpa, or eager, which keeps the probabilities."})
    chunk: int = field(default=0, metadata={"help": "Texts at once (GradCache); 0: the whole batch."})
    checkpointing: bool = field(default=False, metadata={"help": "Compute a layer's activations again."})
    cards: int = field(default=1, metadata={"help": "Number of cards."})
    hard: int = field(default=1, metadata={"help": "Hard negatives a question (dpr)."})
    top_k: int = field(default=5, metadata={"help": "Passages a question (rag)."})
    questions: int = field(default=100_000, metadata={"help": "Training questions."})
    epochs: int = field(default=10, metadata={"help": "Passes over them."})
    device: str = field(default="2080 Ti", metadata={"help": "1080 Ti, 2080 Ti, V100, 3090, A100, H200 or cpu."})
    memory: float = field(default=0.0, metadata={"help": "GiB of a card; 0: the device's own."})
    passages: int = field(default=120_000, metadata={"help": "Passages to index."})
    cores: int = field(default=1, metadata={"help": "Cores that build the index."})
    known: bool = field(default=False, metadata={"help": "The six known points and nothing else."})
    count: str = field(default="", metadata={"help": "Count a real step of base or large on the CPU."})
    calibrate: bool = field(default=False, metadata={"help": "Measure, and write assets/results/calibration.json."})
    calibration: str = field(default=str(FILE), metadata={"help": "The measurements to read or write."})
    json: bool = field(default=False, metadata={"help": "JSON in place of tables."})


def main(args: Args) -> dict | None:
    if args.calibrate:
        return _calibrate(args)
    if args.count:
        from training.measure import count_step

        counted = count_step(args.count, args.batch, args.length, args.chunk or 8)
        return _shown(args, {"counted": asdict(counted)}, _count_table(counted))
    calibration = read_calibration(args.calibration)
    if args.known:
        points = known_points(fit(calibration.indexes))
        return _shown(args, {"known": [asdict(p) | {"difference": p.difference} for p in points]}, _known_table(points))
    return _plan(args, calibration)


def _plan(args: Args, calibration: Calibration) -> dict | None:
    setting = _setting(args)
    if args.device == "cpu":
        rate, limit = calibration.training.flops_per_second, None
    else:
        device = device_of(args.device)
        rate, limit = achieved(device, setting.precision), device.memory
    limit = args.memory * GIB if args.memory else limit
    tip = advice(setting, int(limit)) if limit else None
    if tip:
        raise RagError(tip.sentence)
    found = plan(setting, rate)
    indexes = _indexes(args, calibration)
    return _shown(args, _plan_json(found, indexes), _plan_table(found, args) + _index_table(indexes))


def _setting(args: Args) -> Setting:
    names = [
        "preset",
        "batch",
        "length",
        "answer_length",
        "chunk",
        "checkpointing",
        "cards",
        "hard",
        "top_k",
        "questions",
        "epochs",
    ]
    enums = {"stage": Stage, "precision": Precision, "attention": Attention}
    return Setting(
        **{name: getattr(args, name) for name in names},
        **{name: kind(getattr(args, name)) for name, kind in enums.items()},
    )


def _calibrate(args: Args) -> dict:
    from training.measure import calibrate

    measured = calibrate(say)
    write_json(args.calibration, asdict(measured))
    return {"written": args.calibration, "measurements": len(measured.indexes)}


def _indexes(args: Args, calibration: Calibration) -> dict[str, dict[str, float]]:
    """Of each kind: hours to build, bytes; and under "encoding" the hours of one core and of the device."""
    if args.passages < 1 or args.cores < 1:
        raise RagError("--passages and --cores must be at least 1.")
    tower, model = preset_of(args.preset).tower, fit(calibration.indexes)
    work = tower_flops(tower, args.passages, args.length)
    found = {"encoding on one core": {"hours": work / calibration.encoding.flops_per_second / 3600, "bytes": 0}}
    if args.device != "cpu":
        rate = achieved(device_of(args.device), Precision(args.precision))
        found[f"encoding on one {args.device}"] = {"hours": work / rate / 3600, "bytes": 0}
    for kind in Kind:
        made = model.plan(kind, args.passages, tower.hidden, args.cores)
        found[kind.value] = {"hours": made.seconds / 3600, "bytes": made.bytes}
    return found


def _plan_json(found: Plan, indexes: dict) -> dict:
    return {
        "setting": asdict(found.setting),
        "memory_bytes": found.memory.terms() | {"total": found.memory.total},
        "flops_per_step": found.flops,
        "hours": found.hours,
        "indexes": indexes,
    }


def _shown(args: Args, value: dict, table: str) -> dict | None:
    """The value for a program; for a person the table is printed."""
    if args.json:
        return value
    print(table, end="")
    return None


def _gib(count: float) -> str:
    return f"{count / GIB:.2f} GiB"


def _plan_table(found: Plan, args: Args) -> str:
    terms = found.memory.terms() | {"total": found.memory.total}
    rows = "".join(f"{name:<14}{_gib(count):>12}\n" for name, count in terms.items())
    share = "" if args.device == "cpu" else f" at {ACHIEVED[found.setting.precision]:.0%} of its peak (assumed)"
    work = (
        f"{found.flops:.3g} FLOPs a step; {found.hours:.3g} h for {args.questions:,} questions x {args.epochs} epochs"
    )
    return f"memory of a card\n{rows}{work}, {args.cards} x {args.device}{share}\n"


def _index_table(indexes: dict[str, dict[str, float]]) -> str:
    rows = (f"{name:<28}{each['hours']:>10.4f} h {_gib(each['bytes']):>12}\n" for name, each in indexes.items())
    return "passages\n" + "".join(rows)


def _known_table(points) -> str:
    lines = []
    for point in points:
        other = "" if point.other is None else f"; read the other way {point.other:.1f}"
        lines.append(
            f"{point.name[1]}\n  reported {point.reported:g} {point.unit}, predicted {point.predicted:.1f} "
            f"({point.difference:+.0%}; {point.reading[1]}{other})\n  {point.why[1]}\n"
        )
    return "".join(lines)


def _count_table(counted: Count) -> str:
    setting = Setting(counted.preset, batch=counted.batch, length=counted.length, chunk=counted.chunk)
    predicted = plan(setting).memory
    rows = {
        "weights": (counted.weights, predicted.weights),
        "gradients": (counted.gradients, predicted.gradients),
        "optimiser": (counted.optimiser, predicted.optimiser),
        "vectors, ids": (counted.inputs, predicted.vectors),
        "kept for backward": (counted.saved, predicted.activations),
        "peak": (counted.peak, predicted.total - predicted.context - predicted.allocator),
        "peak + context": (counted.peak + CONTEXT, predicted.total),
    }
    lines = (f"{name:<20}{_gib(a):>12}{_gib(b):>14}\n" for name, (a, b) in rows.items())
    threads = f"(live tensors of torch {torch.__version__} on the CPU; the context is assumed, not counted)\n"
    return f"{'':<20}{'counted':>12}{'predicted':>14}\n" + "".join(lines) + threads


if __name__ == "__main__":
    run(main, Args, __doc__)
