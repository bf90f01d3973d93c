"""Attribution: the shaded text, the heatmap of passages x tokens, prior against posterior, and the same as a table."""

from collections.abc import Sequence
from html import escape

from rag_demo.render_tokens import (
    Words,
    chip,
    formula,
    hue,
    lead,
    lead_changes,
    minus,
    numbers,
    probability,
    strip,
    surface,
    table,
    title,
)
from rag_demo.types import Answer, AnswerToken, Hit

NAMED_CHANGES = 6


def inspection(answer: Answer | None, words: Words, settled: bool) -> str:
    """Empty before there is a token to look at. settled: the answer grows no more, so tokens can be read one by one.

    The class `finished` says that the other parts of the inspector have something to work on.
    """
    if answer is None or not answer.hits or (settled and not answer.tokens):
        return ""
    state = "finished" if answer.finished else ("stopped" if settled else "live")
    return (
        f'<section class="inspected {state}" aria-label="{escape(words["inspect_title"])}">'
        f"<h2>{escape(words['inspect_title'])}</h2>"
        f'<p class="meaning">{formula(words[f"inspect_{answer.rag_mode}"])}</p>'
        f"{strip(answer, words, numbers(answer), 'token', settled)}"
        f"{_changes(answer, words) if settled else ''}"
        f'<div class="attribution">{_names(answer, words)}{_heatmap(answer, words, settled)}'
        f"{_pairs(answer, words)}</div>"
        f"{_legend(words)}{_table(answer, words) if settled else ''}</section>"
    )


def _names(answer: Answer, words: Words) -> str:
    rows = "".join(
        f'<li class="{hue(i)}">{chip(i)}<span class="name">{escape(title(hit))}</span></li>'
        for i, hit in enumerate(answer.hits, 1)
    )
    return f'<div class="names"><p class="axis">{escape(words["inspect_axis_passage"])}</p><ol>{rows}</ol></div>'


def _heatmap(answer: Answer, words: Words, settled: bool) -> str:
    """A column a token: its text, then a cell a passage. The style sheet gives the nth cell the nth hue."""
    changes, end = set(lead_changes(answer.tokens)), len(answer.tokens) - 1
    columns = "".join(
        _column(token, surface(token, i == end and answer.finished), i in changes, settled)
        for i, token in enumerate(answer.tokens)
    )
    label = escape(words["inspect_heatmap"].format(len(answer.hits), len(answer.tokens)))
    return (
        f'<div class="heat" tabindex="0" role="region" aria-label="{label}">'
        f'<div class="columns" role="img" aria-label="{label}" style="--n:{len(answer.tokens)}">{columns}</div>'
        f'<p class="axis">{formula(words["inspect_axis_token"])}</p></div>'
    )


def _column(token: AnswerToken, text: str, changed: bool, settled: bool) -> str:
    cells = "".join(f'<i style="--p:{p:.2f}"></i>' if p >= 0.005 else "<i></i>" for p in token.posterior)
    said = " · ".join(f"{z} {probability(p)}" for z, p in enumerate(token.posterior, 1))
    tip = f' title="{escape(text)}  {said}"' if settled else ""
    new = f" changed {hue(lead(token) + 1)}" if changed else ""
    return f'<span class="col{new}"{tip}><b>{escape(text)}</b>{cells}</span>'


def _pairs(answer: Answer, words: Words) -> str:
    rows = "".join(_pair(i, hit, words) for i, hit in enumerate(answer.hits, 1))
    return (
        f'<div class="pairs"><p class="axis"><span class="prior">{escape(words["prior"])} p(z|x)</span>'
        f'<span class="posterior">{escape(words["posterior"])}</span></p><ol>{rows}</ol></div>'
    )


def _pair(i: int, hit: Hit, words: Words) -> str:
    said = f"{words['prior']} {probability(hit.prior)}, {words['posterior']} {probability(hit.posterior)}"
    return (
        f'<li class="{hue(i)}">{chip(i)}<span class="name">{escape(title(hit))}</span>'
        f'<span class="two" role="img" aria-label="{escape(title(hit))}: {escape(said)}">'
        f'<span class="prior" style="--to:{hit.prior:.4f}"></span>'
        f'<span class="posterior" style="--to:{hit.posterior:.4f}"></span></span>'
        f'<span class="value" aria-hidden="true">{probability(hit.prior)} <span>→</span> '
        f"{probability(hit.posterior)}</span></li>"
    )


def _legend(words: Words) -> str:
    return (
        f'<p class="heat-legend"><span>{escape(words["inspect_legend_hue"])}</span>'
        f'<span>{escape(words["inspect_legend_strength"])} 0<i class="ramp" aria-hidden="true"></i>1</span>'
        f'<span><b aria-hidden="true">▾</b> {escape(words["inspect_legend_change"])}</span></p>'
    )


def _changes(answer: Answer, words: Words) -> str:
    """Where the lead changes, in words."""
    changes = lead_changes(answer.tokens)
    if not changes:
        return f'<p class="meaning">{escape(words["inspect_no_change"].format(lead(answer.tokens[0]) + 1))}</p>'
    end = len(answer.tokens) - 1
    named = words["inspect_list_comma"].join(
        words["inspect_change"].format(
            i + 1,
            surface(answer.tokens[i], i == end and answer.finished),
            lead(answer.tokens[i - 1]) + 1,
            lead(answer.tokens[i]) + 1,
        )
        for i in changes[:NAMED_CHANGES]
    )
    more = "…" if len(changes) > NAMED_CHANGES else words["inspect_full_stop"]
    return f'<p class="meaning">{escape(words["inspect_changes"].format(len(changes)) + named + more)}</p>'


def _table(answer: Answer, words: Words) -> str:
    head = [
        words["inspect_nth_token"],
        "log p",
        *(f"{chip(i)}" for i in range(1, len(answer.hits) + 1)),
        words["inspect_leads"],
    ]
    head = [escape(head[0]), head[1], *head[2:-1], escape(head[-1])]
    changes, end = set(lead_changes(answer.tokens)), len(answer.tokens) - 1
    rows = [_row(i, token, i in changes, i == end and answer.finished) for i, token in enumerate(answer.tokens)]
    label = escape(words["inspect_table"])
    return f"<details><summary>{label}</summary>{table(head, rows, words['inspect_table'], caption=False)}</details>"


def _row(i: int, token: AnswerToken, changed: bool, last: bool) -> Sequence[str]:
    leader = f"{'▾ ' if changed else ''}{lead(token) + 1}"
    cells = (probability(p) for p in token.posterior)
    return f"{i + 1} {escape(surface(token, last))}", minus(token.log_prob, 2), *cells, leader
