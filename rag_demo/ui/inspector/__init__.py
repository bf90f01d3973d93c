"""The inspector under the conversation: which passage wrote what, what if it were missing, and both marginals.

`picture` follows the stream; the other two parts open when the answer is finished (the style sheet sees to it)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from rag_demo.render import Turn
from rag_demo.render_inspector import inspection
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.inspector import counterfactual, endpoints, modes
from rag_demo.ui.page import QUICK_EVENT, Page


@dataclass(frozen=True, slots=True)
class Inspector:
    """picture: one output of whatever changes the conversation. follow: given those events, renews the other parts."""

    picture: gr.HTML
    follow: Callable[[Sequence[gr.events.Dependency]], None]
    relabel: Callable[[gr.Radio], None]


def build(page: Page, turns: gr.State) -> Inspector:
    text = words(Language.CHINESE)
    with gr.Column(elem_id="inspector"):
        picture = gr.HTML("", elem_id="attribution")
        parts = (counterfactual.build(page, turns, text), modes.build(page, turns, text))
    endpoints.publish(page.engines)

    def follow(events: Sequence[gr.events.Dependency]) -> None:
        for part in parts:
            part.follow(events)

    def relabel(switch: gr.Radio) -> None:
        switch.change(lambda language, turns: portrait(turns, words(language)), [switch, turns], picture, **QUICK_EVENT)
        for part in parts:
            part.relabel(switch)

    return Inspector(picture, follow, relabel)


def portrait(turns: Sequence[Turn], text: dict[str, str]) -> str:
    """The attribution of the newest answer; a question that failed leaves the one before it."""
    turn = next((turn for turn in reversed(turns) if turn.answer), None)
    return inspection(turn and turn.answer, text, settled=bool(turn and (turn.answer.finished or turn.stopped)))
