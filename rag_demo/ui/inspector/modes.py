"""RAG-Token beside RAG-Sequence: the newest question decoded both ways."""

import logging
from collections.abc import Callable, Iterator, Sequence

import gradio as gr

from rag_demo.counterfactual import both_ways
from rag_demo.render_modes import both
from rag_demo.types import Candidate, RagError
from rag_demo.ui.i18n import words
from rag_demo.ui.inspector.subject import BUSY, IDLE, Part, engine_of, heading, sentence, subject
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, Page

log = logging.getLogger(__name__)


def build(page: Page, turns: gr.State, text: dict[str, str]) -> Part:
    result = gr.State(())
    with gr.Column(elem_id="modes", elem_classes="inspector-part"):
        title = gr.HTML(heading(text, "modes"))
        with gr.Row(elem_classes="inspector-actions"):
            go = gr.Button(text["modes_go"], elem_id="modes-button", scale=0, min_width=200)
            stop = gr.Button(text["stop"], elem_id="modes-stop", interactive=False, scale=0, min_width=72)
        shown = gr.HTML("", elem_id="modes-result")
    outputs = [shown, result, go, stop]
    decoding = go.click(_decode(page), [turns, page.language, page.own], outputs, **MODEL_EVENT)
    stop.click(_stopped, [result, page.language], [shown, go, stop], cancels=[decoding], **QUICK_EVENT)

    def follow(asked: Sequence[gr.events.Dependency]) -> None:
        for event in asked:
            event.then(lambda: ("", (), *IDLE), None, outputs, **QUICK_EVENT)

    def relabel(switch: gr.Radio) -> None:
        switch.change(_translated, [switch, result], [title, go, stop, shown], **QUICK_EVENT)

    return Part(follow, relabel)


def _decode(page: Page) -> Callable[..., Iterator[tuple]]:
    def stream(turns, language, own):
        """Each yield: the two columns, their values, the button, Stop."""
        text, answer = words(language), subject(turns)
        engine = engine_of(page, own, answer) if answer else None
        if engine is None:
            yield sentence(text["counter_gone"]), (), *IDLE
            return
        try:
            for candidates in both_ways(engine, answer):
                yield both(candidates, text, settled=False), candidates, *BUSY
            yield both(candidates, text, settled=True), candidates, *IDLE
        except RagError as error:
            yield sentence(str(error)), (), *IDLE
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("decoding both ways failed")
            yield sentence(text["inspect_failed"]), (), *IDLE

    return stream


def _stopped(result: tuple[Candidate, ...], language: str) -> tuple:
    return both(result, words(language), settled=True), *IDLE


def _translated(language: str, result: tuple[Candidate, ...]) -> list:
    text = words(language)
    return [heading(text, "modes"), text["modes_go"], text["stop"], both(result, text, settled=True)]
