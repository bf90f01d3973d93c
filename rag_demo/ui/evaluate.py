"""The Evaluate tab: what was measured, and below it a run on a few questions."""

import logging
from collections.abc import Callable

import gradio as gr

from rag_demo.config import ASSETS
from rag_demo.render_evaluate import measured
from rag_demo.render_evaluate_parts import problem
from rag_demo.results import QUALITIES, Results
from rag_demo.results_file import read_results
from rag_demo.ui import evaluate_api, evaluate_run
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, Page

RESULTS = ASSETS / "results"
WHICH = ("all", "unseen")

log = logging.getLogger(__name__)


def build(page: Page) -> Callable[[gr.Radio], None]:
    text, results = words(Language.CHINESE), read_results(RESULTS)
    which, measure = WHICH[0], QUALITIES[0]
    intro = gr.HTML(_intro(text), elem_id="eva-intro")
    with gr.Row(elem_id="eva-view"):
        chosen_which = gr.Radio(
            _which(text), value=which, label=text["eva_which"], visible=_has_unseen(results), elem_id="eva-which"
        )
        chosen_measure = gr.Radio(
            _measures(results, text), value=measure, label=text["eva_measure"], visible=_has_answers(results)
        )
    shown = gr.HTML(_shown("zh", which, measure), elem_id="eva-out")
    view = [chosen_which, chosen_measure]
    gr.on([control.change for control in view], _shown, [page.language, *view], shown, **QUICK_EVENT)
    relabel_run = evaluate_run.build(page)
    evaluate_api.publish(page.engines, RESULTS)

    def relabel(switch: gr.Radio) -> None:
        switch.change(_translated, [switch, *view], [intro, shown, *view], **QUICK_EVENT)
        relabel_run(switch)

    return relabel


def _intro(text: dict[str, str]) -> str:
    return f'<p class="eva-note">{text["eva_intro"]}</p>'


def _which(text: dict[str, str]) -> list[tuple[str, str]]:
    return [(text[f"eva_which_{name}"], name) for name in WHICH]


def _measures(results: Results, text: dict[str, str]) -> list[tuple[str, str]]:
    """Those that some answer was measured by."""
    found = {name for model in results.models for figures in model.answers.values() for name in figures}
    return [(text["eva_f1"] if name == QUALITIES[0] else name, name) for name in QUALITIES if name in found]


def _has_unseen(results: Results) -> bool:
    return any(ranker.unseen for model in results.models for ranker in model.rankers)


def _has_answers(results: Results) -> bool:
    return any(model.answers for model in results.models)


def _shown(language: str, which: str, measure: str) -> str:
    text = words(language)
    try:
        return measured(read_results(RESULTS), text, which == "unseen", measure)
    except Exception:  # a visitor gets a sentence, the log the traceback
        log.exception("drawing the results failed")
        return problem(text["eva_none"])


def _translated(language: str, which: str, measure: str) -> list:
    text, results = words(language), read_results(RESULTS)
    return [
        _intro(text),
        _shown(language, which, measure),
        gr.update(label=text["eva_which"], choices=_which(text)),
        gr.update(label=text["eva_measure"], choices=_measures(results, text)),
    ]
