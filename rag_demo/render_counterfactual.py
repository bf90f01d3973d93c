"""What each passage is worth to an answer, and the answer beside the one that another set of passages gives."""

import math
from collections.abc import Sequence
from html import escape

from rag_demo.render_status import fallback_line
from rag_demo.render_tokens import Numbers, Words, chip, hue, minus, numbers, probability, strip, table, times, title
from rag_demo.types import Answer, Counterfactual, Hit


def influences(answer: Answer, deltas: Sequence[float], words: Words) -> str:
    """Δ log p(y|x) when each passage in turn is left out, nats, as bars from 0 and as a sentence each."""
    finite = [delta for delta in deltas if math.isfinite(delta)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    span = (high - low) or 1.0
    rows = "".join(
        f'<li class="{hue(i)}">{chip(i)}<span class="name">{escape(title(hit))}</span>{_bar(delta, low, span)}'
        f'<span class="said">{_sentence(delta, words)}</span></li>'
        for i, (hit, delta) in enumerate(zip(answer.hits, deltas, strict=True), 1)
    )
    zero = f"--zero:{abs(low) / span:.4f}"
    low_tick = f"<span>{minus(low)}</span>" if low < -0.05 else ""
    return (
        f'<div class="influences" style="{zero}"><p class="axis">{escape(words["influence_axis"])}</p><ol>{rows}</ol>'
        f'<p class="ticks" aria-hidden="true">{low_tick}<span class="zero">0</span></p></div>'
    )


def _bar(delta: float, low: float, span: float) -> str:
    delta = max(delta, low)  # an only passage, -inf, has no bar but its sentence
    left, width = (min(delta, 0.0) - low) / span, abs(delta) / span
    return f'<span class="track" aria-hidden="true"><span style="left:{left:.2%};width:{width:.2%}"></span></span>'


def _sentence(delta: float, words: Words) -> str:
    if not math.isfinite(delta):
        return escape(words["influence_only"])
    if abs(delta) < 0.05:
        return escape(words["influence_none"])
    return escape(words["influence_said"]).format(times(delta))


def comparison(result: Counterfactual, words: Words, settled: bool) -> str:
    """The verdict on the old answer, then the two answers side by side, then the passages with both priors."""
    before, after = result.before, result.after
    numbering = numbers(before, after)
    same = settled and after.finished and after.text == before.text
    note = f'<p class="meaning">{escape(words["counter_same"])}</p>' if same else ""
    return (
        f'<div class="counter"><p class="verdict" role="status">{_verdict(result, words)}</p><div class="beside">'
        f"{_column(before, words['counter_before'], words, numbering, 'before', True)}"
        f"{_column(after, words['counter_after'], words, numbering, 'after', settled)}</div>{note}"
        f"{_sets(before, after, words, numbering)}</div>"
    )


def _verdict(result: Counterfactual, words: Words) -> str:
    old, new = (minus(value) for value in result.log_probs)
    return escape(words["counter_verdict"]).format(times(result.change), old, new)


def _column(answer: Answer, heading: str, words: Words, numbering: Numbers, name: str, settled: bool) -> str:
    foot = f"log p(y|x) = {minus(answer.log_prob)}" if answer.tokens else words["thinking"]
    if answer.finished and not answer.tokens:
        foot = words["counter_no_answer"]
    return (
        f'<div class="side"><h3>{escape(heading)}</h3>{fallback_line(answer, words)}{strip(answer, words, numbering, name, settled)}'
        f'<p class="foot">{escape(foot)}</p></div>'
    )


def _sets(before: Answer, after: Answer, words: Words, numbering: Numbers) -> str:
    was = {hit.passage.id: hit for hit in before.hits}
    now = {hit.passage.id: hit for hit in after.hits}
    rows = []
    for passage, number in numbering.items():
        old, new = was.get(passage), now.get(passage)
        change = "counter_added" if old is None else "counter_off" if new is None else "counter_kept"
        name = f'{chip(number)}<span class="name">{escape(title(new or old))}</span>'
        rows.append([name, escape(words[change]), *_numbers(old), *_numbers(new)])
    prior, posterior = words["prior"], words["posterior"]
    head = [words["counter_passage"], words["counter_state"]]
    head += [f"{word} {when}" for when in (words["counter_was"], words["counter_now"]) for word in (prior, posterior)]
    return table([escape(cell) for cell in head], rows, words["counter_sets"])


def _numbers(hit: Hit | None) -> tuple[str, str]:
    return ("—", "—") if hit is None else (probability(hit.prior), probability(hit.posterior))
