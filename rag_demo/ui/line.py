"""The line above the tabs that tells a waiting visitor their place, for every event that runs a model."""

import gradio as gr

from rag_demo.ui.page import MODEL_QUEUE

HEAVY_QUEUES = frozenset({MODEL_QUEUE, "corpus", "lab"})  # what a visitor may not start without end


def build() -> gr.HTML:
    return gr.HTML('<p id="place" role="status"></p>', elem_id="line")


def follow(demo: gr.Blocks, line: gr.HTML) -> None:
    """Once every tab is built: gradio reports the place in the queue where an event shows its progress."""
    for event in demo.fns.values():
        if event.concurrency_id == MODEL_QUEUE and event.api_visibility == "private" and not _is_slice(event):
            event.show_progress, event.show_progress_on = "minimal", [line]


def runs_model(demo: gr.Blocks, path: str, body: object) -> bool:
    """Whether a request to run an event, by its number or by its endpoint's name, asks for one of the heavy ones."""
    if not path.startswith(("/gradio_api/queue/join", "/gradio_api/call/", "/gradio_api/run/", "/gradio_api/api/")):
        return False
    number, name = body.get("fn_index") if isinstance(body, dict) else None, path.rstrip("/").rsplit("/", 1)[-1]
    if not isinstance(number, int | None):
        return True  # "115", which gradio takes for 115
    asked = [event for event in demo.fns.values() if event.api_name == name or event._id == number]
    return any(event.concurrency_id in HEAVY_QUEUES and not _is_slice(event) for event in asked)


def _is_slice(event) -> bool:
    """Of an evaluation, which a timer asks for many times a minute."""
    return any(kind == "tick" for _, kind in event.targets)
