"""An answer's tokens, shaded by their leading passages, with their k probabilities. The inspector's parts share it."""

import math
import re
from collections.abc import Mapping, Sequence
from html import escape

from rag_demo.types import Answer, AnswerToken, Hit

Words = Mapping[str, str]
Numbers = Mapping[str, int]
COLOURS = 10
END = "∎"


def numbers(*answers: Answer) -> dict[str, int]:
    """Passage id -> its number on the page from 1: the first answer's ranks, then what later ones bring. Its hue too."""
    ids = dict.fromkeys(hit.passage.id for answer in answers for hit in answer.hits)
    return {passage: i for i, passage in enumerate(ids, 1)}


def hue(number: int) -> str:
    return f"z{(number - 1) % COLOURS}"


def lead(token: AnswerToken) -> int:
    """Index of the hit with the largest posterior."""
    return max(range(len(token.posterior)), key=token.posterior.__getitem__)


def lead_changes(tokens: Sequence[AnswerToken]) -> tuple[int, ...]:
    """Indices of the tokens that another passage leads than the token before."""
    leads = [lead(token) for token in tokens]
    return tuple(i for i in range(1, len(leads)) if leads[i] != leads[i - 1])


def surface(token: AnswerToken, last: bool) -> str:
    """What a token writes; the end of the answer writes nothing and is shown as ∎, a part of a character as ·."""
    return token.text.strip() or token.text or (END if last else "·")


def probability(value: float) -> str:
    return f"{value:.3f}"


def title(hit: Hit) -> str:
    return hit.passage.title or hit.passage.id


def strip(answer: Answer, words: Words, numbering: Numbers, name: str, settled: bool) -> str:
    """The running text. name: makes ids unique on the page. settled: every token is a button that shows its numbers."""
    order = [numbering[hit.passage.id] for hit in answer.hits]
    changes = {0, *lead_changes(answer.tokens)}
    shown = []
    for i, token in enumerate(answer.tokens):
        first, number = lead(token), order[lead(token)]
        text = escape(surface(token, i == len(answer.tokens) - 1 and answer.finished))
        mark = f"<sup>{number}</sup>" if i in changes else ""
        body = f"{mark}{text}"
        if settled:
            body = (
                f'<button type="button" aria-describedby="{name}-{i}">{body}</button>'
                f'<span class="readout" role="tooltip" id="{name}-{i}">{_readout(i, token, text, order, words)}</span>'
            )
        changed = " changed" if i in changes and i else ""
        shown.append(f'<span class="tok {hue(number)}{changed}" style="--p:{token.posterior[first]:.2f}">{body}</span>')
    if not settled:
        shown.append('<span class="caret" aria-hidden="true"></span>')
    hint = f'<p class="hint" aria-hidden="true">{escape(words["inspect_hint"])}</p>' if settled else ""
    label = escape(words["inspect_tokens"])
    return f'<div class="strip" role="group" aria-label="{label}"><p>{"".join(shown)}</p>{hint}</div>'


def _readout(i: int, token: AnswerToken, text: str, order: Sequence[int], words: Words) -> str:
    cells = "".join(
        f'<span class="{hue(number)}"><b>{number}</b> {probability(p)}</span>'
        for number, p in zip(order, token.posterior, strict=True)
    )
    nth = escape(words["inspect_nth"].format(i + 1))
    return f"<span>{nth} <em>{text}</em> log p {minus(token.log_prob, 2)}</span>{cells}"


def stacked(shares: Sequence[float], order: Sequence[int], label: str) -> str:
    """One bar of parts that sum to 1, each in its passage's hue; its numbers are its label."""
    said = ", ".join(f"{number}: {probability(p)}" for number, p in zip(order, shares, strict=True))
    parts = "".join(
        f'<span class="{hue(number)}" style="flex-grow:{p:.4f}">{number if p >= 0.08 else ""}</span>'
        for number, p in zip(order, shares, strict=True)
    )
    return f'<div class="stacked" role="img" aria-label="{escape(label)}: {said}">{parts}</div>'


def formula(text: str) -> str:
    """Escaped, with y_i, y_≤i and y_<i set as subscripts."""
    return re.sub(r"_(≤i|&lt;i|i|z)", r"<sub>\1</sub>", escape(text))


def minus(value: float, digits: int = 1) -> str:
    """A number with a true minus sign, and no minus zero."""
    text = f"{value:.{digits}f}"
    return "0" if not float(text) else text.replace("-", "−")


def times(nats: float) -> str:
    """e to the power of Δ log p, as HTML, with the plain number where one can picture it."""
    plain = f" ≈ {math.exp(nats):.2f}" if -3 < nats < 3 and abs(nats) >= 0.05 else ""
    return f'<span class="times">e<sup>{minus(nats)}</sup>{plain}</span>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], label: str, caption: bool = True) -> str:
    """Cells are HTML already. The first cell of a row is its header; the table scrolls inside its own container."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table>{f'<caption>{escape(label)}</caption>' if caption else ''}"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def chip(number: int) -> str:
    return f'<span class="chip {hue(number)}">{number}</span>'
