"""Where a run computes: this process' device, its precision, and the other processes that torchrun started.

    torchrun --nproc_per_node 4 -m training.train_dpr …         (--nnodes, --rdzv_endpoint for several machines)

One rule keeps any number of processes equal to one: each has its share of a batch drawn in common, its loss is that
share of the whole batch's, and gradients are summed."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from rag_demo.encoder import TextEncoder
from rag_demo.types import RagError

T = TypeVar("T")
PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True, slots=True)
class World:
    """rank: this process' number among `size`. bf16: whether models compute in it (weights stay float32)."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    bf16: bool = False

    @property
    def main(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager:
        """For a model's forward pass; scores and losses are computed outside, in float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """This process' part of what all of them hold, in order; parts differ by at most one."""
        return items[len(items) * self.rank // self.size : len(items) * (self.rank + 1) // self.size]


@contextmanager
def open_world(device: str = "auto", precision: str = "auto", threads: int = 0) -> Iterator[World]:
    """The world of this process, from torchrun's environment variables, or of one process without them."""
    if threads:
        torch.set_num_threads(threads)
    size, chosen = int(os.environ.get("WORLD_SIZE", 1)), device_of(device)
    bf16 = bf16_of(chosen, precision)
    if size > 1:
        if chosen.type == "cuda":
            torch.cuda.set_device(chosen)
        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    yield World(dist.get_rank() if size > 1 else 0, size, chosen, bf16)
    if size > 1:
        dist.destroy_process_group()


def device_of(name: str) -> torch.device:
    """ "auto": this process' GPU where there is one, else the CPU. Raises RagError for a device that is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise RagError(f"No device {name!r}; --device takes auto, cpu, cuda or cuda:N.") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RagError("PyTorch sees no CUDA device here; use --device cpu, or install its CUDA build.")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if name == "cuda" else device


def bf16_of(device: torch.device, precision: str) -> bool:
    """ "auto": bf16 where the hardware computes in it. Never fp16: T5 overflows there."""
    if precision not in PRECISIONS:
        raise RagError(f"No precision {precision!r}; --precision takes {', '.join(PRECISIONS)}.")
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":  # a 1080 Ti or 2080 Ti only emulates it
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()


def prepare(model: nn.Module, world: World, checkpointing: bool = False) -> nn.Module:
    """A model of transformers on the world's device, with gradient checkpointing where it is wanted."""
    if world.bf16 and world.device.type == "cpu":
        model.set_attn_implementation("eager")  # 1.5 times faster than sdpa there
    if checkpointing and model.supports_gradient_checkpointing:
        enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
        enable({"use_reentrant": False})
    elif checkpointing:  # ALBERT's class does not offer it
        for layer in [m for m in model.modules() if type(m).__name__ == "AlbertLayerGroup"]:
            layer.forward = _recomputed(layer.forward)
    return model.to(world.device)


def _recomputed(forward: Callable) -> Callable:
    from torch.utils.checkpoint import checkpoint

    return lambda *given, **named: checkpoint(forward, *given, use_reentrant=False, **named)


def gather(rows: torch.Tensor, world: World) -> torch.Tensor:
    """Each process' rows (n_r, …) -> all of them (Σ n_r, …) in rank order; gradients go back to where rows came from.

    Every process must use the result in its loss, or the others' backward waits for it.
    """
    return rows if world.size == 1 else _Gather.apply(rows, world)


class _Gather(torch.autograd.Function):
    """torch.distributed.nn.functional.all_gather is deprecated and takes equal sizes only."""

    @staticmethod
    def forward(ctx, rows: torch.Tensor, world: World) -> torch.Tensor:
        own = torch.tensor([len(rows)], device=rows.device)
        found = [torch.zeros_like(own) for _ in range(world.size)]
        dist.all_gather(found, own)
        counts = torch.cat(found).tolist()
        ctx.start, ctx.length = sum(counts[: world.rank]), len(rows)
        padded = F.pad(rows, (0, 0) * (rows.dim() - 1) + (0, max(counts) - len(rows))).contiguous()
        parts = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient[ctx.start : ctx.start + ctx.length], None


def sum_gradients(parameters: Sequence[nn.Parameter], world: World) -> None:
    """Every process' gradients become the sum of all; a parameter that none has used keeps None."""
    if world.size == 1:
        return
    used = torch.tensor([p.grad is not None for p in parameters], dtype=torch.uint8, device=world.device)
    dist.all_reduce(used, dist.ReduceOp.MAX)
    shared = [p for p, flag in zip(parameters, used.tolist(), strict=True) if flag]
    for p in shared:
        p.grad = torch.zeros_like(p) if p.grad is None else p.grad
    flat = nn.utils.parameters_to_vector([p.grad for p in shared])
    dist.all_reduce(flat)
    nn.utils.vector_to_parameters(flat, [p.grad for p in shared])


def sum_values(values: Mapping[str, torch.Tensor], world: World) -> dict[str, float]:
    """Each value summed over the processes; they all hold the same names, in the same order."""
    if not values:
        return {}
    summed = torch.stack([v.detach().double().to(world.device) for v in values.values()])
    if world.size > 1:
        dist.all_reduce(summed)
    return dict(zip(values, summed.tolist(), strict=True))


def from_main(make: Callable[[], T], world: World) -> T:
    """What `make` returns on the main process, on every process; so too its RagError."""
    if world.size == 1:
        return make()
    found: list = [None, None]
    if world.main:
        try:
            found[0] = make()
        except RagError as error:
            found[1] = str(error)
    dist.broadcast_object_list(found)
    if found[1] is not None:
        raise RagError(found[1])
    return found[0]


@torch.no_grad()
def encode(tower: TextEncoder, texts: Sequence[str], world: World, progress=None) -> torch.Tensor:
    """Vectors of all texts (N, D), float32 on the world's device; each process encodes its share."""
    with world.autocast():
        vectors = tower.encode(world.share(texts), progress)
    return gather(torch.from_numpy(np.asarray(vectors)).to(world.device), world)
