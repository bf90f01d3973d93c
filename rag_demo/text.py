"""Text: normalising questions, cutting passages into clauses, cutting Chinese into words."""

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_demo.types import QuestionError

MAX_QUESTION_CHARACTERS = 500
USER_DICTIONARY = Path(__file__).resolve().parent.parent / "assets" / "userdict.txt"

# A clause is what the product quotes: a sentence, with its final mark and any closing quote or bracket.
_CLAUSE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+[”’」』）)]*|[^。！？；!?;\n]+$")
_WORD_CHARACTER = re.compile(r"[0-9A-Za-z\u3400-\u9fff]")
_CHINESE_RUN = re.compile(r"[\u3400-\u9fff]+")
_TO_FULL_WIDTH = str.maketrans({",": "，", "?": "？", "!": "！", ";": "；", ":": "："})


@dataclass(frozen=True, slots=True)
class Clause:
    """text == source[start:end]."""

    text: str
    start: int
    end: int


def normalise_question(question: str) -> str:
    """Full-width digits and letters to ASCII, Chinese marks kept, invisible characters out, white space to one space.

    Raises QuestionError when nothing is left to search for, or more than 500 characters are.
    """
    text = unicodedata.normalize("NFKC", as_text(question))
    text = "".join(" " if c in "\t\n\r" else c for c in text if c in "\t\n\r" or unicodedata.category(c)[0] != "C")
    text = full_width(" ".join(text.split()))
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"问题有 {len(text)} 个字符，超过了 {MAX_QUESTION_CHARACTERS} 个的上限，请缩短后再问。"
            f" (The question is too long: at most {MAX_QUESTION_CHARACTERS} characters.)"
        )
    if not any(unicodedata.category(c)[0] in "LN" for c in text):
        raise QuestionError("请输入一个问题，例如“孕妇血糖高怎么办？”。 (Please type a question.)")
    return text


def as_text(question: str) -> str:
    """The question; a program may send anything. Raises QuestionError."""
    if not isinstance(question, str):
        raise QuestionError("问题须是文字。 (The question must be text.)")
    return question


def split_clauses(text: str) -> list[Clause]:
    """The clauses of a text, in order; white space around them is left out, so each is text[start:end]."""
    clauses = []
    for match in _CLAUSE.finditer(text):
        piece = match.group()
        start = match.start() + len(piece) - len(piece.lstrip())
        stripped = piece.strip()
        if _WORD_CHARACTER.search(stripped):
            clauses.append(Clause(stripped, start, start + len(stripped)))
    return clauses


def unsupported_spans(text: str, sources: Sequence[str], size: int = 4) -> tuple[tuple[int, int], ...]:
    """Spans (start, end) of `text` that no source holds in a run of at least `size` characters."""
    covered = [False] * len(text)
    for start in range(len(text) - size + 1):
        if any(text[start : start + size] in source for source in sources):
            covered[start : start + size] = [True] * size
    spans: list[tuple[int, int]] = []
    for i, found in enumerate(covered):
        if found or not _WORD_CHARACTER.match(text[i]):
            continue
        if spans and spans[-1][1] == i:
            spans[-1] = (spans[-1][0], i + 1)
        else:
            spans.append((i, i + 1))
    return tuple(spans)


def full_width(text: str) -> str:
    """Half-width marks to full-width where Chinese stands before them: tokenizers with NFKC narrow them."""
    return re.sub(r"(?<=[\u3400-\u9fff”）])[,?!;:]", lambda mark: mark.group().translate(_TO_FULL_WIDTH), text)


def join_chinese(text: str) -> str:
    """No white space next to Chinese characters or marks: BERT's decoding puts it there."""
    return re.sub(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+|\s+(?=[\u3000-\u9fff\uff00-\uffef])", "", text).strip()


@functools.cache
def _segmenter():
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()
    # as its initialize(), which would keep (and believe) a pickle-like cache in the world's temporary folder
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    if USER_DICTIONARY.exists():
        segmenter.load_userdict(str(USER_DICTIONARY))
    return segmenter


def words(text: str) -> list[str]:
    """Words for BM25: jieba's, plus the character bigrams of each Chinese run, lower case, NFKC.

    Plain jieba cuts 二甲双胍 into 二甲/双/胍; the bigrams find it all the same.
    """
    return [word for word, _ in _pieces(unicodedata.normalize("NFKC", text).lower())]


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """The same words with the span (start, end) of `text` that each was read from."""
    folded, origin = "", []
    for i, character in enumerate(text):
        narrow = unicodedata.normalize("NFKC", character).lower()
        folded += narrow
        origin += [i] * len(narrow)
    return [(word, origin[start], origin[start + len(word) - 1] + 1) for word, start in _pieces(folded)]


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """(word, where it starts) of a text that is NFKC and lower case already: jieba's words, then the bigrams."""
    start = 0
    for word in _segmenter().lcut(text):
        if _WORD_CHARACTER.search(word):
            yield word, start
        start += len(word)
    for run in _CHINESE_RUN.finditer(text):
        characters = run.group()
        if len(characters) > 2:
            yield from ((characters[i : i + 2], run.start() + i) for i in range(len(characters) - 1))
