"""Answer -> escaped HTML and plain JSON. Pure functions of values; the caller gives the words of its language."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from rag_demo.render_status import render_status
from rag_demo.types import Answer, AnswerMode, Citation, Hit

Words = Mapping[str, str]
COLOURS = 10


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of the conversation: an answer, or the sentence that says why there is none.

    question: as it was typed. rule: what was done to it before it was searched (rag_demo.followup). links: what a
    finished answer can be taken away by, as (key of the label, address, name of the file or "").
    """

    question: str
    answer: Answer | None = None
    error: str = ""
    stopped: bool = False
    rule: str = "as_asked"
    notice: str = ""
    links: tuple[tuple[str, str, str], ...] = ()


def answer_json(answer: Answer) -> dict[str, Any]:
    """Everything an Answer holds, as JSON values."""
    return {**asdict(answer), "log_prob": answer.log_prob}


def conversation(turns: Sequence[Turn], words: Words) -> str:
    """The exchanges, oldest first. Clauses of the newest answer carry their passage's colour."""
    if not turns:
        return _welcome(words)
    last = len(turns) - 1
    return (
        '<div class="talk" role="log" aria-live="polite">'
        + "".join(_turn(turn, words, newest=i == last) for i, turn in enumerate(turns))
        + "</div>"
    )


def evidence(answer: Answer | None, words: Words) -> str:
    """The k passages as cards, with their bars."""
    if answer is None:
        return _how_it_works(words)
    cards = "".join(_card(i, hit, answer, words) for i, hit in enumerate(answer.hits))
    if not answer.hits:
        return f'<section class="cards"><p class="meaning">{escape(words["nothing_retrieved"])}</p></section>'
    searched = f'<p class="searched">{escape(words["searched"])} <q>{escape(answer.question)}</q></p>'
    meaning = f'{searched}<p class="meaning">{escape(words[f"posterior_{answer.rag_mode}"])}</p>'
    return f'<section class="cards" aria-label="{escape(words["passages"])}">{meaning}{cards}</section>'


def _turn(turn: Turn, words: Words, newest: bool) -> str:
    question = f'<div class="asked"><p>{escape(turn.question)}</p></div>'
    if turn.error:
        return question + f'<div class="said failed" role="alert"><p>{escape(turn.error)}</p></div>'
    if turn.answer is None:
        return question
    answer = turn.answer
    above = _searched(turn, words) + _notice(turn.notice) + render_status(answer, words)
    if answer.finished and not answer.text:
        return question + f'<div class="said">{above}{_foot(turn, words)}</div>'
    growing = newest and not answer.finished and not turn.stopped
    caret = '<span class="caret" aria-hidden="true"></span>' if growing else ""
    body = _cited_text(answer) if newest else escape(answer.text)
    if not answer.text and growing:
        body = f'<span class="waiting">{escape(words["thinking"])}</span>'
    links = _links(turn, words) if newest else ""
    return question + f'<div class="said">{above}<p class="words">{body}{caret}</p>{_foot(turn, words)}{links}</div>'


def _searched(turn: Turn, words: Words) -> str:
    """What was searched, where it is not what was typed, and by which rule it came about."""
    if turn.rule == "as_asked":
        return ""
    rule = escape(words[f"rule_{turn.rule}"])
    return (
        f'<p class="rewritten">{escape(words["searched"])} <q>{escape(turn.answer.question)}</q><span>{rule}</span></p>'
    )


def _notice(text: str) -> str:
    return f'<div class="status" role="status"><p>{escape(text)}</p></div>' if text else ""


def _links(turn: Turn, words: Words) -> str:
    if not turn.links:
        return ""
    items = (
        f'<a href="{escape(address)}"{f" download={escape(file)!r}" if file else ""}>{escape(words[label])}</a>'
        for label, address, file in turn.links
    )
    return f'<p class="links">{"".join(items)}</p>'


