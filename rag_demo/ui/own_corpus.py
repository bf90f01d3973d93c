"""Bring your own passages: a file, a look at its first rows, which column is which, an index, and then page.own is set."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import gradio as gr

from rag_demo.building import Builder
from rag_demo.render_corpus import Notice, column_name, heading, notice, preview, progress
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, OwnCorpus, Page
from rag_demo.upload import Role, Table, UploadError, UploadFault, guess, to_passages
from rag_demo.upload_file import read_table

NONE = -1  # of a dropdown: no column has this role
TABLE_SECONDS = 1800  # an upload nobody indexes is forgotten
BUILD_EVENT = dict(concurrency_id="corpus", concurrency_limit=8, show_progress="hidden", api_visibility="private")

log = logging.getLogger(__name__)


def build(page: Page) -> Callable[[gr.Radio], None]:
    text, presets, builder = words(Language.CHINESE), list(page.engines), Builder()
    table, said = gr.State(None, time_to_live=TABLE_SECONDS), gr.State(None)
    job = gr.State(None, delete_callback=lambda job: job and job.cancel())
    with gr.Row(elem_id="corpus-own"):
        title = gr.HTML(heading(text["corpus_own_title"], text["corpus_own_line"]))
        upload = gr.UploadButton(text["corpus_upload"], elem_id="corpus-upload", size="md", scale=0, min_width=140)
    message = gr.HTML("", elem_id="corpus-message")
    with gr.Column(visible=False, elem_id="corpus-steps") as steps:
        rows = gr.HTML("", elem_id="corpus-preview")
        question = gr.HTML(_small(text["corpus_mapping"]))
        with gr.Row(elem_id="corpus-mapping"):
            columns = [gr.Dropdown([], label=text[f"role_{role}"], min_width=150) for role in Role]
        with gr.Row(elem_id="corpus-actions"):
            preset = gr.Radio(presets, value=presets[0], label=text["preset"], visible=len(presets) > 1)
            start = gr.Button(text["corpus_build"], variant="primary", elem_id="corpus-build", scale=0, min_width=160)
            cancel = gr.Button(text["corpus_cancel"], elem_id="corpus-cancel", interactive=False, scale=0, min_width=96)
        bar = gr.HTML("", elem_id="corpus-bar")

    read = [table, said, message, steps, rows, *columns, upload]
    upload.upload(_read, [upload, page.language], read, **QUICK_EVENT)
    for column in columns:
        column.input(_previewed, [table, page.language, *columns], rows, **QUICK_EVENT)
    built = [bar, job, page.own, table, said, message, steps, start, cancel]
    start.click(partial(_built, page, builder), [table, preset, page.language, *columns], built, **BUILD_EVENT)
    cancel.click(lambda job: job and job.cancel(), job, None, **QUICK_EVENT)

    def relabel(switch: gr.Radio) -> None:
        outputs = [title, upload, message, rows, question, *columns, preset, start, cancel]
        switch.change(_translated, [switch, table, said, *columns], outputs, **QUICK_EVENT)

    return relabel


def _small(text: str) -> str:
    return f'<p class="small-label">{text}</p>'


def _read(path: str | None, language: str) -> tuple:
    """-> table, notice, message, steps, preview, a dropdown a role, the upload button without its file."""
    text = words(language)
    try:
        table = read_table(Path(path or ""), Path(path or "").name)
        found = guess(table.columns)
        chosen = [NONE if found[role] is None else found[role] for role in Role]
        drops = [gr.update(choices=_choices(table, role, text), value=v) for role, v in zip(Role, chosen, strict=True)]
        shown = (table, None, "", gr.update(visible=True), preview(table, found, text), *drops)
    except Exception as error:
        said = _fault(error)
        shown = (None, said, notice(said, text), gr.update(visible=False), "", *[gr.skip()] * len(Role))
    finally:
        if path:
            with suppress(OSError):  # gradio's own copy; nothing of an upload stays on disk
                Path(path).unlink()
                Path(path).parent.rmdir()
    return *shown, gr.update(value=None, label=text["corpus_upload_other"])


def _fault(error: Exception) -> Notice:
    if isinstance(error, UploadError):
        return Notice(f"upload_{error.fault}", error.values, failed=True)
    log.error("an upload failed", exc_info=error)
    return Notice("corpus_failed", failed=True)


def _choices(table: Table, role: Role, text: dict[str, str]) -> list[tuple[str, int]]:
    """The columns by name; of a role that may stay empty also none. Equal names are told apart by their place."""
    names = [column_name(table, i, text) for i in range(len(table.columns))]
    labels = [f"{n} ({i + 1})" if names.count(n) > 1 else n for i, n in enumerate(names)]
    return [(text["corpus_no_column"], NONE), *zip(labels, range(len(labels)), strict=True)]


def _chosen(columns: tuple[int | None, ...]) -> dict[Role, int | None]:
    return {role: None if c in (None, NONE) else c for role, c in zip(Role, columns, strict=True)}


def _previewed(table: Table | None, language: str, *columns: int | None) -> str:
    return preview(table, _chosen(columns), words(language))


def _built(page: Page, builder: Builder, table: Table | None, preset: str, language: str, *columns) -> Iterator[tuple]:
    """Each yield: bar, job, own corpus, table, notice, message, steps, Build button, Cancel button."""
    text, skip = words(language), gr.skip()
    idle = (gr.update(interactive=True), gr.update(interactive=False))
    try:
        if table is None:  # forgotten after half an hour
            raise UploadError(UploadFault.GONE)
        job = builder.start(page.engines[preset], to_passages(table, _chosen(columns)))
        for state in job.watch():
            buttons = (gr.update(interactive=False), gr.update(interactive=True))
            yield progress(state, text), job, skip, skip, None, "", skip, *buttons
    except Exception as error:
        said = _fault(error)
        yield "", None, skip, skip, said, notice(said, text), skip, *idle
        return
    if job.engine is None:
        said = Notice("corpus_cancelled")
        yield "", None, skip, skip, said, notice(said, text), skip, *idle
        return
    said = Notice("corpus_ready")
    own = OwnCorpus(table.name, {preset: job.engine})
    yield "", None, own, None, said, notice(said, text), gr.update(visible=False), *idle


def _translated(language: str, table: Table | None, said: Notice | None, *columns) -> list:
    text = words(language)
    labels = [
        gr.update(label=text[f"role_{role}"], **({"choices": _choices(table, role, text)} if table else {}))
        for role in Role
    ]
    return [
        heading(text["corpus_own_title"], text["corpus_own_line"]),
        gr.update(label=text["corpus_upload_other" if table else "corpus_upload"]),
        notice(said, text),
        preview(table, _chosen(columns), text),
        _small(text["corpus_mapping"]),
        *labels,
        gr.update(label=text["preset"]),
        text["corpus_build"],
        text["corpus_cancel"],
    ]
