"""Thumbs on the newest answer, with a comment if the visitor likes, kept in the votes file of the data folder."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from rag_demo.types import RagError
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, Page
from rag_demo.votes import MAX_COMMENT_CHARACTERS, Side, Vote, VoteError, VoteKind, open_votes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Feedback:
    """follow(events): show the row once one of these has ended with an answer. relabel: follow the language switch."""

    follow: Callable[[Sequence], None]
    relabel: Callable[[gr.Radio], None]


def build(page: Page, turns: gr.State) -> Feedback:
    """The row below the conversation; it stays away where the page has no data folder to write to."""
    store, text = open_votes(page.data), words(Language.CHINESE)
    with gr.Row(visible=False, elem_id="feedback") as row:
        comment = gr.Textbox(
            placeholder=text["comment"], show_label=False, label=text["comment"], container=False, scale=4,
            max_length=MAX_COMMENT_CHARACTERS, elem_id="comment",
        )  # fmt: skip
        up = gr.Button(text["thumbs_up"], size="sm", elem_id="thumbs-up")
        down = gr.Button(text["thumbs_down"], size="sm", elem_id="thumbs-down")
    thanks = gr.HTML("", elem_id="thanks")

    def vote(outcome: str):
        def cast(turns, comment, own, language):
            text = words(language)
            try:
                answer = turns[-1].answer
                side = Side.of(answer, page.engine(answer.model, own).index.fingerprint)
                store.append(Vote(VoteKind.THUMBS, answer.question, (side,), outcome, comment.strip()))
            except VoteError as error:
                return gr.skip(), gr.skip(), _line(text[f"vote_{error.fault}"], failed=True)
            except RagError as error:
                return gr.skip(), gr.skip(), _line(str(error), failed=True)
            except Exception:
                log.exception("a vote failed")
                return gr.skip(), gr.skip(), _line(text["vote_unwritable"], failed=True)
            return gr.update(visible=False), "", _line(text["vote_thanks"])

        return cast

    for button, outcome in ((up, "up"), (down, "down")):
        button.click(vote(outcome), [turns, comment, page.own, page.language], [row, comment, thanks], **QUICK_EVENT)

    def shown(turns):
        answered = bool(turns and turns[-1].answer and turns[-1].answer.finished and turns[-1].answer.text)
        return gr.update(visible=answered and store.enabled), ""

    def follow(events: Sequence) -> None:
        for event in events:
            event.then(shown, turns, [row, thanks], **QUICK_EVENT)

    def relabel(switch: gr.Radio) -> None:
        def translated(language):
            text = words(language)
            return gr.update(placeholder=text["comment"], label=text["comment"]), text["thumbs_up"], text["thumbs_down"]

        switch.change(translated, switch, [comment, up, down], **QUICK_EVENT)

    return Feedback(follow, relabel)


def _line(text: str, failed: bool = False) -> str:
    return f'<p class="{"failed" if failed else "small-label"}" role="status">{text}</p>'
