"""The evidence status of an answer -> escaped HTML: what to do now, why there is no answer, why it was replaced."""

from collections.abc import Mapping
from html import escape

from rag_demo.types import Answer, Emergency, EvidenceStatus


def render_status(answer: Answer, words: Mapping[str, str]) -> str:
    """Nothing where the status is sufficient and the answer the model's own. words: rag_demo.ui.strings, one language."""
    if answer.emergency is not None:
        return emergency_banner(answer.emergency, words)
    if answer.status in (EvidenceStatus.INSUFFICIENT, EvidenceStatus.OUT_OF_SCOPE):
        return f'<div class="status no-answer" role="status"><p>{escape(words[f"status_{answer.status}"])}</p></div>'
    return fallback_line(answer, words)


def fallback_line(answer: Answer, words: Mapping[str, str]) -> str:
    """Why passages are quoted where a free answer was asked for; nothing where they are not."""
    if not answer.fallback:
        return ""
    line = escape(words[f"fallback_{answer.fallback}"])
    return f'<div class="status fallback" role="status"><p>{line}</p></div>'


def emergency_banner(emergency: Emergency, words: Mapping[str, str]) -> str:
    """Whom to call, as links that a telephone dials; what to do; the visitor's words that triggered it."""
    lines = getattr(emergency, words["emergency_lines"])
    title = words["emergency_crisis_title" if emergency.group == "crisis" else "emergency_title"]
    calls = "".join(
        f'<a class="call" href="tel:{escape(number)}" '
        f'aria-label="{escape(words["emergency_call"].format(number=number))}">'
        f"{escape(words[f'number_{number}'])}</a>"
        for number in emergency.call
    )
    steps = "".join(f"<li>{escape(line)}</li>" for line in lines)
    matched = "".join(f"<q>{escape(word)}</q> " for word in dict.fromkeys(emergency.matched))
    return (
        f'<section class="status emergency" role="alert" data-rule="{escape(emergency.rule)}">'
        f"<h2>{escape(title.format(number=emergency.call[0]))}</h2>"
        f'<p class="calls">{calls}</p>'
        f"<h3>{escape(words['emergency_do'])}</h3><ul>{steps}</ul>"
        f'<p class="why">{escape(words["emergency_why"])}{matched}</p>'
        f'<p class="why">{escape(words["emergency_rules"])}</p></section>'
    )
