"""The Retrieval tab: dense, BM25 and hybrid side by side for one question, and the index lab below them."""

import logging
from collections.abc import Callable

import gradio as gr

from rag_demo.config import MAX_TOP_K, AnswerOptions
from rag_demo.found import SideBySide
from rag_demo.render_retrieval import intro, problem, three_lists
from rag_demo.side_by_side import side_by_side
from rag_demo.text import MAX_QUESTION_CHARACTERS
from rag_demo.types import RagError
from rag_demo.ui import index_lab
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, OwnCorpus, Page

log = logging.getLogger(__name__)


def build(page: Page) -> Callable[[gr.Radio], None]:
    text, presets = words(Language.CHINESE), list(page.engines)
    view = gr.State(None)
    with gr.Column(elem_id="retrieval"):
        heading = gr.HTML(intro(text["retrieval_intro"]))
        with gr.Row(elem_id="retrieval-bar", equal_height=False):
            question = gr.Textbox(
                value=page.examples[0] if page.examples else "",
                label=text["question"],
                placeholder=text["placeholder"],
                max_lines=3,
                max_length=4 * MAX_QUESTION_CHARACTERS,
                scale=6,
                min_width=260,
                elem_id="retrieval-question",
            )
            top_k = gr.Slider(1, MAX_TOP_K, value=5, step=1, label=text["top_k"], scale=3, min_width=200)
            preset = gr.Radio(
                presets, value=presets[0], label=text["preset"], visible=len(presets) > 1, scale=2, min_width=140
            )
        run = gr.Button(text["retrieval_run"], variant="primary", elem_id="retrieval-run")
        shown = gr.HTML(three_lists(None, text), elem_id="retrieval-lists")
        relabel_lab = index_lab.build(page, question, preset)

    searching = dict(
        fn=_handler(page),
        inputs=[question, page.language, page.own, preset, top_k],
        outputs=[shown, view],
        **MODEL_EVENT,
    )
    run.click(**searching)
    question.submit(**searching)

    def relabel(switch: gr.Radio) -> None:
        switch.change(_translated, [switch, view], [heading, question, top_k, preset, run, shown], **QUICK_EVENT)
        relabel_lab(switch)

    return relabel


def _handler(page: Page) -> Callable[..., tuple]:
    def search(question: str, language: str, own: OwnCorpus | None, preset: str, top_k: int) -> tuple:
        """-> the lists, and the value they were drawn from."""
        text = words(language)
        try:
            corpus = own.name if own and preset in own.engines else ""
            view = side_by_side(page.engine(preset, own), question, AnswerOptions(top_k).top_k, corpus)
            return three_lists(view, text), view
        except RagError as error:
            return problem(str(error)), None
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("retrieval failed")
            return problem(text["busy"]), None

    return search


def _translated(language: str, view: SideBySide | None) -> list:
    text = words(language)
    return [
        intro(text["retrieval_intro"]),
        gr.update(label=text["question"], placeholder=text["placeholder"]),
        gr.update(label=text["top_k"]),
        gr.update(label=text["preset"]),
        text["retrieval_run"],
        three_lists(view, text),
    ]
