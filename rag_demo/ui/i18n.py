"""Which of the two languages the page speaks."""

from enum import StrEnum

from rag_demo.ui.strings import WORDS


class Language(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"


def words(language: Language | str) -> dict[str, str]:
    """key -> text of one language."""
    column = 1 if Language(language) is Language.ENGLISH else 0
    return {key: pair[column] for key, pair in WORDS.items()}
