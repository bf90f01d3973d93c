"""The Compare tab: two models, or two settings of one, on the same question; blind votes and what they add up to."""

import html
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import gradio as gr

from rag_demo.comparison import Comparison, Setting, compare, default_settings, settings_of
from rag_demo.config import ASSETS, MAX_TOP_K, AnswerOptions
from rag_demo.corpus import read_questions
from rag_demo.render_compare import message
from rag_demo.render_tally import side_label
from rag_demo.text import MAX_QUESTION_CHARACTERS, normalise_question
from rag_demo.types import RagError
from rag_demo.ui import compare_api
from rag_demo.ui.ballot import CHOICES, Round, Words, ballot_line, draw, tally, voter
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, Page
from rag_demo.votes import Votes, open_votes

GOLD_FILES = ("dev.jsonl", "test.jsonl")
OPEN_SECONDS, BLIND_SECONDS = 0.04, 0.3

# One vote at a time: the second click of a double click already sees that the first was counted.
VOTE_EVENT = dict(concurrency_id="vote", concurrency_limit=1, show_progress="hidden", api_visibility="private")

log = logging.getLogger(__name__)


def build(page: Page) -> Callable[[gr.Radio], None]:
    text, settings = words(Language.CHINESE), settings_of(page.engines)
    store, gold, language = open_votes(page.data), known_sources(), page.language
    shown = gr.State(Round())
    intro = gr.HTML(_intro(page, text), elem_id="compare-intro")
    with gr.Row(elem_id="compare-sides"):
        left, right = (
            gr.Dropdown(
                _choices(settings, text),
                value=str(value),
                label=text[key],
                filterable=False,
                min_width=280,
                elem_id=key.replace("_", "-"),
            )
            for key, value in zip(("compare_left", "compare_right"), default_settings(page.engines), strict=True)
        )
    question = gr.Textbox(
        label=text["question"],
        placeholder=text["placeholder"],
        lines=1,
        max_lines=5,
        max_length=4 * MAX_QUESTION_CHARACTERS,
        elem_id="compare-question",
    )
    with gr.Row(elem_id="compare-actions"):
        start = gr.Button(text["compare_start"], variant="primary", elem_id="compare-start", scale=2)
        stop = gr.Button(text["stop"], elem_id="compare-stop", interactive=False)
        pick = gr.Button(text["compare_random"], elem_id="compare-random", visible=bool(gold), scale=2)
    blind = gr.Checkbox(False, label=text["compare_blind"], container=False, elem_id="compare-blind")
    with gr.Accordion(text["compare_settings"], open=False, elem_id="compare-settings") as shared:
        top_k = gr.Slider(1, MAX_TOP_K, value=5, step=1, label=text["top_k"])
        answer_mode = gr.Radio(_answer_modes(text), value="grounded", label=text["answer_mode"])
    result = gr.HTML(message(text["compare_empty"]), elem_id="compare-result")
    with gr.Column(visible=False, elem_id="compare-ballot") as ballot:
        asked = gr.HTML(ballot_line(Round(), store, text), elem_id="compare-ballot-line")
        with gr.Row(elem_id="compare-votes"):
            buttons = [
                gr.Button(text[f"compare_vote_{b}"], elem_id=f"compare-vote-{b}", min_width=120) for b in CHOICES
            ]
    verdict = gr.HTML("", elem_id="compare-verdict")
    rates = gr.HTML("", elem_id="compare-tally")
    # without triggers: at each visit, and when the language changes
    gr.on(None, lambda chosen: tally(store, page.engines, words(chosen)), language, rates, **QUICK_EVENT)

    drawn = [result, ballot, asked, *buttons, verdict]
    outputs = [*drawn, shown, start, stop]
    inputs = [question, language, page.own, left, right, top_k, answer_mode, blind]
    comparing = dict(fn=_handler(page, store, gold), inputs=inputs, outputs=outputs, **MODEL_EVENT)
    events = [start.click(**comparing), question.submit(**comparing)]

    def stopped(now: Round, chosen: str) -> tuple:
        now = replace(now, stopped=not (now.comparison and now.comparison.finished))
        return *draw(now, store, words(chosen)), now, *_IDLE

    stop.click(stopped, [shown, language], outputs, cancels=events, **QUICK_EVENT)
    pick.click(lambda: random.choice(tuple(gold)), None, question, **QUICK_EVENT)
    for button, choice in zip(buttons, CHOICES, strict=True):
        button.click(voter(store, page.engines, choice), [shown, language], [*drawn, shown, rates], **VOTE_EVENT)

    def translated(chosen: str, now: Round) -> list:
        text = words(chosen)
        return [
            *draw(now, store, text),
            _intro(page, text),
            *(
                gr.update(label=text[key], choices=_choices(settings, text))
                for key in ("compare_left", "compare_right")
            ),
            gr.update(label=text["question"], placeholder=text["placeholder"]),
            text["compare_start"],
            text["stop"],
            text["compare_random"],
            gr.update(label=text["compare_blind"]),
            gr.update(label=text["compare_settings"]),
            gr.update(label=text["top_k"]),
            gr.update(label=text["answer_mode"], choices=_answer_modes(text)),
        ]

    def relabel(switch: gr.Radio) -> None:
        labelled = [intro, left, right, question, start, stop, pick, blind, shared, top_k, answer_mode]
        switch.change(translated, [switch, shown], [*drawn, *labelled], **QUICK_EVENT)

    compare_api.publish(page, store, gold)
    return relabel


