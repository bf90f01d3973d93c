"""A link that reproduces an answer: the question, the model, how it answered, and over which index.

Decoding is greedy or by beams and draws nothing at random, so no seed is needed. Someone else's link is hostile input: every field is
checked, and the fingerprint says when the passages are no longer those that the answer came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from rag_demo.config import AnswerOptions
from rag_demo.text import MAX_QUESTION_CHARACTERS
from rag_demo.types import Answer, RagError

FIELDS = ("q", "preset", "k", "retriever", "mode", "answer", "index")


class LinkError(RagError):
    """The query string of a link cannot be followed. `fault` is the key of the page's sentence."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Permalink:
    """index: PassageIndex.fingerprint of the engine that answered, "" where the link does not say."""

    question: str
    preset: str
    options: AnswerOptions
    index: str = ""

    @classmethod
    def of(cls, answer: Answer, options: AnswerOptions, index: str) -> "Permalink":
        return cls(answer.question, answer.model, options, index)

    @property
    def query(self) -> str:
        o = self.options
        values = (self.question, self.preset, o.top_k, o.retriever, o.rag_mode, o.answer_mode, self.index)
        return "?" + urlencode(dict(zip(FIELDS, values, strict=True)), errors="replace")


def read_permalink(query: Mapping[str, str], presets: Mapping[str, str]) -> Permalink | None:
    """The link in a query string; None where there is no question in it.

    presets: name -> fingerprint of the index it has now. Raises LinkError for a field that is not what the page writes.
    """
    question = query.get("q", "")
    if not question.strip():
        return None
    if len(question) > 4 * MAX_QUESTION_CHARACTERS:
        raise LinkError("link_broken", "The question of this link is too long.")
    preset = query.get("preset") or next(iter(presets))
    if preset not in presets:
        raise LinkError("link_preset", "This link names a model that the page has not loaded.")
    try:
        options = AnswerOptions(
            int(query.get("k", 5)),
            query.get("retriever", "dense"),
            query.get("mode", "token"),
            query.get("answer", "grounded"),
        )
    except (RagError, ValueError):
        raise LinkError("link_broken", "This link has been altered: one of its settings does not exist.") from None
    return Permalink(question, preset, options, query.get("index", ""))
