"""The index lab of the Retrieval tab: run, watch, cancel; and the same as the endpoint /index_lab."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import TypedDict

import gradio as gr

from rag_demo.found import LAB_KS, LabReport, LabRow, LabStage
from rag_demo.lab_report import MAX_COUNT, DevQuestions, lab_reports
from rag_demo.render_index_lab import lab
from rag_demo.render_retrieval import intro, problem
from rag_demo.types import RagError
from rag_demo.ui.api import engine_named, one_sentence
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, Page

# A queue of its own: it decodes nothing, uses one thread, and a graph over 50,000 vectors must not hold up every answer.
LAB_QUEUE = dict(concurrency_id="lab", concurrency_limit=1)
REPORT_SECONDS = 0.2

log = logging.getLogger(__name__)


class IndexObject(TypedDict):
    kind: str
    factory: str
    too_few: bool
    build_seconds: float
    bytes: int
    milliseconds: float | None
    recall: dict[str, float]
    top_ids: list[str]


class LabObject(TypedDict):
    question: str
    model: str
    vectors: int
    passages: int
    dev_questions: int
    indexes: list[IndexObject]


def build(page: Page, question: gr.Textbox, preset: gr.Radio) -> Callable[[gr.Radio], None]:
    text, dev = words(Language.CHINESE), DevQuestions()
    kept = gr.State(None)
    heading = gr.HTML(_heading(text), elem_id="lab-heading")
    with gr.Row(elem_id="lab-bar", equal_height=False):
        count = gr.Slider(
            0, MAX_COUNT, value=0, step=5000, label=text["lab_grow"], info=text["lab_grow_info"], scale=5, min_width=280
        )
        run = gr.Button(text["lab_run"], elem_id="lab-run", scale=1, min_width=110)
        cancel = gr.Button(text["lab_cancel"], interactive=False, elem_id="lab-cancel", scale=1, min_width=90)
    shown = gr.HTML(lab(None, text), elem_id="lab-shown")

    outputs = [shown, kept, run, cancel]
    quiet = dict(show_progress="hidden", api_visibility="private")
    running = run.click(
        _handler(page, dev), [question, page.language, page.own, preset, count], outputs, **LAB_QUEUE, **quiet
    )
    cancel.click(_cancelled, [kept, page.language], outputs, cancels=[running], **QUICK_EVENT)
    _publish(page, dev)

    def relabel(switch: gr.Radio) -> None:
        switch.change(_translated, [switch, kept], [heading, count, run, cancel, shown], **QUICK_EVENT)

    return relabel


def _handler(page: Page, dev: DevQuestions) -> Callable[..., Iterator[tuple]]:
    def run(question, language, own, preset, count):
        """Each yield: the lab, its report, Run button, Cancel button."""
        text = words(language)
        idle, busy = _buttons(running=False), _buttons(running=True)
        try:
            for report in _paced(lab_reports(page.engine(preset, own), question, count, dev)):
                yield lab(report, text), report, *(idle if report.stage is LabStage.DONE else busy)
        except RagError as error:
            yield problem(str(error)), None, *idle
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("the index lab failed")
            yield problem(text["busy"]), None, *idle

    return run


def _paced(reports: Iterator[LabReport], seconds: float = REPORT_SECONDS) -> Iterator[LabReport]:
    """Not every step, but one every `seconds`, and the last: a browser need not draw each of a hundred."""
    shown = float("-inf")
    for report in reports:
        if report.stage is LabStage.DONE or time.perf_counter() >= shown + seconds:
            yield report
            shown = time.perf_counter()


def _cancelled(report: LabReport | None, language: str) -> tuple:
    """Cancel keeps what was measured."""
    report = report and replace(report, cancelled=report.stage is not LabStage.DONE)
    return lab(report, words(language)), report, *_buttons(running=False)


def _buttons(running: bool) -> tuple:
    return gr.update(interactive=not running), gr.update(interactive=running)


def _heading(text: dict[str, str]) -> str:
    return f"<h2>{text['lab_title']}</h2>" + intro(text["lab_intro"])


def _translated(language: str, report: LabReport | None) -> list:
    text = words(language)
    return [
        _heading(text),
        gr.update(label=text["lab_grow"], info=text["lab_grow_info"]),
        text["lab_run"],
        text["lab_cancel"],
        lab(report, text),
    ]


def _publish(page: Page, dev: DevQuestions) -> None:
    default = next(iter(page.engines))

    def index_lab(question: str, preset: str = default, grow_to: int = 0) -> LabObject:
        """Compare FAISS index kinds (SQ8, HNSW, IVF-PQ fast scan, PQ with refine, RaBitQ) with Flat on the passage vectors.

        recall gives, for k 1, 5, 10 and 20, the mean share of Flat's first k that the index has among its own, over the
        dev questions; milliseconds is the median of one question on one thread; bytes the serialised size. top_ids are
        the 10 passages that the index finds for `question`; an id with ~2 is the second copy of that passage. grow_to
        (at most 50000, 0 for none) adds perturbed copies of the vectors, to see what changes at scale. Takes seconds
        for the real passages, minutes for 50000. too_few: the vectors are too few to train that kind, so it has no numbers.
        """
        with one_sentence():
            engine = engine_named(page.engines, preset)
            *_, report = lab_reports(engine, question, grow_to, dev)
            ids = [passage.id for passage in engine.index.passages]
            return LabObject(
                question=report.question,
                model=report.model,
                vectors=report.count,
                passages=report.real,
                dev_questions=report.questions,
                indexes=[_index_object(row, ids) for row in report.rows],
            )

    gr.api(index_lab, api_name="index_lab", **LAB_QUEUE)


def _index_object(row: LabRow, ids: list[str]) -> IndexObject:
    values = asdict(row)
    shared = {name: values[name] for name in ("factory", "build_seconds", "milliseconds")}
    return IndexObject(
        kind=row.kind.value,
        too_few=row.needs > 0,
        bytes=row.size,
        recall={str(k): value for k, value in zip(LAB_KS, row.recall, strict=False)},
        top_ids=[ids[i % len(ids)] + (f"~{i // len(ids)}" if i >= len(ids) else "") for i in row.top],
        **shared,
    )
