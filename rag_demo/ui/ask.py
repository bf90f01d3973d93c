"""The Ask tab: the conversation on the left, the passages on the right, both moving while the answer streams."""

import logging
import time
from collections.abc import Callable, Iterator

import gradio as gr

from rag_demo.config import MAX_TOP_K, AnswerOptions
from rag_demo.render import Turn, conversation, evidence
from rag_demo.text import MAX_QUESTION_CHARACTERS
from rag_demo.types import Answer, RagError
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, Page

KEPT_TURNS = 20
TOKEN_SECONDS = 0.04  # the model writes faster than an eye can follow the bars

log = logging.getLogger(__name__)


def build(page: Page) -> Callable[[gr.Radio], None]:
    text = words(Language.CHINESE)
    presets, examples, language = list(page.engines), page.examples, page.language
    turns = gr.State([])
    with gr.Row(elem_id="ask", equal_height=False):
        with gr.Column(scale=5, min_width=320, elem_id="left"):
            talk = gr.HTML(conversation([], text), elem_id="talk")
            question = gr.Textbox(
                label=text["question"],
                placeholder=text["placeholder"],
                lines=1,
                max_lines=5,
                autofocus=True,
                max_length=4 * MAX_QUESTION_CHARACTERS,
                elem_id="question",
            )
            with gr.Row(elem_id="actions"):
                ask_button = gr.Button(text["ask"], variant="primary", elem_id="ask-button", scale=2)
                stop_button = gr.Button(text["stop"], elem_id="stop-button", interactive=False)
                clear_button = gr.Button(text["clear"], elem_id="clear-button")
            example_label = gr.HTML(_label(text["examples"]), visible=bool(examples), elem_id="example-label")
            with gr.Row(elem_id="examples"):
                example_buttons = [gr.Button(example, size="sm", elem_classes="example") for example in examples]
            with gr.Accordion(text["settings"], open=False, elem_id="settings") as settings:
                preset = gr.Radio(presets, value=presets[0], label=text["preset"], visible=len(presets) > 1)
                top_k = gr.Slider(1, MAX_TOP_K, value=5, step=1, label=text["top_k"])
                choices = {
                    name: gr.Radio(_choices(name, text), value=value, label=text[name]) for name, value in _DEFAULTS
                }
        with gr.Column(scale=6, min_width=320, elem_id="right"):
            cards = gr.HTML(evidence(None, text), elem_id="cards")

    inputs = [question, turns, language, page.own, preset, top_k, *choices.values()]
    outputs = [talk, cards, turns, question, ask_button, stop_button]
    asking = dict(fn=_handler(page), inputs=inputs, outputs=outputs, **MODEL_EVENT)
    events = [ask_button.click(**asking), question.submit(**asking)]
    for button, example in zip(example_buttons, examples, strict=True):
        filled = button.click(lambda example=example: example, None, question, **QUICK_EVENT)
        events.append(filled.then(**asking))
    stop_button.click(_stopped, [turns, language], outputs, cancels=events, **QUICK_EVENT)
    clear_button.click(_cleared, language, outputs, cancels=events, **QUICK_EVENT)

    def relabel(switch: gr.Radio) -> None:
        labelled = [question, ask_button, stop_button, clear_button, example_label, settings, preset, top_k]
        switch.change(_translated, [switch, turns], [talk, cards, *labelled, *choices.values()], **QUICK_EVENT)

    return relabel


_DEFAULTS = (("retriever", "dense"), ("rag_mode", "token"), ("answer_mode", "grounded"))
_OPTIONS = {
    "retriever": (("dense", "dense"), ("bm25", "bm25"), ("hybrid", "hybrid")),
    "rag_mode": (("mode_token", "token"), ("mode_sequence", "sequence")),
    "answer_mode": (("grounded", "grounded"), ("free", "free")),
}


def _choices(name: str, text: dict[str, str]) -> list[tuple[str, str]]:
    return [(text[label], value) for label, value in _OPTIONS[name]]


def _label(text: str) -> str:
    return f'<p class="small-label">{text}</p>'


def _handler(page: Page) -> Callable[..., Iterator[tuple]]:
    def stream(question, turns, language, own, preset, top_k, retriever, rag_mode, answer_mode):
        """Each yield: conversation, cards, turns, question box, Ask button, Stop button."""
        text, past = words(language), list(turns)[-KEPT_TURNS:]
        idle = (gr.update(interactive=True), gr.update(interactive=False))
        busy = (gr.update(interactive=False), gr.update(interactive=True))
        try:
            engine = page.engine(preset, own)
            options = AnswerOptions(top_k, retriever, rag_mode, answer_mode)
            for answer in paced(engine.stream(question, options)):
                now = [*past, Turn(answer.question, answer)]
                buttons = idle if answer.finished else busy
                yield conversation(now, text), evidence(answer, text), now, "", *buttons
        except RagError as error:
            now = [*past, Turn(question[:MAX_QUESTION_CHARACTERS], error=str(error))]
            yield conversation(now, text), gr.skip(), now, question, *idle
        except Exception:  # a visitor gets a sentence, the log the traceback
            log.exception("answering failed")
            now = [*past, Turn(question[:MAX_QUESTION_CHARACTERS], error=text["busy"])]
            yield conversation(now, text), gr.skip(), now, question, *idle

    return stream


def paced(answers: Iterator[Answer], seconds: float = TOKEN_SECONDS) -> Iterator[Answer]:
    """The same answers, a token at least `seconds` after the one before."""
    shown = 0.0
    for answer in answers:
        if answer.tokens and not answer.finished:
            time.sleep(max(0.0, shown + seconds - time.perf_counter()))
            shown = time.perf_counter()
        yield answer


def _stopped(turns: list[Turn], language: str) -> tuple:
    """Stop keeps what has been written."""
    if turns and turns[-1].answer and not turns[-1].answer.finished:
        turns = [*turns[:-1], Turn(turns[-1].question, turns[-1].answer, stopped=True)]
    shown = conversation(turns, words(language))
    return shown, gr.skip(), turns, gr.skip(), gr.update(interactive=True), gr.update(interactive=False)


def _cleared(language: str) -> tuple:
    text = words(language)
    buttons = (gr.update(interactive=True), gr.update(interactive=False))
    return conversation([], text), evidence(None, text), [], "", *buttons


def _translated(language: str, turns: list[Turn]) -> list:
    text = words(language)
    answer = turns[-1].answer if turns else None
    return [
        conversation(turns, text),
        evidence(answer, text),
        gr.update(label=text["question"], placeholder=text["placeholder"]),
        text["ask"],
        text["stop"],
        text["clear"],
        _label(text["examples"]),
        gr.update(label=text["settings"]),
        gr.update(label=text["preset"]),
        gr.update(label=text["top_k"]),
        *(gr.update(label=text[name], choices=_choices(name, text)) for name in _OPTIONS),
    ]
