"""A Comparison -> HTML: the two lists, both answers with their stripes, and the numbers side by side."""

from collections.abc import Mapping
from html import escape

from rag_demo.comparison import Comparison, Contestant
from rag_demo.render import Words
from rag_demo.render_ladder import details, hue, lists, rank_text
from rag_demo.render_status import fallback_line
from rag_demo.render_tally import side_label
from rag_demo.types import Answer, AnswerMode, EvidenceStatus

Hues = Mapping[str, int]


def board(
    comparison: Comparison, words: Words, *, hidden: bool = False, letters: bool = False, stopped: bool = False
) -> str:
    """hidden: names, numbers and stripes, which all tell the models apart, are left out. letters: A and B stand before
    the names. stopped: nothing grows any more."""
    names = side_names(comparison, words, hidden=hidden, letters=letters)
    return (
        f'<section class="versus" aria-label="{escape(words["tab_compare"])}">'
        f"{lists(comparison, words, names, hidden)}"
        f"{_answers(comparison, words, names, hidden, stopped)}"
        f"{'' if hidden else _facts(comparison, words, names)}</section>"
    )


def side_names(comparison: Comparison, words: Words, *, hidden: bool = False, letters: bool = False) -> tuple[str, str]:
    """Of the left and the right side."""
    names = [side_label(side.side.name, words) for side in (comparison.left, comparison.right)]
    if hidden:
        return "A", "B"
    return (f"A: {names[0]}", f"B: {names[1]}") if letters else (names[0], names[1])


def message(text: str, alarming: bool = False) -> str:
    """One line in place of a comparison."""
    if alarming:
        return f'<section class="versus"><p class="failed" role="alert">{escape(text)}</p></section>'
    return f'<section class="versus empty"><p role="status">{escape(text)}</p></section>'


def _answers(comparison: Comparison, words: Words, names: tuple[str, str], hidden: bool, stopped: bool) -> str:
    hint = "" if hidden else f'<p class="meaning">{escape(words["compare_heat_hint"])}</p>'
    sides = "".join(
        _side(side, words, name, comparison.hues, hidden, growing)
        for side, name, growing in (
            (comparison.left, names[0], not stopped),
            (comparison.right, names[1], not stopped and comparison.left.answer.finished),
        )
    )
    return f'<h3>{escape(words["compare_answers"])}</h3>{hint}<div class="answers">{sides}</div>'


def _side(side: Contestant, words: Words, name: str, hues: Hues, hidden: bool, growing: bool) -> str:
    answer = side.answer
    caret = '<span class="caret" aria-hidden="true"></span>' if growing and not answer.finished else ""
    body = _cited(answer, hues)
    if not answer.text and not answer.finished:
        body = f'<span class="waiting">{escape(words["thinking" if growing else "compare_waiting"])}</span>'
    if answer.finished and answer.status is not EvidenceStatus.SUFFICIENT:
        body += f'<span class="status">{escape(words[f"compare_status_{answer.status}"])}</span>'
    stripes = "" if hidden or not answer.tokens else stripes_of(answer, hues, words)
    return f'<article><h4>{escape(name)}</h4><p class="words">{body}{caret}</p>{fallback_line(answer, words)}{stripes}</article>'


def _cited(answer: Answer, hues: Hues) -> str:
    """Grounded: each clause in its passage's hue with its rank. Free: the text as it is, unsupported spans marked."""
    parts, done = [], 0
    if answer.answer_mode is AnswerMode.FREE:
        for start, end in answer.unsupported:
            parts.append(escape(answer.text[done:start]))
            parts.append(f'<span class="unsupported">{escape(answer.text[start:end])}</span>')
            done = end
        return "".join(parts) + escape(answer.text[done:])
    for citation in answer.citations:
        hit = answer.hits[citation.hit]
        colour = hue(hues[hit.passage.id])
        parts.append(f'<span class="cite {colour}">{escape(citation.text)}<sup>{hit.rank}</sup></span>')
        done += len(citation.text)
    return "".join(parts) + escape(answer.text[done:])


def stripes_of(answer: Answer, hues: Hues, words: Words) -> str:
    """p(z | x, y) as rows of passages and columns of tokens; `hues` by passage id, so that both sides agree."""
    label = words["compare_heat"].format(rows=len(answer.hits), columns=len(answer.tokens))
    rows = "".join(
        f'<div class="{hue(hues[hit.passage.id])}"><b>{hit.rank}</b>'
        + "".join(f'<i style="--p:{p:.2f}"></i>' if p >= 0.005 else "<i></i>" for p in column)
        + "</div>"
        for hit, column in zip(
            answer.hits, zip(*(token.posterior for token in answer.tokens), strict=True), strict=True
        )
    )
    axis = words["compare_heat_axis"].format(n=len(answer.tokens))
    table = _heat_table(answer, words) if answer.finished else ""
    return (
        f'<div class="stripes" role="img" aria-label="{escape(label)}">{rows}</div>'
        f'<p class="axis" aria-hidden="true">{escape(axis)}</p>{table}'
    )


def _heat_table(answer: Answer, words: Words) -> str:
    leads = [token.posterior.index(max(token.posterior)) for token in answer.tokens]
    head = "".join(
        f'<th scope="col">{escape(words[key])}</th>' for key in ("compare_passage", "prior", "posterior", "compare_led")
    )
    rows = "".join(
        f'<tr><th scope="row">{hit.rank} {escape(hit.passage.title or hit.passage.id)}</th>'
        f"<td>{hit.prior:.3f}</td><td>{hit.posterior:.3f}</td><td>{leads.count(i)}</td></tr>"
        for i, hit in enumerate(answer.hits)
    )
    return details(words["compare_heat_table"], f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")


def _facts(comparison: Comparison, words: Words, names: tuple[str, str]) -> str:
    sides = (comparison.left, comparison.right)
    rows = {
        "compare_seconds": [f"{side.answer.seconds:.2f}" if side.answer.finished else "…" for side in sides],
        "compare_tokens": [str(len(side.answer.tokens)) for side in sides],
        "compare_encoders": [
            _millions(side.parameters["question_encoder"] + side.parameters["context_encoder"]) for side in sides
        ],
        "compare_generator": [_millions(side.parameters["generator"]) for side in sides],
    }
    if comparison.gold:
        rows["compare_gold_rank"] = [rank_text(side.rank(comparison.gold), words) for side in sides]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(words[key])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for key, cells in rows.items()
    )
    label = escape(words["compare_facts"])
    return (
        f'<h3>{label}</h3><div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="facts"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f}" if count >= 1e5 else f"{count / 1e6:.3f}"
