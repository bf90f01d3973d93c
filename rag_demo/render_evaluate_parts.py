"""What the Evaluate tab's HTML is put together from: notes, tables, figures with captions, sections."""

from collections.abc import Sequence
from html import escape


def problem(text: str) -> str:
    return f'<p class="eva-problem" role="alert">{escape(text)}</p>'


def note(text: str) -> str:
    return f'<p class="eva-note">{escape(text)}</p>'


def table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]], words_first: int = 1) -> str:
    """The first `words_first` columns hold words, the first heads its row; a wide table scrolls in its own container."""
    kinds = ["" if i < words_first else ' class="figure"' for i in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="eva-scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def section(title: str, lead: str, figures: Sequence[str], body: str) -> str:
    """One figure stands beside its table, several stand side by side above it."""
    kind = "one" if len(figures) == 1 else "several"
    charts = f'<div class="eva-charts">{"".join(figures)}</div>'
    return f'<section class="eva"><h2>{escape(title)}</h2>{lead}<div class="eva-body {kind}">{charts}{body}</div></section>'


def captioned(chart: str, caption: Sequence[str]) -> str:
    name, *rest = map(escape, caption)
    return f"<figure><figcaption><b>{name}</b> {' · '.join(rest)}</figcaption>{chart}</figure>"


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
