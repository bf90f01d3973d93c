"""A question-answer pair as published, and the small habits that its readers share."""

from dataclasses import dataclass
from typing import Any

from rag_demo.types import RagError


@dataclass(frozen=True, slots=True)
class Pair:
    """As published, uncleaned. Without a context the answer is its own passage; title belongs to the passage."""

    question: str
    answer: str
    context: str = ""
    department: str = ""
    title: str = ""
    source: str = ""


def asked(title: str, more: str) -> str:
    """Title and description as one question, without saying the same twice."""
    title, more = (title or "").strip(), (more or "").strip()
    if not more or more in ("无", title) or more in title:
        return title
    if title in more:
        return more
    return title + ("" if title.endswith(("？", "?", "。", "！", "!", "，")) else "，" if title else "") + more


def first_text(value: Any) -> Any:
    """The first text of a text, a list of texts or a list of lists."""
    while isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    return value


def as_text(value: Any, where: str, name: str) -> str:
    if value is None or value != value:  # NaN of pandas
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise RagError(f"{where}: {name!r} must be text, not {type(value).__name__}.")
    return value
