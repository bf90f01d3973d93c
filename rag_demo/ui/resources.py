"""The Resources tab: what training and indexing will cost, recomputed as a slider moves. No model runs."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Literal, TypedDict

import gradio as gr

from rag_demo.planner import Setting, Stage, advice, plan
from rag_demo.planner.calibration import Calibration, read_calibration
from rag_demo.planner.compute import DEVICES, achieved, device_of
from rag_demo.planner.indexing import IndexModel, Kind, fit
from rag_demo.planner.known import known_points
from rag_demo.planner.setting import Precision
from rag_demo.planner.shapes import PRESETS, preset_of
from rag_demo.render_resources import Ask, indexed, known, planned, problem, stage_choices
from rag_demo.types import RagError
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, Page

log = logging.getLogger(__name__)
MOST_PASSAGES = 1_000_000_000


class IndexObject(TypedDict):
    kind: str
    seconds: float
    bytes: int


class PlanObject(TypedDict):
    fits: bool
    advice: str
    memory_bytes: dict[str, int]
    total_bytes: int
    flops_per_step: int
    hours: float
    indexes: list[IndexObject]


def build(page: Page) -> Callable[[gr.Radio], None]:
    text = words(Language.CHINESE)
    intro = gr.HTML(_intro(text), elem_id="res-intro")
    with gr.Row(elem_id="res-controls"):
        with gr.Column(min_width=280):
            preset = gr.Radio(list(PRESETS), value="base", label=text["res_preset"], elem_id="res-preset")
            stage = gr.Radio(stage_choices(text), value="dpr", label=text["res_stage"])
            device = gr.Radio(list(DEVICES), value="2080 Ti", label=text["res_device"])
        with gr.Column(min_width=280):
            batch = gr.Slider(1, 1024, value=128, step=1, label=text["res_batch"], elem_id="res-batch")
            length = gr.Slider(32, 512, value=256, step=32, label=text["res_length"])
            chunk = gr.Slider(0, 128, value=8, step=1, label=text["res_chunk"], elem_id="res-chunk")
        with gr.Column(min_width=280):
            cards = gr.Slider(1, 16, value=1, step=1, label=text["res_cards"])
            passages = gr.Number(120_000, label=text["res_passages"], precision=0, minimum=1, maximum=MOST_PASSAGES)
            precision = gr.Radio([p.value for p in Precision], value="fp32", label=text["res_precision"])
            checkpointing = gr.Checkbox(False, label=text["res_checkpointing"])
    controls = [preset, stage, device, batch, length, chunk, cards, passages, precision, checkpointing]
    shown = gr.HTML(_shown("zh", *(control.value for control in controls)), elem_id="res-out")
    points = gr.HTML(_known("zh"), elem_id="res-points")
    redraw = dict(fn=_shown, inputs=[page.language, *controls], outputs=shown, trigger_mode="always_last")
    gr.on([control.change for control in controls], **redraw, **QUICK_EVENT)
    gr.api(plan_resources, api_name="plan_resources", queue=False)

    def relabel(switch: gr.Radio) -> None:
        outputs = [intro, shown, points, *controls]
        switch.change(_translated, [switch, *controls], outputs, **QUICK_EVENT)

    return relabel


@cache
def _calibrated() -> tuple[Calibration, IndexModel]:
    calibration = read_calibration()
    return calibration, fit(calibration.indexes)


def _intro(text: dict[str, str]) -> str:
    return f'<p class="res-note">{text["res_intro"]}</p>'


def _shown(
    language: str, preset, stage, device, batch, length, chunk, cards, passages, precision, checkpointing
) -> str:
    text = words(language)
    try:
        if batch < cards:
            return problem(text["res_idle_cards"])
        if precision == Precision.BF16 and not DEVICES[device].bf16:
            return problem(text["res_no_bf16"])
        setting = _setting(preset, stage, batch, length, precision, chunk, checkpointing, cards)
        ask = Ask(setting, device_of(device), min(max(1, int(passages or 1)), MOST_PASSAGES))
        return planned(ask, text) + _indexed(ask, text)
    except RagError as error:
        return problem(str(error))
    except Exception:  # a visitor gets a sentence, the log the traceback
        log.exception("planning failed")
        return problem(text["busy"])


def _setting(preset, stage, batch, length, precision, chunk, checkpointing, cards) -> Setting:
    """Raises RagError where a name or number is none that the planner knows."""
    preset_of(preset)
    try:
        stage, precision = Stage(stage), Precision(precision)
    except ValueError as error:
        raise RagError(f"{error}.") from None
    return Setting(
        preset,
        stage,
        int(batch),
        int(length),
        precision=precision,
        chunk=int(chunk),
        checkpointing=bool(checkpointing),
        cards=int(cards),
    )


def _indexed(ask: Ask, text: dict[str, str]) -> str:
    try:
        return indexed(ask, *_calibrated(), text)
    except RagError:
        return problem(text["res_unmeasured"])


def _known(language: str) -> str:
    try:
        calibration, model = _calibrated()
    except RagError:
        return ""
    return known(known_points(model), calibration, words(language), int(language == Language.ENGLISH))


def _translated(language: str, *values) -> list:
    text = words(language)
    labels = [
        "preset",
        "stage",
        "device",
        "batch",
        "length",
        "chunk",
        "cards",
        "passages",
        "precision",
        "checkpointing",
    ]
    updates = {name: gr.update(label=text[f"res_{name}"]) for name in labels}
    updates["stage"] = gr.update(label=text["res_stage"], choices=stage_choices(text))
    return [_intro(text), _shown(language, *values), _known(language), *updates.values()]


def plan_resources(
    preset: Literal["base", "large", "albert-mt5", "albert-mt5-whole", "bert-bart"] = "base",
    stage: Literal["dpr", "generator", "rag"] = "dpr",
    batch: int = 128,
    length: int = 256,
    precision: Literal["fp32", "bf16"] = "fp32",
    chunk: int = 8,
    checkpointing: bool = False,
    cards: int = 1,
    device: Literal["1080 Ti", "2080 Ti", "V100", "3090", "A100", "H200"] = "2080 Ti",
    passages: int = 120_000,
) -> PlanObject:
    """Predict the GPU memory and hours of a training run, and the time and size of a passage index. Runs nothing.

    batch: questions of a step over all cards. length: tokens. chunk: GradCache, 0 for none. memory_bytes: by term, on the
    fullest card. hours: 100,000 questions, 10 epochs. advice: empty, or the flags that make it fit the device. An index's
    seconds are those of one CPU core, without encoding.
    """
    try:
        setting = _setting(preset, stage, batch, length, precision, chunk, checkpointing, cards)
        card = device_of(device)
        if not 1 <= passages <= MOST_PASSAGES:
            raise RagError(f"passages must lie between 1 and {MOST_PASSAGES:,}, not {passages}.")
        found, tip = plan(setting, achieved(card, setting.precision)), advice(setting, int(card.memory))
        model, width = _calibrated()[1], preset_of(preset).tower.hidden
        made = (model.plan(kind, passages, width) for kind in Kind)
        return PlanObject(
            fits=tip is None,
            advice=tip.sentence if tip else "",
            memory_bytes=found.memory.terms(),
            total_bytes=found.memory.total,
            flops_per_step=found.flops,
            hours=found.hours,
            indexes=[IndexObject(kind=each.kind.value, seconds=each.seconds, bytes=each.bytes) for each in made],
        )
    except RagError as error:
        raise gr.Error(str(error), print_exception=False) from None
