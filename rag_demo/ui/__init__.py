"""The page. `build_demo(engines)` puts its tabs together.

A tab is a module with `build(page: Page) -> Relabel`: it lays itself out inside the current gr.Tab, wires its events and
publishes its endpoints with gr.api, and returns what makes it follow the language switch. Its words are a file under
strings/, its rules a file under assets/styles/, its HTML pure functions in a render module that knows no gradio.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import gradio as gr

from rag_demo.engine import RagEngine
from rag_demo.ui import api, ask, compare, corpus, corpus_line, evaluate, line, resources, retrieval
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, Page

Relabel = Callable[[gr.Radio], None]

# (key of the tab's label, its module), in the order they stand
TABS = (
    ("tab_ask", ask),
    ("tab_compare", compare),
    ("tab_retrieval", retrieval),
    ("tab_evaluate", evaluate),
    ("tab_corpus", corpus),
    ("tab_resources", resources),
)


def build_demo(
    engines: Mapping[str, RagEngine], examples: tuple[str, ...] = (), data: Path | str | None = None
) -> gr.Blocks:
    """engines: by preset name, in the order they are offered. data: the folder, or the URL of the
    database, that votes are written to."""
    chinese = words(Language.CHINESE)
    title = chinese["title"]
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True, delete_cache=(60, 600)) as demo:
        with gr.Row(elem_id="masthead"):
            heading = gr.HTML(_heading(chinese), elem_id="heading")
            language = gr.Radio(
                [("中文", "zh"), ("English", "en")], value="zh", show_label=False, container=False, elem_id="language"
            )
        notice = gr.HTML(_notice(chinese), elem_id="notice")
        waiting = line.build()
        page = Page(demo, engines, examples, language, gr.State(None), data)
        tabs, relabels = [], [corpus_line.build(page)]
        with gr.Tabs(elem_id="tabs"):
            for key, module in TABS:
                with gr.Tab(chinese[key], id=key, elem_id=key) as tab:
                    relabels.append(module.build(page))
                tabs.append(tab)
        footer = gr.HTML(_footer(chinese), elem_id="footer")

        def translate_frame(chosen: str) -> list:
            text = words(chosen)
            labels = [gr.update(label=text[key]) for key, _ in TABS]
            return [_heading(text), _notice(text), _footer(text), *labels]

        language.change(translate_frame, language, [heading, notice, footer, *tabs], **QUICK_EVENT)
        for relabel in relabels:
            relabel(language)
        api.publish(engines)
    line.follow(demo, waiting)
    return demo


def _heading(text: dict[str, str]) -> str:
    return f"<h1>{text['title']}</h1><p>{text['tagline']}</p>"


def _notice(text: dict[str, str]) -> str:
    return f'<p role="note">{text["notice"]}</p>'


def _footer(text: dict[str, str]) -> str:
    return f"<p>{text['footer']}</p>"
