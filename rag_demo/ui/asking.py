"""What happens when the Ask tab is asked, stopped, cleared or opened by a link. `Shown` is what each of these draws."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import gradio as gr

from rag_demo.config import AnswerOptions
from rag_demo.engine import RagEngine
from rag_demo.export import json_link, markdown_link
from rag_demo.followup import Rewriting, Standalone, standalone
from rag_demo.permalink import LinkError, Permalink, read_permalink
from rag_demo.render import Turn, conversation, evidence
from rag_demo.safety import find_emergency
from rag_demo.text import MAX_QUESTION_CHARACTERS
from rag_demo.types import Answer, RagError
from rag_demo.ui import inspector
from rag_demo.ui.i18n import words
from rag_demo.ui.page import Page

KEPT_TURNS = 20
TOKEN_SECONDS = 0.04  # the model writes faster than an eye can follow the bars
BUTTONS_IDLE = (gr.update(interactive=True), gr.update(interactive=False))  # Ask, Stop
BUTTONS_BUSY = (gr.update(interactive=False), gr.update(interactive=True))

log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """The components that every event of the tab redraws, in the order it lists them."""

    talk: str
    cards: str | dict
    turns: list[Turn]
    question: str | dict
    ask_button: dict
    stop_button: dict
    picture: str


def shown(turns: list[Turn], text: dict[str, str], cards, question, busy: bool = False) -> Shown:
    buttons = BUTTONS_BUSY if busy else BUTTONS_IDLE
    return Shown(conversation(turns, text), cards, turns, question, *buttons, inspector.portrait(turns, text))


def ask_handler(page: Page) -> Callable[..., Iterator[Shown]]:
    def stream(question, turns, language, own, opened, follow_up, preset, top_k, retriever, rag_mode, answer_mode):
        text, past = words(language), list(turns)[-KEPT_TURNS:]
        try:
            engine = page.engine(preset, own)
            options = AnswerOptions(top_k, retriever, rag_mode, answer_mode)
            asked = searched(question, past if follow_up else ())
            notice = text["link_index"] if _outdated(opened, question, engine) else ""
            for answer in paced(engine.stream(asked.text, options)):
                links = () if own or not answer.text else _links(answer, options, engine, text)
                turn = Turn(_typed(question), answer, rule=asked.rule, notice=notice, links=links)
                yield shown([*past, turn], text, evidence(answer, text), "", busy=not answer.finished)
        except RagError as error:
            yield shown([*past, Turn(_typed(question), error=str(error))], text, gr.skip(), question)
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("answering failed")
            yield shown([*past, Turn(_typed(question), error=text["busy"])], text, gr.skip(), question)

    return stream


def follow_link(asking: Callable[..., Iterator[Shown]]) -> Callable[..., Iterator[Shown]]:
    """As `asking`, for a page that was opened by a link; nothing where it was not."""

    def stream(question, turns, language, own, opened, *settings):
        if opened is None:
            yield Shown(*[gr.skip()] * len(Shown._fields))
            return
        yield from asking(question, turns, language, own, opened, *settings)

    return stream


def searched(question: str, past: Sequence[Turn]) -> Standalone:
    """What is searched for `question`: with the topic of the question before, unless its own words are an emergency."""
    previous = next((turn.answer.question for turn in reversed(past) if turn.answer), "")
    if not previous or find_emergency(question):
        return Standalone(question, Rewriting.AS_ASKED)
    return standalone(question, previous)


def stop_handler(turns: list[Turn], language: str) -> Shown:
    """Stop keeps what has been written."""
    if turns and turns[-1].answer and not turns[-1].answer.finished:
        turns = [*turns[:-1], Turn(turns[-1].question, turns[-1].answer, stopped=True, rule=turns[-1].rule)]
    return shown(turns, words(language), gr.skip(), gr.skip())


def clear_handler(language: str) -> Shown:
    text = words(language)
    return shown([], text, evidence(None, text), "")


def open_handler(page: Page) -> Callable[..., tuple]:
    """Fill in the tab from the page's query string -> link, conversation, question, preset, k and the three choices."""

    def opened(language, request: gr.Request):
        presets = {name: engine.index.fingerprint for name, engine in page.engines.items()}
        try:
            link = read_permalink(dict(request.query_params), presets)
        except LinkError as error:
            text = words(language)
            return None, conversation([Turn("", error=text[error.fault])], text), *[gr.skip()] * 6
        if link is None:
            return None, *[gr.skip()] * 7
        o = link.options
        choices = (str(o.retriever), str(o.rag_mode), str(o.answer_mode))
        return link, gr.skip(), link.question, link.preset, o.top_k, *choices

    return opened


def paced(answers: Iterator[Answer], seconds: float = TOKEN_SECONDS) -> Iterator[Answer]:
    """The same answers, a token at least `seconds` after the one before."""
    last = 0.0
    for answer in answers:
        if answer.tokens and not answer.finished:
            time.sleep(max(0.0, last + seconds - time.perf_counter()))
            last = time.perf_counter()
        yield answer


def _typed(question: str) -> str:
    return " ".join(question.split())[:MAX_QUESTION_CHARACTERS]


def _outdated(opened: Permalink | None, question: str, engine: RagEngine) -> bool:
    return bool(opened and opened.question == question and opened.index not in ("", engine.index.fingerprint))


def _links(answer: Answer, options: AnswerOptions, engine: RagEngine, text: dict[str, str]):
    """What a finished answer can be taken away by; a visitor's own passages cannot be linked to."""
    if not answer.finished:
        return ()
    return (
        ("permalink", Permalink.of(answer, options, engine.index.fingerprint).query, ""),
        ("export_markdown", markdown_link(answer, text), "answer.md"),
        ("export_json", json_link(answer), "answer.json"),
    )
