"""The measurements that the planner stands on, written by `python -m training.resources --calibrate`."""

from dataclasses import dataclass
from pathlib import Path

from rag_demo.files import read_json
from rag_demo.types import RagError

FILE = Path(__file__).resolve().parent.parent.parent / "assets" / "results" / "calibration.json"
MEND = "Measure again: python -m training.resources --calibrate"


@dataclass(frozen=True, slots=True)
class IndexMeasurement:
    """kind: of indexing.Kind. seconds: to train and fill, on one core. bytes: of the serialised index."""

    kind: str
    count: int
    dimension: int
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Rate:
    """tokens and seconds of one core; flops: by compute.py's own count, so that it divides out again."""

    tokens: int
    flops: float
    seconds: float

    @property
    def flops_per_second(self) -> float:
        return self.flops / self.seconds


@dataclass(frozen=True, slots=True)
class Count:
    """Bytes of live tensors, counted while a step ran: `python -m training.resources --count PRESET`.

    weights … inputs: constant parts. peak: the most that lived at once, all included. saved: kept by autograd for
    the backward pass of one chunk."""

    preset: str
    batch: int
    length: int
    chunk: int
    weights: int
    gradients: int
    optimiser: int
    inputs: int
    saved: int
    peak: int


@dataclass(frozen=True, slots=True)
class Calibration:
    conditions: dict[str, str]
    indexes: tuple[IndexMeasurement, ...]
    encoding: Rate
    training: Rate
    counted: tuple[Count, ...]


def read_calibration(file: Path = FILE) -> Calibration:
    """Raises RagError that names the file and the command that writes it."""
    raw = read_json(file, MEND)
    try:
        return Calibration(
            conditions=dict(raw["conditions"]),
            indexes=tuple(IndexMeasurement(**entry) for entry in raw["indexes"]),
            encoding=Rate(**raw["encoding"]),
            training=Rate(**raw["training"]),
            counted=tuple(Count(**entry) for entry in raw["counted"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RagError(f"{file} is not a calibration ({error}). {MEND}") from None
