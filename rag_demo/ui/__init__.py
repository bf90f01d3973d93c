"""The page. `build_demo(engines)` puts its parts together; each tab has a file of its own."""

from collections.abc import Mapping

import gradio as gr

from rag_demo.engine import RagEngine
from rag_demo.ui import api, ask
from rag_demo.ui.i18n import Language, words


def build_demo(engines: Mapping[str, RagEngine], examples: tuple[str, ...] = ()) -> gr.Blocks:
    """engines: by preset name, in the order they are offered."""
    chinese = words(Language.CHINESE)
    with gr.Blocks(title=chinese["title"], analytics_enabled=False, fill_width=True) as demo:
        with gr.Row(elem_id="masthead"):
            heading = gr.HTML(_heading(chinese), elem_id="heading")
            language = gr.Radio(
                [("中文", "zh"), ("English", "en")], value="zh", show_label=False, container=False, elem_id="language"
            )
        notice = gr.HTML(_notice(chinese), elem_id="notice")
        relabel = ask.build(engines, examples, language)
        footer = gr.HTML(_footer(chinese), elem_id="footer")

        def translate_frame(chosen: str) -> list[str]:
            text = words(chosen)
            return [_heading(text), _notice(text), _footer(text)]

        language.change(
            translate_frame,
            language,
            [heading, notice, footer],
            queue=False,
            api_visibility="private",
            show_progress="hidden",
        )
        relabel(language)
        api.publish(engines)
    return demo


def _heading(text: dict[str, str]) -> str:
    return f"<h1>{text['title']}</h1><p>{text['tagline']}</p>"


def _notice(text: dict[str, str]) -> str:
    return f'<p role="note">{text["notice"]}</p>'


def _footer(text: dict[str, str]) -> str:
    return f"<p>{text['footer']}</p>"
