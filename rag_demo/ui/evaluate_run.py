"""Run it now: a sample or a visitor's own questions, evaluated in slices on the queue that all models share.

A queue serves one event at a time, and an event keeps its place until it ends. So a run is many short events: a timer
in the visitor's browser asks for the next slice, and whoever asked a question meanwhile is served between two slices.
A page that is closed asks for nothing more, and the run ends by itself."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import gradio as gr

from rag_demo.corpus import Question
from rag_demo.engine import RagEngine
from rag_demo.evaluation import Plan, Run, evaluated, sample, shipped_questions
from rag_demo.question_file import QuestionFileError, check_passages, read_question_file
from rag_demo.render_evaluate_parts import note, problem
from rag_demo.render_evaluate_run import ended, running
from rag_demo.types import RagError, RetrieverKind
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, OwnCorpus, Page

MOST, MOST_SEED = 200, 999_999
SLICE_SECONDS = 1.5  # what another visitor waits at most, besides one question that has begun
SHOW_SECONDS = 0.25
TICK_SECONDS = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file's questions, or what is wrong with it."""

    name: str
    questions: tuple[Question, ...] = ()
    fault: QuestionFileError | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A visitor's run; it goes on while it is neither finished nor stopped. refused: why there is none."""

    engine: RagEngine | None = None
    run: Run | None = None
    stopped: bool = False
    failed: bool = False
    refused: str | QuestionFileError = ""

    @property
    def going(self) -> bool:
        return self.run is not None and not (self.stopped or self.run.finished)


def build(page: Page) -> Callable[[gr.Radio], None]:
    text, presets = words(Language.CHINESE), list(page.engines)
    uploaded, job = gr.State(None), gr.State(None)
    title = gr.HTML(_title(text), elem_id="eva-run-title")
    with gr.Row(elem_id="eva-controls"):
        with gr.Column(min_width=280):
            source = gr.Radio(_sources(text), value="sample", label=text["eva_source"], elem_id="eva-source")
            count = gr.Slider(5, MOST, value=50, step=5, label=text["eva_count"], elem_id="eva-count")
            seed = gr.Number(7, label=text["eva_seed"], elem_id="eva-seed")
            file = gr.UploadButton(text["eva_upload"], visible=False, elem_id="eva-upload")
            read = gr.HTML(_read(None, text), visible=False, elem_id="eva-file")
        with gr.Column(min_width=280):
            preset = gr.Radio(presets, value=presets[0], label=text["preset"], visible=len(presets) > 1)
            kinds = gr.CheckboxGroup(
                _kinds(text), value=[kind.value for kind in RetrieverKind], label=text["eva_kinds"], elem_id="eva-kinds"
            )
            answers = gr.Checkbox(False, label=text["eva_with_answers"], elem_id="eva-answers")
            with gr.Row():
                run_button = gr.Button(text["eva_run"], variant="primary", elem_id="eva-run")
                cancel_button = gr.Button(text["eva_cancel"], interactive=False, elem_id="eva-cancel")
    shown = gr.HTML("", elem_id="eva-result")
    timer = gr.Timer(TICK_SECONDS, active=False)

    by_source = [count, seed, file, read]
    source.change(_chosen, source, by_source, **QUICK_EVENT)
    file.upload(_took, [file, page.language], [uploaded, read], **QUICK_EVENT)
    outputs = [job, shown, timer, run_button, cancel_button]
    settings = [page.language, page.own, source, uploaded, preset, count, seed, kinds, answers]
    run_button.click(_starter(page), settings, outputs, **QUICK_EVENT)
    slices = timer.tick(advance, [job, page.language], outputs, **MODEL_EVENT)
    cancel_button.click(_cancelled, [job, page.language], outputs, cancels=[slices], **QUICK_EVENT)

    def relabel(switch: gr.Radio) -> None:
        labelled = [source, count, seed, file, preset, kinds, answers, run_button, cancel_button]
        switch.change(_translated, [switch, uploaded, job], [title, read, shown, *labelled], **QUICK_EVENT)

    return relabel


def advance(job: Job | None, language: str) -> Iterator[tuple]:
    """One slice of a run: each yield is the job, what is shown, the timer and the two buttons, left alone until the end."""
    if job is None or not job.going:
        yield _state(job, language)
        return
    shown = time.perf_counter()
    try:
        for run in evaluated(job.engine, job.run, SLICE_SECONDS):
            job = replace(job, run=run)
            if time.perf_counter() - shown >= SHOW_SECONDS:
                shown = time.perf_counter()
                yield job, _drawn(job, words(language)), gr.skip(), gr.skip(), gr.skip()
    except Exception:  # a visitor gets a sentence, the log the traceback
        log.exception("evaluating failed")
        job = replace(job, stopped=True, failed=True)
    if job.going:
        yield job, _drawn(job, words(language)), gr.skip(), gr.skip(), gr.skip()
    else:
        yield _state(job, language)