def _foot(turn: Turn, words: Words) -> str:
    answer = turn.answer
    if answer.emergency:
        return ""
    if not answer.text and answer.finished:
        facts = [f"{words['model']} {answer.model}", f"{answer.seconds:.1f} {words['seconds']}"]
        return '<p class="foot">' + " · ".join(map(escape, facts)) + "</p>"
    mode = words["free_label"] if answer.answer_mode is AnswerMode.FREE else words["grounded_label"]
    facts = [mode, words[f"mode_{answer.rag_mode}"], f"{words['model']} {answer.model}"]
    if answer.tokens:
        facts.append(f"log p(y|x) = {answer.log_prob:.1f}")
    if answer.finished:
        facts.append(f"{answer.seconds:.1f} {words['seconds']}")
    if turn.stopped:
        facts.append(words["stopped"])
    return '<p class="foot">' + " · ".join(map(escape, facts)) + "</p>"


def _cited_text(answer: Answer) -> str:
    """Grounded: each clause in its passage's colour with its number. Free: what no passage says is marked."""
    if answer.answer_mode is AnswerMode.FREE:
        return _marked(answer.text, [(a, b, '<span class="unsupported">', "</span>") for a, b in answer.unsupported])
    parts, done = [], 0
    for citation in answer.citations:
        number = answer.hits[citation.hit].rank
        parts.append(f'<span class="cite {_colour(citation.hit)}">{escape(citation.text)}<sup>{number}</sup></span>')
        done += len(citation.text)
    return "".join(parts) + escape(answer.text[done:])


def _card(i: int, hit: Hit, answer: Answer, words: Words) -> str:
    cited = [citation for citation in answer.citations if citation.hit == i]
    passage = hit.passage
    lexical = "" if hit.bm25 is None else f'<span title="BM25">BM25 <b>{hit.bm25:.2f}</b></span>'
    source = f'<p class="source">{escape(words["source"])}{escape(passage.source)}</p>' if passage.source else ""
    return (
        f'<article class="card {_colour(i)}{" cited" if cited else ""}" data-passage="{escape(passage.id)}">'
        f'<header><span class="rank">{hit.rank}</span><h3>{escape(passage.title or passage.id)}</h3>'
        f'<span class="department">{escape(passage.department)}</span></header>'
        f'<p class="scores"><span>{escape(words["inner_product"])} <b>{hit.score:.2f}</b></span>{lexical}</p>'
        f"{_bar('prior', words['prior'], hit.prior)}"
        f"{_bar('posterior', words['posterior'], hit.posterior)}"
        f"<details{' open' if cited or hit.rank == 1 else ''}><summary>{escape(words['read'])}</summary>"
        f'<p class="text">{_passage_text(passage.text, cited, i)}</p>{source}</details></article>'
    )


def _bar(kind: str, label: str, value: float) -> str:
    """A probability as a bar with its number; the style sheet lets it glide when the value changes."""
    return (
        f'<div class="bar {kind}" role="meter" aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="1" '
        f'aria-valuenow="{value:.3f}"><span class="label">{escape(label)}</span><span class="track">'
        f'<span class="fill" style="--to:{value:.4f}"></span></span>'
        f'<span class="value">{value:.3f}</span></div>'
    )


def _passage_text(text: str, cited: Sequence[Citation], i: int) -> str:
    spans = sorted({(citation.start, citation.end) for citation in cited})
    return _marked(text, [(a, b, f'<mark class="{_colour(i)}">', "</mark>") for a, b in spans])


def _marked(text: str, spans: Sequence[tuple[int, int, str, str]]) -> str:
    """`text` escaped, with each span (start, end, before, after) wrapped; spans ascend and do not overlap."""
    parts, done = [], 0
    for start, end, opening, closing in spans:
        parts += [escape(text[done:start]), opening, escape(text[start:end]), closing]
        done = end
    return "".join(parts) + escape(text[done:])


def _colour(i: int) -> str:
    return f"z{i % COLOURS}"


def _welcome(words: Words) -> str:
    return f'<div class="talk empty"><p>{escape(words["welcome"])}</p></div>'


def _how_it_works(words: Words) -> str:
    steps = "".join(
        f"<li><b>{escape(words[f'step{n}_title'])}</b><span>{escape(words[f'step{n}_text'])}</span></li>"
        for n in (1, 2, 3)
    )
    return f'<section class="how"><h2>{escape(words["how_title"])}</h2><ol>{steps}</ol></section>'