def _intro(page: Page, text: Words) -> str:
    more = f'<p class="meaning">{html.escape(text["compare_one_engine"])}</p>' if len(page.engines) == 1 else ""
    return f"<p>{html.escape(text['compare_intro'])}</p>{more}"


def _choices(settings: tuple[Setting, ...], text: Words) -> list[tuple[str, str]]:
    return [(side_label(str(setting), text), str(setting)) for setting in settings]


def _answer_modes(text: Words) -> list[tuple[str, str]]:
    return [(text[mode], mode) for mode in ("grounded", "free")]


def known_sources() -> dict[str, tuple[str, ...]]:
    """Normalised question -> ids of the passages that hold its answer, from the dev and test questions."""
    files = [ASSETS / "questions" / name for name in GOLD_FILES]
    questions = [question for file in files if file.exists() for question in read_questions(file)]
    return {normalise_question(q.question): q.passage_ids for q in questions if q.passage_ids}


_IDLE = (gr.update(interactive=True), gr.update(interactive=False))
_BUSY = (gr.update(interactive=False), gr.update(interactive=True))


def _handler(page: Page, store: Votes, gold: Mapping[str, tuple[str, ...]]) -> Callable[..., Iterator[tuple]]:
    def stream(question, language, own, left, right, top_k, answer_mode, blind):
        """Each yield: what `draw` draws, the round, the Compare button, the Stop button."""
        text = words(language)
        now = Round(asked=True, blind=blind, hidden=blind)
        # Which side stands left is drawn here and never sent; the models answer in the order they were picked in, so
        # the pace of the answers says nothing about it either.
        swap = blind and bool(secrets.randbits(1))
        try:
            settings = [Setting.parse(left), Setting.parse(right)]
            if settings[0] == settings[1]:
                raise RagError(text["compare_same"])
            sides = [(page.engine(setting.preset, own), setting) for setting in settings]
            now = replace(now, own=any(engine is not page.engines[setting.preset] for engine, setting in sides))
            yield *draw(now, store, text), now, *_BUSY
            options = AnswerOptions(top_k, answer_mode=answer_mode)
            for comparison in paced(compare(question, sides, options, {} if now.own else gold), blind):
                now = replace(now, comparison=comparison.swapped if swap else comparison)
                yield *draw(now, store, text), now, *(_IDLE if comparison.finished else _BUSY)
        except RagError as error:
            now = Round(problem=str(error))
            yield *draw(now, store, text), now, *_IDLE
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("comparing failed")
            now = Round(problem=text["busy"])
            yield *draw(now, store, text), now, *_IDLE

    return stream


def paced(comparisons: Iterator[Comparison], blind: bool) -> Iterator[Comparison]:
    """Open: a token at least 0.04 s after the one before, for the eye. Blind: what is not shown is not sent either, but
    a sign of life every 0.3 s, so that Stop has something to stop."""
    last = 0.0
    for comparison in comparisons:
        wait = last + (BLIND_SECONDS if blind else OPEN_SECONDS) - time.perf_counter()
        if blind and wait > 0 and not comparison.finished:
            continue
        time.sleep(max(0.0, wait) if not comparison.finished else 0.0)
        last = time.perf_counter()
        yield comparison
