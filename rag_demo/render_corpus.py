"""Passages, uploads and their progress -> escaped HTML. Pure functions of values; the caller gives the words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from rag_demo.browse import PAGE, Found
from rag_demo.building import Building
from rag_demo.types import Passage
from rag_demo.upload import Columns, Table

Words = Mapping[str, str]
PREVIEW_ROWS = 5
CELL_CHARACTERS = 80
SNIPPET_CHARACTERS = 96


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence kept by its key, so that it follows the language switch. failed: it says what went wrong."""

    key: str
    values: Mapping[str, int | str] = field(default_factory=dict)
    failed: bool = False


def notice(said: Notice | None, words: Words) -> str:
    if said is None:
        return ""
    text = words[said.key].format(**{k: f"{v:,}" if isinstance(v, int) else v for k, v in said.values.items()})
    kind = ' class="corpus-notice failed" role="alert"' if said.failed else ' class="corpus-notice" role="status"'
    return f"<p{kind}>{escape(text)}</p>"


def heading(title: str, line: str) -> str:
    return f'<div class="corpus-head"><h2>{escape(title)}</h2><p>{escape(line)}</p></div>'


def passage_list(found: Found, page: int, words: Words) -> str:
    """A page of passages, each closed to a line and opened by its summary; words that were found are marked."""
    if not found.passages:
        return f'<p class="corpus-none" role="status">{escape(words["corpus_none"])}</p>'
    page = found.clamp(page)
    first = (page - 1) * PAGE + 1
    shown = found.page(page)
    span = words["corpus_span"].format(
        first=f"{first:,}", last=f"{first + len(shown) - 1:,}", n=f"{len(found.passages):,}"
    )
    alike = "" if found.exact else f" {words['corpus_alike']}"
    items = "".join(f"<li>{_passage(passage, found.terms, words)}</li>" for passage in shown)
    return (
        f'<p class="corpus-span" role="status">{escape(span + alike)}</p>'
        f'<ol class="corpus-list" start="{first}" aria-label="{escape(words["corpus_passages"])}">{items}</ol>'
    )


def _passage(passage: Passage, terms: Sequence[str], words: Words) -> str:
    facts = [
        f"<dt>{escape(words[f'role_{role}'])}</dt><dd>{escape(value)}</dd>"
        for role, value in (("id", passage.id), ("department", passage.department), ("source", passage.source))
        if value
    ]
    return (
        f'<details data-passage="{escape(passage.id)}"><summary><span class="t">{marked(passage.title or passage.id, terms)}'
        f'</span><span class="d">{escape(passage.department)}</span>'
        f'<span class="s">{marked(_snippet(passage.text, terms), terms)}</span></summary>'
        f'<p class="text">{marked(passage.text, terms)}</p><dl>{"".join(facts)}</dl></details>'
    )


def _snippet(text: str, terms: Sequence[str]) -> str:
    """The text around the first word that was found, else its beginning."""
    places = [text.lower().find(term) for term in terms]
    first = min((place for place in places if place >= 0), default=0)
    start = max(0, first - SNIPPET_CHARACTERS // 3)
    end = start + SNIPPET_CHARACTERS
    return ("…" if start else "") + " ".join(text[start:end].split()) + ("…" if end < len(text) else "")


def marked(text: str, terms: Sequence[str]) -> str:
    """`text` escaped, every occurrence of a term in <mark>, the longest term first where several fit."""
    if not terms:
        return escape(text)
    pattern = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return "".join(f"<mark>{escape(p)}</mark>" if i % 2 else escape(p) for i, p in enumerate(pieces))


def preview(table: Table | None, columns: Columns, words: Words) -> str:
    """The first rows under the file's own header, each column with what it becomes."""
    if table is None:
        return ""
    roles: dict[int, list[str]] = {}
    for role, column in columns.items():
        if column is not None:
            roles.setdefault(column, []).append(words[f"role_{role}"])
    heads = "".join(
        f'<th scope="col"{" class=used" if i in roles else ""}>{escape(column_name(table, i, words))}'
        f'<span class="role">{escape("、".join(roles[i]) if i in roles else words["corpus_unused"])}</span></th>'
        for i in range(len(table.columns))
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_cut(cell, CELL_CHARACTERS))}</td>" for cell in row) + "</tr>"
        for row in table.rows[:PREVIEW_ROWS]
    )
    caption = words["corpus_preview"].format(
        name=table.name, n=f"{len(table.rows):,}", shown=min(PREVIEW_ROWS, len(table.rows))
    )
    return (
        f'<p class="corpus-caption">{escape(caption)}</p>'
        f'<div class="corpus-scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def column_name(table: Table, column: int, words: Words) -> str:
    return _cut(table.columns[column], 40) or words["corpus_column"].format(n=column + 1)


def _cut(text: str, characters: int) -> str:
    text = " ".join(text[: 4 * characters].split())
    return text if len(text) <= characters else text[: characters - 1] + "…"


def progress(state: Building, words: Words) -> str:
    """A line and a bar: waiting with how many are ahead, or done of total with rate and time left."""
    if state.ahead:
        line = words["corpus_waiting"].format(n=state.ahead)
    elif state.done >= state.total:
        line = words["corpus_indexing"].format(n=f"{state.total:,}")
    elif state.left is None:
        line = words["corpus_starting"].format(n=f"{state.total:,}")
    else:
        line = words["corpus_encoding"].format(
            done=f"{state.done:,}", n=f"{state.total:,}", rate=f"{state.rate:,.0f}", left=_time(state.left, words)
        )
    share = state.done / state.total
    return (
        f'<div class="corpus-progress"><p role="status">{escape(line)}</p><div class="track" role="progressbar" '
        f'aria-label="{escape(words["corpus_build"])}" aria-valuemin="0" aria-valuemax="{state.total}" '
        f'aria-valuenow="{state.done}"><span style="--to:{share:.4f}"></span></div></div>'
    )


def _time(seconds: float, words: Words) -> str:
    if seconds < 90:
        return f"{seconds:.0f} {words['seconds']}"
    return f"{seconds / 60:.0f} {words['corpus_minutes']}"


def in_use(name: str, passages: int, presets: Sequence[str], words: Words) -> str:
    """The line above every tab while a visitor's own passages are in use."""
    line = words["corpus_in_use"].format(name=_cut(name, 60), n=f"{passages:,}", presets="、".join(presets))
    return f'<p role="status">{escape(line)}</p>'
