"""How the page looks, and what the server shows of itself."""

from importlib.util import find_spec

import gradio as gr

from rag_demo.config import ASSETS

SCRIPTS = ("keys.js", "line.js")
FONT = ("system-ui", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")


def theme() -> gr.themes.Base:
    """One quiet palette: paper, ink, and a deep green. Fonts of the reader's own machine; nothing is fetched."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=FONT,
        font_mono=("ui-monospace", "SFMono-Regular", "Menlo", "monospace"),
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        body_background_fill="#f7f5f0",
        body_background_fill_dark="#161917",
        block_background_fill="#fffdf9",
        block_background_fill_dark="#1e2220",
        block_border_color="#e4dfd4",
        block_border_color_dark="#333a36",
        block_shadow="none",
        body_text_color="#202622",
        body_text_color_dark="#e6e9e4",
        body_text_color_subdued="#5b645e",
        body_text_color_subdued_dark="#a3ada6",
        button_primary_background_fill="#1f6f63",
        button_primary_background_fill_hover="#195c52",
        button_primary_background_fill_dark="#237568",
        button_primary_text_color="#ffffff",
        input_background_fill="#fffdf9",
        input_background_fill_dark="#1e2220",
        slider_color="#1f6f63",
    )


def launch_options() -> dict:
    return {
        "theme": theme(),
        "css": styles(),
        "js": scripts(),
        "footer_links": ["api", "settings"],
        "run_history": False,
        "max_file_size": "20mb",
        "enable_monitoring": False,
        "show_error": False,  # of what nobody foresaw; a sentence for the visitor is shown all the same
        "share": False,
        "ssr_mode": False,  # a second server in front would be outside the guard
        "num_workers": 0,  # and so would these
        "pwa": False,
        "mcp_server": find_spec("mcp") is not None,  # pip install 'gradio[mcp]' switches it on
        "quiet": True,
    }


def scripts() -> str:
    """assets/*.js, each a function, as the one function that runs when the page has loaded."""
    return "() => {" + "".join(f"({(ASSETS / name).read_text(encoding='utf-8')})();" for name in SCRIPTS) + "}"


def styles() -> str:
    """assets/styles/*.css in the order of their names: the frame first, then a file a tab."""
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted((ASSETS / "styles").glob("*.css")))
