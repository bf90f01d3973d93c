"""Counterfactual: what each passage is worth, and the answer again from another set of passages."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence

import gradio as gr

from rag_demo.config import MAX_TOP_K
from rag_demo.counterfactual import counterfactual
from rag_demo.engine import RagEngine
from rag_demo.render_counterfactual import comparison, influences
from rag_demo.types import Answer, Counterfactual, RagError
from rag_demo.ui.i18n import words
from rag_demo.ui.inspector.subject import BUSY, IDLE, Part, engine_of, heading, sentence, subject
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, Page

log = logging.getLogger(__name__)


def build(page: Page, turns: gr.State, text: dict[str, str]) -> Part:
    deltas, result = gr.State(()), gr.State(None)
    with gr.Column(elem_id="counterfactual", elem_classes="inspector-part"):
        title = gr.HTML(heading(text, "counter"))
        worth = gr.HTML("", elem_id="influence")
        chosen = gr.CheckboxGroup([], label=text["counter_chosen"], elem_id="chosen")
        with gr.Row(elem_classes="inspector-actions"):
            added = gr.Textbox(label=text["counter_add"], max_lines=1, max_length=200, elem_id="added", scale=3)
            again = gr.Button(text["counter_again"], elem_id="again-button", scale=0, min_width=200)
            stop = gr.Button(text["stop"], elem_id="again-stop", interactive=False, scale=0, min_width=72)
        shown = gr.HTML("", elem_id="counter-result")

    answering = dict(fn=_answer_again(page), inputs=[turns, page.language, page.own, chosen, added], **MODEL_EVENT)
    outputs = [shown, result, again, stop]
    events = [again.click(outputs=outputs, **answering), added.submit(outputs=outputs, **answering)]
    stop.click(_stopped, [result, page.language], [shown, again, stop], cancels=events, **QUICK_EVENT)

    def follow(asked: Sequence[gr.events.Dependency]) -> None:
        for event in asked:
            renewed = event.then(
                _renew, [turns, page.language], [chosen, added, worth, deltas, *outputs], **QUICK_EVENT
            )
            renewed.then(_measure(page), [turns, page.language, page.own], [worth, deltas], **MODEL_EVENT)

    def relabel(switch: gr.Radio) -> None:
        words_of = [title, worth, chosen, added, again, stop, shown]
        switch.change(_translated, [switch, turns, deltas, result], words_of, **QUICK_EVENT)

    return Part(follow, relabel)


def _renew(turns: list, language: str) -> tuple:
    """The controls of the newest answer; what was worked out about another one goes."""
    text, answer = words(language), subject(turns)
    waiting = f'<p class="meaning">{text["counter_measuring"]}</p>' if answer else ""
    hits = answer.hits if answer else ()
    box = gr.update(choices=_choices(answer), value=[hit.passage.id for hit in hits])
    return box, "", waiting, (), "", None, *IDLE


def _choices(answer: Answer | None) -> list[tuple[str, str]]:
    hits = answer.hits if answer else ()
    return [(f"{i}  {hit.passage.title or hit.passage.id}", hit.passage.id) for i, hit in enumerate(hits, 1)]


def _measure(page: Page) -> Callable[..., tuple]:
    def measure(turns, language, own):
        text, answer = words(language), subject(turns)
        if answer is None:
            return "", ()
        engine = engine_of(page, own, answer)
        if engine is None:
            return sentence(text["counter_gone"]), ()
        try:
            deltas = engine.influence(answer.question, answer.text, answer.hits, answer.rag_mode)
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("measuring influence failed")
            return sentence(text["inspect_failed"]), ()
        return influences(answer, deltas, text), deltas

    return measure


def _answer_again(page: Page) -> Callable[..., Iterator[tuple]]:
    def stream(turns, language, own, chosen, added):
        """Each yield: the comparison, its value, the button, Stop."""
        text, answer = words(language), subject(turns)
        engine = engine_of(page, own, answer) if answer else None
        if engine is None:
            yield sentence(text["counter_gone"]), None, *IDLE
            return
        try:
            passages = _passages(answer, engine, chosen, added, text)
            for result in counterfactual(engine, answer, passages):
                settled = result.after.finished
                yield comparison(result, text, settled), result, *(IDLE if settled else BUSY)
        except RagError as error:
            yield sentence(str(error)), None, *IDLE
        except Exception:
            log.exception("answering again failed")
            yield sentence(text["inspect_failed"]), None, *IDLE

    return stream


def _passages(
    answer: Answer, engine: RagEngine, chosen: Sequence[str], added: str, text: dict[str, str]
) -> frozenset[str]:
    """The set that was ticked and typed. RagError, in the page's language, where it cannot be one."""
    typed = [part for part in re.split(r"[\s,，、;；]+", added) if part]
    for passage in typed:
        if passage not in engine.index.position:
            raise RagError(text["counter_unknown"].format(passage, engine.index.passages[0].id))
    passages = frozenset(typed) | ({hit.passage.id for hit in answer.hits} & set(chosen))
    if not passages:
        raise RagError(text["counter_none_left"])
    if len(passages) > MAX_TOP_K:
        raise RagError(text["counter_too_many"].format(MAX_TOP_K))
    return passages


def _stopped(result: Counterfactual | None, language: str) -> tuple:
    return (comparison(result, words(language), settled=True) if result else gr.skip()), *IDLE


def _translated(language: str, turns: list, deltas: tuple[float, ...], result: Counterfactual | None) -> list:
    text, answer = words(language), subject(turns)
    return [
        heading(text, "counter"),
        influences(answer, deltas, text) if answer and deltas else gr.skip(),
        gr.update(label=text["counter_chosen"]),
        gr.update(label=text["counter_add"]),
        text["counter_again"],
        text["stop"],
        comparison(result, text, settled=True) if result else "",
    ]
