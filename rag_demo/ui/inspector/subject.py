"""What the inspector works on: the newest finished answer and the engine that gave it."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from rag_demo.engine import RagEngine
from rag_demo.render import Turn
from rag_demo.store import StoreError
from rag_demo.types import Answer
from rag_demo.ui.page import OwnCorpus, Page


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the inspector: renewed after the given events, relabelled by the language switch."""

    follow: Callable[[Sequence[gr.events.Dependency]], None]
    relabel: Callable[[gr.Radio], None]


def subject(turns: Sequence[Turn]) -> Answer | None:
    """The newest answer, where it is finished and has tokens."""
    answer = next((turn.answer for turn in reversed(turns) if turn.answer), None)
    return answer if answer and answer.finished and answer.tokens else None


def engine_of(page: Page, own: OwnCorpus | None, answer: Answer) -> RagEngine | None:
    """The engine whose model gave the answer and whose index holds its passages; a visitor's own may be gone by now."""
    candidates = [engine for preset in page.engines for engine in (page.engine(preset, own), page.engines[preset])]
    return next((engine for engine in candidates if engine.name == answer.model and _holds(engine, answer)), None)


def _holds(engine: RagEngine, answer: Answer) -> bool:
    """Yes, too, while the store does not answer: the model is the same, and what needs the store will say so itself."""
    try:
        places = [engine.index.position.get(hit.passage.id) for hit in answer.hits]
        return None not in places and engine.index.fetch(places) == [hit.passage for hit in answer.hits]
    except StoreError:
        return True


def sentence(text: str) -> str:
    """What went wrong, in place of a result."""
    return f'<p class="fault" role="alert">{html.escape(text)}</p>'


def heading(text: dict[str, str], part: str) -> str:
    return f'<h2>{html.escape(text[f"{part}_title"])}</h2><p class="meaning">{html.escape(text[f"{part}_meaning"])}</p>'


IDLE = (gr.update(interactive=True), gr.update(interactive=False))  # the part's button, its Stop
BUSY = (gr.update(interactive=False), gr.update(interactive=True))
