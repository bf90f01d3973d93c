"""FLOPs of a step and hours of a run.

A weight costs a token 2 FLOPs forwards and 4 backwards, so 6 N D in all (Kaplan et al. 2020, section 2.1); another forward
pass for GradCache (Gao et al. 2021, section 3) and another for checkpointing make it 8 or 10. Attention's two products
cost 4 s h a layer and token forwards. Embedding look-ups cost nothing."""

from dataclasses import dataclass

from rag_demo.planner.memory import texts_of
from rag_demo.planner.setting import Precision, Setting, Stage
from rag_demo.planner.shapes import Generator, Tower, preset_of
from rag_demo.types import RagError


@dataclass(frozen=True, slots=True)
class Device:
    """memory: bytes. fp32, bf16: published peaks in FLOP/s (fp32 without TF32); bf16 0 where the card has none."""

    name: str
    memory: float
    fp32: float
    bf16: float = 0.0


GIB, TERA = 2**30, 1e12
DEVICES = {
    device.name: device
    for device in (
        Device("1080 Ti", 11 * GIB, 11.3 * TERA),
        Device("2080 Ti", 11 * GIB, 13.4 * TERA),
        Device("V100", 32 * GIB, 15.7 * TERA),
        Device("3090", 24 * GIB, 35.6 * TERA, 71 * TERA),
        Device("A100", 80 * GIB, 19.5 * TERA, 312 * TERA),
        Device("H200", 141 * GIB, 67 * TERA, 989 * TERA),
    )
}
ACHIEVED = {
    Precision.FP32: 0.35,
    Precision.BF16: 0.20,
}  # assumed shares of the peak, for hidden sizes from 384 to 1,024


def device_of(name: str) -> Device:
    if name not in DEVICES:
        raise RagError(f"No device {name!r}; the planner knows {', '.join(DEVICES)}.")
    return DEVICES[name]


def achieved(device: Device, precision: Precision) -> float:
    """FLOP/s of one card. A card without bf16 says so."""
    peak = device.bf16 if precision is Precision.BF16 else device.fp32
    if not peak:
        raise RagError(f"A {device.name} has no bf16; use --precision fp32 (never fp16 for mT5, it overflows).")
    return peak * ACHIEVED[precision]


def tower_flops(tower: Tower, texts: int, length: int) -> int:
    """Forwards."""
    return texts * length * (2 * tower.multiplied + tower.layers * 4 * length * tower.hidden)


def generator_flops(shape: Generator, rows: int, length: int, answer: int) -> int:
    """Forwards."""
    inputs, answers = shape.multiplied
    encoder = 2 * inputs + shape.encoder_layers * 4 * length * shape.inner
    decoder = 2 * answers + shape.decoder_layers * 4 * (length + answer) * shape.inner
    return rows * (length * encoder + answer * decoder)


def step_flops(setting: Setting) -> int:
    """Of one optimiser step, on all cards together."""
    preset = preset_of(setting.preset)
    questions, passages = (setting.cards * n for n in texts_of(setting))
    rows = setting.rows * setting.cards
    again = 1 if setting.checkpointing else 0
    if setting.stage is Stage.DPR:
        cached = 1 if 0 < setting.chunk < sum(texts_of(setting)) else 0
        return (3 + again + cached) * tower_flops(preset.tower, questions + passages, setting.length)
    if setting.stage is Stage.GENERATOR:
        return (3 + again) * generator_flops(preset.generator, rows, setting.length, setting.answer_length)
    written = generator_flops(preset.generator, rows * setting.top_k, setting.length, setting.answer_length)
    return (3 + again) * (written + tower_flops(preset.tower, rows, setting.length))


def run_flops(setting: Setting) -> int:
    """Of the whole run: every question `epochs` times, the last batch of an epoch counted full."""
    return step_flops(setting) * setting.epochs * -(-setting.questions // setting.batch)


def hours(setting: Setting, rate: float) -> float:
    """Wall clock at `rate` FLOP/s a card; communication between cards not counted."""
    return run_flops(setting) / (setting.cards * rate) / 3600
