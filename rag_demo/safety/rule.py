"""A rule: patterns over the spoken form of a question, all of which must be found and must count."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rag_demo.safety.group import Group
from rag_demo.safety.intent import denied


@dataclass(frozen=True, slots=True)
class Rule:
    """all_of: regular expressions where `~` is a gap of up to 6 characters and `…` of up to 25, inside a sentence.

    sure: the words say what is seen, not a name; then only learning, supposing and the past let a question through.
    """

    id: str
    group: Group
    all_of: tuple[str, ...]
    none_of: tuple[str, ...] = ()
    sure: bool = True

    def found(self, text: str) -> tuple[str, ...]:
        """The words that matched, one a pattern; () where the rule does not hold."""
        if any(compiled(pattern).search(text) for pattern in self.none_of):
            return ()
        words = [next(counting(pattern, text), "") for pattern in self.all_of]
        return tuple(words) if all(words) else ()


def counting(pattern: str, text: str) -> Iterator[str]:
    """The matches of `pattern` that are not denied, supposed or of the past."""
    for match in compiled(pattern).finditer(text):
        if not denied(text, match.start(), match.end()):
            yield match.group()


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("~", "[^。！？]{0,6}").replace("…", "[^。！？]{0,25}"))
