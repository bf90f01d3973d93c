"""What every tab is given: the engines, the language switch, the visitor's own corpus, and the habits all events share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from rag_demo.engine import RagEngine

MODEL_QUEUE = "model"  # one queue for everything that runs a model: no two models decode at once

# An event that runs a model, and one that only redraws. Both stay out of the documented API; gr.api publishes that.
MODEL_EVENT = dict(concurrency_id=MODEL_QUEUE, concurrency_limit=1, show_progress="hidden", api_visibility="private")
QUICK_EVENT = dict(queue=False, show_progress="hidden", api_visibility="private")


@dataclass(frozen=True, slots=True, eq=False)  # gradio hashes the values of a State that is listened to
class OwnCorpus:
    """Passages that one visitor brought, indexed for the presets that were asked to; kept in their session only."""

    name: str
    engines: Mapping[str, RagEngine]


@dataclass(frozen=True, slots=True)
class Page:
    """engines: by preset name, in the order they are offered. own: a gr.State of OwnCorpus or None.

    data: the folder, or the URL of the database, that votes are written to; None where the page may not write.
    """

    demo: gr.Blocks
    engines: Mapping[str, RagEngine]
    examples: tuple[str, ...]
    language: gr.Radio
    own: gr.State
    data: Path | str | None = None

    def engine(self, preset: str, own: OwnCorpus | None) -> RagEngine:
        """The visitor's engine where they brought passages for this preset, else the page's."""
        return own.engines[preset] if own and preset in own.engines else self.engines[preset]
