"""RAG-Token beside RAG-Sequence: each decoding's answer, and both texts' marginals under both models by passage."""

from collections.abc import Sequence
from html import escape

from rag_demo.render_status import fallback_line
from rag_demo.render_tokens import Words, chip, formula, minus, numbers, probability, stacked, strip, table
from rag_demo.types import Candidate, RagMode


def both(candidates: Sequence[Candidate], words: Words, settled: bool) -> str:
    """candidates: one or two, in the order of RagMode; the last may still be growing (not settled)."""
    if not candidates:
        return ""
    order = list(numbers(candidates[0].answer).values())
    last = len(candidates) - 1
    sides = "".join(_side(candidate, words, order, settled or i < last) for i, candidate in enumerate(candidates))
    whole = len(candidates) == len(RagMode) and all(candidate.token and candidate.sequence for candidate in candidates)
    parts = _comparison(candidates, words, order) if whole else ""
    return f'<div class="modes"><div class="beside">{sides}</div>{parts}</div>'


def _side(candidate: Candidate, words: Words, order: Sequence[int], settled: bool) -> str:
    answer = candidate.answer
    mode = answer.rag_mode
    parts = ""
    if candidate.token and candidate.sequence:
        parts = "".join(
            f'<p class="small">{escape(words[f"modes_parts_{kind}"])} log p(y|x) = {minus(part.log_prob)}</p>'
            + stacked(part.shares, order, words[f"mode_{kind}"])
            for kind, part in ((RagMode.TOKEN, candidate.token), (RagMode.SEQUENCE, candidate.sequence))
        )
    return (
        f'<div class="side"><h3>{escape(words[f"mode_{mode}"])}</h3>'
        f'<p class="meaning">{formula(words[f"modes_{mode}"])}</p>'
        f"{fallback_line(answer, words)}{strip(answer, words, numbers(answer), f'mode-{mode}', settled)}{parts}</div>"
    )


def _comparison(candidates: Sequence[Candidate], words: Words, order: Sequence[int]) -> str:
    """Which text each model holds likelier, and every share as a number."""
    if candidates[0].answer.text == candidates[1].answer.text:
        verdict = words["modes_same"]
    else:
        likelier = max(candidates, key=lambda c: c.token.log_prob), max(candidates, key=lambda c: c.sequence.log_prob)
        verdict = words["modes_differ"].format(*(words[f"mode_{c.answer.rag_mode}"] for c in likelier))
        if likelier != tuple(candidates):
            verdict += words["modes_greedy"]
    head = [escape(words["modes_text"]), escape(words["modes_under"]), "log p(y|x)", *map(chip, order)]
    rows = [
        [
            escape(words[f"mode_{candidate.answer.rag_mode}"]),
            escape(words[f"mode_{kind}"]),
            minus(part.log_prob, 2),
            *map(probability, part.shares),
        ]
        for candidate in candidates
        for kind, part in ((RagMode.TOKEN, candidate.token), (RagMode.SEQUENCE, candidate.sequence))
    ]
    return f'<p class="verdict" role="status">{escape(verdict)}</p>{table(head, rows, words["modes_table"])}'
