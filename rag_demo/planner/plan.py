"""A plan: memory, work and time of a setting, and what to change where it does not fit."""

from dataclasses import dataclass, replace

from rag_demo.planner.compute import hours, step_flops
from rag_demo.planner.memory import GIB, Memory, memory_of
from rag_demo.planner.setting import Setting, Stage


@dataclass(frozen=True, slots=True)
class Plan:
    """flops: of one step on all cards. hours: of the whole run; None without a rate."""

    setting: Setting
    memory: Memory
    flops: int
    hours: float | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What makes the setting fit: flags as they are typed, None where nothing does. need, limit, after: bytes a card."""

    need: int
    limit: int
    flags: str | None
    after: int

    @property
    def sentence(self) -> str:
        short = f"The batch needs {self.need / GIB:.1f} GiB a card but there are {self.limit / GIB:.1f}"
        if self.flags is None:
            least = "even one question at a time does not fit"
            return f"{short}; {least}: use a smaller --preset, a shorter --length, or a card with {self.after / GIB:.1f} GiB."
        return f"{short}; {self.flags} brings it to {self.after / GIB:.1f} GiB."


def plan(setting: Setting, rate: float | None = None) -> Plan:
    """rate: FLOP/s that one card achieves (compute.achieved)."""
    return Plan(setting, memory_of(setting), step_flops(setting), hours(setting, rate) if rate else None)


def advice(setting: Setting, limit: int) -> Advice | None:
    """None where the setting fits `limit` bytes. Otherwise the first of: --chunk (the same gradients, a third more
    work), --checkpointing (the same gradients, a third more), both, a smaller --batch (other gradients for dpr)."""
    need = memory_of(setting).total
    if need <= limit:
        return None
    for flags, changed in _remedies(setting):
        after = memory_of(changed).total
        if after <= limit:
            return Advice(need, limit, flags, after)
    return Advice(need, limit, None, after)


def _remedies(setting: Setting):
    """Changed settings with their flags, the mildest first; the last is the least that the preset can do."""
    plain = "" if setting.checkpointing else " --checkpointing"
    most = (
        setting.chunk - 1 if setting.chunk else setting.rows * (2 + setting.hard if setting.stage is Stage.DPR else 1)
    )
    chunks = [2**i for i in range(16, -1, -1) if 2**i <= most]
    whole = replace(setting, checkpointing=True)
    yield from ((f"--chunk {chunk}", replace(setting, chunk=chunk)) for chunk in chunks)
    if plain:
        yield "--checkpointing", whole
        yield from ((f"--chunk {chunk}{plain}", replace(whole, chunk=chunk)) for chunk in chunks)
    batches = [2**i for i in range(16, -1, -1) if setting.cards <= 2**i < setting.batch]
    chunk = 1 if chunks or setting.chunk else 0
    flag = f" --chunk {chunk}" if chunk else ""
    yield from ((f"--batch {batch}{flag}{plain}", replace(whole, batch=batch, chunk=chunk)) for batch in batches)
    if not batches:
        yield f"--chunk 1{plain}", replace(whole, chunk=1)