def _starter(page: Page) -> Callable[..., tuple]:
    def start(language, own, source, uploaded, preset, count, seed, kinds, answers):
        try:
            return _state(_job(page, own, source, uploaded, preset, count, seed, kinds, answers), language)
        except QuestionFileError as error:
            return _state(Job(refused=error), language)
        except RagError as error:
            return _state(Job(refused=str(error)), language)
        except Exception:
            log.exception("starting an evaluation failed")
            return _state(Job(refused="eva_failed"), language)

    return start


def _job(page: Page, own: OwnCorpus | None, source, uploaded, preset, count, seed, kinds, answers) -> Job:
    """refused holds the key of a sentence, or the fault of the file."""
    plan = Plan(tuple(kind for kind in RetrieverKind if kind in kinds), bool(answers))
    if not plan.kinds and not plan.answers:
        return Job(refused="eva_nothing")
    if source == "sample":
        if not (_whole(count, 1, MOST) and _whole(seed, 0, MOST_SEED)):
            return Job(refused="eva_bad_number")
        engine, questions = page.engines[preset], sample(shipped_questions(), int(count), int(seed))
    elif uploaded is None:
        return Job(refused="eva_no_file")
    elif uploaded.fault:
        return Job(refused=uploaded.fault)
    else:
        engine, questions = page.engine(preset, own), uploaded.questions
    check_passages(questions, engine.index.position, engine.index.passages[0].id)
    return Job(engine, Run(plan, questions))


def _whole(value, low: int, high: int) -> bool:
    return isinstance(value, (int, float)) and float(value).is_integer() and low <= value <= high


def _state(job: Job | None, language: str) -> tuple:
    going = bool(job and job.going)
    return (
        job,
        _drawn(job, words(language)),
        gr.Timer(active=going),
        gr.update(interactive=not going),
        gr.update(interactive=going),
    )


def _drawn(job: Job | None, text: dict[str, str]) -> str:
    if job is None:
        return ""
    if job.run is None:
        return problem(text[job.refused] if job.refused in text else _sentence(job.refused, text))
    if job.going:
        return running(job.run, text)
    return f'<div role="status">{ended(job.run, text, job.engine.name, job.failed)}</div>'


def _sentence(fault: str | QuestionFileError, text: dict[str, str]) -> str:
    if isinstance(fault, QuestionFileError):
        return text[f"eva_fault_{fault.fault.name.lower()}"].format(**fault.values)
    return fault


def _cancelled(job: Job | None, language: str) -> tuple:
    """What has been measured stays."""
    return _state(replace(job, stopped=True) if job else None, language)


def _chosen(source: str) -> list:
    return [gr.update(visible=(source == "sample") == (i < 2)) for i in range(4)]


def _took(path: str | None, language: str) -> tuple[Uploaded | None, str]:
    """The questions of an upload; the file itself is removed once it is read."""
    if not path:
        return None, _read(None, words(language))
    file = Path(path)
    try:
        taken = Uploaded(file.name, read_question_file(file))
    except QuestionFileError as error:
        taken = Uploaded(file.name, fault=error)
    finally:
        with suppress(OSError):
            file.unlink()
    return taken, _read(taken, words(language))


def _read(taken: Uploaded | None, text: dict[str, str]) -> str:
    if taken is None:
        return note(text["eva_file_help"])
    if taken.fault:
        return problem(f"{taken.name}: {_sentence(taken.fault, text)}")
    answered = sum(bool(question.answer) for question in taken.questions)
    return note(text["eva_file_read"].format(name=taken.name, count=len(taken.questions), answers=answered))


def _title(text: dict[str, str]) -> str:
    return f"<h2>{escape(text['eva_run_title'])}</h2>{note(text['eva_run_intro'])}"


def _sources(text: dict[str, str]) -> list[tuple[str, str]]:
    return [(text[f"eva_source_{name}"], name) for name in ("sample", "file")]


def _kinds(text: dict[str, str]) -> list[tuple[str, str]]:
    return [(text[kind], kind.value) for kind in RetrieverKind]


def _translated(language: str, uploaded: Uploaded | None, job: Job | None) -> list:
    text = words(language)
    return [
        _title(text),
        _read(uploaded, text),
        _drawn(job, text),
        gr.update(label=text["eva_source"], choices=_sources(text)),
        gr.update(label=text["eva_count"]),
        gr.update(label=text["eva_seed"]),
        gr.update(label=text["eva_upload"]),
        gr.update(label=text["preset"]),
        gr.update(label=text["eva_kinds"], choices=_kinds(text)),
        gr.update(label=text["eva_with_answers"]),
        text["eva_run"],
        text["eva_cancel"],
    ]
