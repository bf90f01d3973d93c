"""The one training loop: schedule, clipping, evaluation, the best kept, a state that a killed run goes on from.

What trains is a Trainee: it knows its data and its loss. Every step's batch and dropout follow from (seed, step), so a
run that goes on from a state is the run that was never killed, to the bit on a CPU."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from tqdm import tqdm

from rag_demo.types import RagError
from training.cli import say
from training.journal import Journal, clear_leftovers
from training.state import Progress, marks_of, read_state, restore, save_state
from training.world import World, from_main, open_world, sum_gradients, sum_values


@dataclass(kw_only=True)
class LoopArgs:
    """The options that all three trainers share."""

    out: str = field(metadata={"help": "Folder to write; the same command goes on from the state in it."})
    lr: float = field(default=5e-4, metadata={"help": "Peak learning rate."})
    warmup: int = field(default=100, metadata={"help": "Steps of warm-up."})
    evaluate_every: int = field(default=200, metadata={"help": "Steps between evaluations."})
    save_every: int = field(default=0, metadata={"help": "Steps between saves (0: at every evaluation)."})
    chunk: int = field(
        default=0,
        metadata={"help": "Rows that are in memory at once (0: the whole batch); the gradients are the same."},
    )
    checkpointing: bool = field(default=False, metadata={"help": "Recompute activations: less memory, a third slower."})
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda or cuda:N."})
    precision: str = field(default="auto", metadata={"help": "auto (bf16 where the device has it), fp32 or bf16."})
    threads: int = field(default=2, metadata={"help": "CPU threads."})
    seed: int = field(default=0, metadata={"help": "Order of the questions, dropout."})

    def world(self) -> AbstractContextManager[World]:
        """Where the run computes; weights that a checkpoint lacks start the same each time."""
        torch.manual_seed(self.seed)
        return open_world(self.device, self.precision, self.threads)


@dataclass(frozen=True, slots=True)
class Plan:
    """floor: the share of the peak learning rate at the end of its linear decay."""

    steps: int
    floor: float = 0.02
    beta2: float = 0.98
    clip: float = 1.0


class Trainee(Protocol):
    module: nn.Module

    def backward(self, step: int) -> dict[str, torch.Tensor]:
        """Add the gradients of the step's batch; -> the named parts of the loss, this process' share of each."""

    def evaluate(self) -> dict[str, float]:
        """Figures on the dev questions, the same on every process; empty without any."""

    def quality(self, record: dict[str, float]) -> float:
        """Of a record, larger is better."""

    def save(self, out: Path) -> None:
        """Write what the run is for."""

    def state(self) -> dict[str, Any]:
        """What shapes later steps besides the weights; tensors and plain values."""

    def set_state(self, state: dict[str, Any]) -> None: ...


def fit(trainee: Trainee, plan: Plan, args: LoopArgs, world: World, name: str) -> dict[str, Any] | None:
    """Train to plan.steps, from the state in args.out where there is one.

    -> the steps, best quality and last record; None but on the main process, so that they are printed once.
    """
    if plan.steps < 1:
        raise RagError("There is not one step to train; give more questions, or more --epochs or --steps.")
    run = Run(trainee, plan, args, world, name)
    run.restore()
    run.train()
    progress = run.progress
    if not world.main:
        return None
    return {"steps": progress.step, "best": progress.best, "last": progress.history[-1]}


class Run:
    """A training run: the trainee with its optimiser, and how far it has come."""

    def __init__(self, trainee: Trainee, plan: Plan, args: LoopArgs, world: World, name: str) -> None:
        self.trainee, self.plan, self.args, self.world, self.name = trainee, plan, args, world, name
        self.out, self.module = Path(args.out), trainee.module
        self.parameters = list(self.module.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=args.lr, weight_decay=0.01, betas=(0.9, plan.beta2))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: min(1.0, (step + 1) / max(1, args.warmup)) * max(plan.floor, 1 - step / plan.steps),
        )
        self.marks = marks_of(args, self.module, world.size)
        self.progress = Progress()
        self.totals: dict[str, torch.Tensor] = {}  # this process' share of each loss, summed since the last record

    def restore(self) -> None:
        """Go on from the state in the output folder, where there is one."""
        state = from_main(lambda: read_state(self.out, self.marks), self.world)
        if state is None:
            return
        self.progress = restore(state, self.module, self.optimizer, self.schedule)
        self.trainee.set_state(self.progress.extra)
        self._hold(self.progress.totals)
        if self.world.main:
            say(f"{self.out}: going on from step {self.progress.step}")

    def train(self) -> None:
        args, progress, last = self.args, self.progress, self.plan.steps
        every = args.save_every or args.evaluate_every
        if self.world.main:
            clear_leftovers(self.out)
        self.journal = Journal(self.out, self.name, progress.history) if self.world.main else None
        if not progress.step and (figures := self.trainee.evaluate()):
            self._record(figures)
        steps = range(progress.step, last)
        for step in tqdm(steps, initial=progress.step, total=last, desc=self.name, disable=not self.world.main):
            self._step(step)
            looked_at = progress.step % args.evaluate_every == 0 or progress.step == last
            if looked_at:
                self._look()
            if looked_at or progress.step % every == 0:
                self._save()
        if self.journal:
            self.journal.close(progress.history[-1])

    def _step(self, step: int) -> None:
        torch.manual_seed(seed_of(self.args.seed, step, self.world.rank))
        self.module.train()
        self.optimizer.zero_grad(set_to_none=True)
        with memory_advice(self.args.chunk):
            parts = self.trainee.backward(step)
        sum_gradients(self.parameters, self.world)
        nn.utils.clip_grad_norm_(self.parameters, self.plan.clip)
        self.optimizer.step()
        self.schedule.step()
        for name, value in parts.items():
            self.totals[name] = self.totals.get(name, 0.0) + value.detach().double()
        self.progress.step = step + 1

    def _look(self) -> None:
        """Evaluate, record, and keep the best."""
        progress = self.progress
        done = progress.step - (progress.history[-1]["step"] if progress.history else 0)
        losses = {name: value / done for name, value in sum_values(self.totals, self.world).items()}
        if not all(map(math.isfinite, losses.values())):
            raise RagError(f"The loss is not a number at step {progress.step}; lower --lr, or raise --warmup.")
        self.totals = {}
        self._record({**losses, **self.trainee.evaluate()})
        quality = self.trainee.quality(progress.history[-1])
        if progress.best is None or quality > progress.best:
            progress.best = quality
            if self.world.main:
                self.trainee.save(self.out)

    def _record(self, values: dict[str, float]) -> None:
        rounded = {name: round(value, 4) for name, value in values.items()}
        self.progress.history.append({"step": self.progress.step, **rounded})
        if self.journal:
            self.journal.write(self.progress.history)

    def _save(self) -> None:
        progress = self.progress
        progress.totals = sum_values(self.totals, self.world)
        self._hold(progress.totals)
        progress.extra = self.trainee.state()
        if self.world.main:
            save_state(self.out, self.module, self.optimizer, self.schedule, progress, self.marks)

    def _hold(self, totals: dict[str, float]) -> None:
        """The main process holds the sums of all."""
        kind = dict(dtype=torch.float64, device=self.world.device)
        self.totals = {name: torch.tensor(v if self.world.main else 0.0, **kind) for name, v in totals.items()}


def seed_of(seed: int, step: int, rank: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}-{step}-{rank}".encode()).digest()[:7])


@contextmanager
def memory_advice(chunk: int) -> Iterator[None]:
    """A batch that does not fit becomes a sentence that says which flag helps."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        full = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "not enough memory" in str(error)
        if not full:
            raise
        smaller = f"--chunk {max(1, chunk // 2)}" if chunk else "--chunk 8"
        raise RagError(
            f"The batch does not fit into memory; give {smaller} (the same gradients, a part at a time), "
            "--checkpointing, or a smaller batch."
        ) from None
