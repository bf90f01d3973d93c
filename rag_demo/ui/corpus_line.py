"""The line above every tab while a visitor asks their own passages, with the button that goes back."""

from collections.abc import Callable

import gradio as gr

from rag_demo.render_corpus import in_use
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, OwnCorpus, Page


def build(page: Page) -> Callable[[gr.Radio], None]:
    with gr.Row(visible=False, elem_id="corpus-line") as row:
        line = gr.HTML("")
        back = gr.Button(words(Language.CHINESE)["corpus_back"], size="sm", elem_id="corpus-back", min_width=160)
    outputs = [row, line, back]
    page.own.change(_shown, [page.language, page.own], outputs, **QUICK_EVENT)
    # queued: gradio's page hears of a changed State only from events that are
    back.click(lambda: None, None, page.own, concurrency_limit=None, show_progress="hidden", api_visibility="private")

    def relabel(switch: gr.Radio) -> None:
        switch.change(_shown, [switch, page.own], outputs, **QUICK_EVENT)

    return relabel


def _shown(language: str, own: OwnCorpus | None) -> tuple:
    text = words(language)
    if own is None:
        return gr.update(visible=False), "", text["corpus_back"]
    count = len(next(iter(own.engines.values())).index)
    return gr.update(visible=True), in_use(own.name, count, list(own.engines), text), text["corpus_back"]
