"""The Ask tab: the conversation on the left, the passages on the right, both moving while the answer streams."""

from collections.abc import Callable

import gradio as gr

from rag_demo.config import MAX_TOP_K
from rag_demo.render import Turn, conversation, evidence
from rag_demo.text import MAX_QUESTION_CHARACTERS
from rag_demo.ui import feedback, inspector
from rag_demo.ui.asking import ask_handler, clear_handler, follow_link, open_handler, stop_handler
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import MODEL_EVENT, QUICK_EVENT, Page


def build(page: Page) -> Callable[[gr.Radio], None]:
    text = words(Language.CHINESE)
    presets, examples, language = list(page.engines), page.examples, page.language
    turns, opened = gr.State([]), gr.State(None)
    with gr.Row(elem_id="ask", equal_height=False):
        with gr.Column(scale=5, min_width=320, elem_id="left"):
            talk = gr.HTML(conversation([], text), elem_id="talk")
            edit_button = gr.Button(text["edit_searched"], size="sm", elem_id="edit-button", visible=False)
            votes = feedback.build(page, turns)
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
                ask_button = gr.Button(
                    text["ask"], variant="primary", elem_id="ask-button", elem_classes="key-ask", scale=2
                )
                stop_button = gr.Button(text["stop"], elem_id="stop-button", elem_classes="key-stop", interactive=False)
                clear_button = gr.Button(text["clear"], elem_id="clear-button")
            example_label = gr.HTML(_label(text["examples"]), visible=bool(examples), elem_id="example-label")
            with gr.Row(elem_id="examples"):
                example_buttons = [gr.Button(example, size="sm", elem_classes="example") for example in examples]
            with gr.Accordion(text["settings"], open=False, elem_id="settings") as settings:
                preset = gr.Radio(presets, value=presets[0], label=text["preset"], visible=len(presets) > 1)
                follow_up = gr.Checkbox(True, label=text["follow_up"])
                top_k = gr.Slider(1, MAX_TOP_K, value=5, step=1, label=text["top_k"])
                choices = {
                    name: gr.Radio(_choices(name, text), value=value, label=text[name]) for name, value in _DEFAULTS
                }
        with gr.Column(scale=6, min_width=320, elem_id="right"):
            cards = gr.HTML(evidence(None, text), elem_id="cards")
    inspect = inspector.build(page, turns)

    settings_of_answer = [preset, top_k, *choices.values()]
    inputs = [question, turns, language, page.own, opened, follow_up, *settings_of_answer]
    outputs = [talk, cards, turns, question, ask_button, stop_button, inspect.picture]
    asking = dict(fn=ask_handler(page), inputs=inputs, outputs=outputs, **MODEL_EVENT)
    events = [ask_button.click(**asking), question.submit(**asking)]
    filled = page.demo.load(open_handler(page), language, [opened, talk, question, *settings_of_answer], **QUICK_EVENT)
    events.append(filled.then(**asking | {"fn": follow_link(asking["fn"])}))
    for button, example in zip(example_buttons, examples, strict=True):
        filled = button.click(lambda example=example: example, None, question, **QUICK_EVENT)
        events.append(filled.then(**asking))
    stopped = stop_button.click(stop_handler, [turns, language], outputs, cancels=events, **QUICK_EVENT)
    cleared = clear_button.click(clear_handler, language, outputs, cancels=events, **QUICK_EVENT)
    edit_button.click(_last_searched, turns, question, **QUICK_EVENT)
    ended = [*events, stopped, cleared]
    inspect.follow(ended)
    votes.follow(ended)
    for event in ended:
        event.then(lambda turns: gr.update(visible=bool(_last_searched(turns))), turns, edit_button, **QUICK_EVENT)

    def relabel(switch: gr.Radio) -> None:
        labelled = [question, ask_button, stop_button, clear_button, edit_button, example_label, settings, follow_up]
        drawn = [talk, cards, *labelled, preset, top_k, *choices.values()]
        switch.change(_translated, [switch, turns], drawn, **QUICK_EVENT)
        inspect.relabel(switch)
        votes.relabel(switch)

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


def _last_searched(turns: list[Turn]) -> str:
    """The question as it was last searched, "" before the first."""
    return next((turn.answer.question for turn in reversed(turns) if turn.answer), "")


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
        text["edit_searched"],
        _label(text["examples"]),
        gr.update(label=text["settings"]),
        gr.update(label=text["follow_up"]),
        gr.update(label=text["preset"]),
        gr.update(label=text["top_k"]),
        *(gr.update(label=text[name], choices=_choices(name, text)) for name in _OPTIONS),
    ]
