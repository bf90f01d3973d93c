"""Cleaning a pair: encoding, HTML, boilerplate endings, length. What is dropped or changed has a reason to count."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rag_demo.text import MAX_QUESTION_CHARACTERS, normalise_question
from rag_demo.types import QuestionError
from training.pairs import Pair


class Dropped(StrEnum):
    OTHER_DEPARTMENT = "another department"
    DAMAGED = "damaged encoding"
    NO_QUESTION = "no question"
    NO_ANSWER = "no answer"
    SHORT = "passage too short"
    REPEATED = "same question, same passage"
    NEAR_DUPLICATE = "near duplicate of an earlier pair"


class Changed(StrEnum):
    MARKUP = "HTML taken out"
    ENDING = "boilerplate ending taken off"
    QUESTION_CUT = "question cut to its limit"
    PASSAGE_CUT = "passage cut to its limit"


@dataclass(frozen=True, slots=True)
class CleanPair:
    question: str
    answer: str
    passage: str
    title: str
    department: str
    source: str


# Only tags by name: "体温<38.5℃，血糖>7" is no markup.
_BREAK = re.compile(r"</?(?:p|br|div|li|ul|ol|tr|table|h[1-6])\b[^<>]{0,300}>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|span|font|img|td|th|tbody|center|sup|sub|small|big|label|input|section|article|iframe)"
    r"\b[^<>]{0,300}>|<!--.*?-->",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LITERAL_BREAK = re.compile(r"(?:\\r)?\\n|\\r|\\t")
# UTF-8 read as Latin-1 or Windows-1252, UTF-8's replacement character read as GBK, MSVC's unset memory read as GBK.
_TAIL = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_DAMAGE = re.compile(rf"[\ufffd\ud800-\udfff]|锟斤拷|烫烫烫|屯屯屯|(?:[à-ï]{_TAIL}{{2}}){{2}}|(?:[ÂÃ]{_TAIL}){{2}}")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff]+"
)
_WIDE = {code: code - 0xFEE0 for a, b in ("０９", "ＡＺ", "ａｚ") for code in range(ord(a), ord(b) + 1)}
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_YOU = r"[您你]"
_END = r"[。.!！~～，,；;\s]*"
_ENDINGS = [
    rf"(?:最后)?祝愿?福?(?:{_YOU}|患者|宝宝|{_YOU}的?(?:宝宝|孩子|家人))?(?:的?身体)?(?:能够?)?(?:早日|尽快|尽早)?(?:恢复)?"
    r"(?:身体)?(?:健康|康复|好运|顺利|幸福|愉快|生活愉快)(?:快乐|平安)?",
    rf"(?:希望|期望|但愿)?(?:我的|上述的?|以上的?|这些|本次)(?:回答|答案|解答|解释|回复|建议|意见)(?:希望|期望)?"
    rf"(?:能够?|可以|会)?(?:对{_YOU}有所?(?:帮助|协助)|(?:帮助?|协助)到?{_YOU}(?:有所帮助)?)",
    rf"(?:希望|期望)?(?:能够?)?对{_YOU}有所?帮助",
    rf"(?:非常)?感谢{_YOU}的?(?:进行)?(?:咨询|提问|信任|支持)",
    r"谢谢(?:您|你|咨询|您的咨询|你的信任|您的信任)?",
    rf"(?:如果?)?(?:{_YOU})?(?:有(?:任何|什么|不懂的?)?问题)?(?:可以|请)?(?:随时|欢迎|别客气随时)(?:欢迎)?"
    rf"(?:{_YOU})?(?:再次?|下次再?|继续|进行|跟我|和我|与我)*(?:咨询|提问|联系|沟通|留言)(?:我|我们)?",
    r"(?:您|你)再?有(?:任何|什么)问题可以随时和我联系或留言，我看到后会第一时间回复",
    r"以上(?:就)?是对?[“\"][^”\"]{0,300}[”\"]这个问题的(?:建议|回答|解答)",
    r"(?:以上)?(?:仅供参考|可以做为参考)",
    r"(?:满意|有用|有帮助)?(?:的话)?(?:请|望)(?:给个?|予以)?(?:采纳|好评|五星好评)",
]
_ENDING = re.compile(rf"(?:^|(?<=[。.!！?？~～，,；;\s\n]))(?:{'|'.join(_ENDINGS)}){_END}$")
_PUNCTUATION = r"[\s,.!?;:\"'“”‘’()\[\]{}【】《》「」『』。、·…~—_\-]"
_NOT_IN_NUMBERS = re.compile(rf"(?<!\d){_PUNCTUATION}+|{_PUNCTUATION}+(?!\d)")


def clean_text(text: str, changed: Callable[[Changed], None] = lambda _: None) -> str:
    """Markup and invisible characters out, full-width digits and letters to ASCII, white space to one space or line."""
    if "&" in text or "<" in text:
        bare = html.unescape(html.unescape(text)) if "&" in text else text  # some corpora are escaped twice
        bare = _TAG.sub("", _BREAK.sub("\n", _SCRIPT.sub("", bare)))
        if bare != text:
            changed(Changed.MARKUP)
        text = bare
    if "\\" in text:
        text = _LITERAL_BREAK.sub("\n", text)
    text = text.translate(_WIDE)
    text = _INVISIBLE.sub("", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def without_ending(text: str) -> str:
    """Without the courtesies that end an answer; a text that is nothing else stays as it is."""
    short = text
    while match := _ENDING.search(short, max(0, len(short) - 360)):
        short = short[: match.start()].rstrip()
    return (short.rstrip("，,；;") if short != text else short) or text


def core(text: str) -> str:
    """What two texts share when they differ only in marks, width or case: 1.5 mg and 15 mg still differ."""
    return _NOT_IN_NUMBERS.sub("", text.translate(_NARROW).lower())


def shorten(text: str, limit: int, around: str = "") -> str:
    """At most `limit` characters, cut where a sentence ends, and holding `around` where the text does."""
    if len(text) <= limit:
        return text
    at = text.find(around) if around else 0
    start = 0
    if at + len(around) > limit:
        earliest = max(0, at + len(around) - limit)
        ends = [m.end() for m in re.finditer(r"[。！？；!?;\n]", text[earliest:at])]
        start = earliest + (ends[0] if ends else 0)
    window = text[start : start + limit]
    needed = max(at + len(around) - start, limit // 2) if at >= 0 else limit // 2
    ends = [m.end() for m in re.finditer(r"[。！？；!?;\n]", window) if m.end() >= needed]
    return (window[: ends[-1]] if ends else window).strip()


def clean_pair(
    pair: Pair, shortest: int, longest: int, departments: tuple[str, ...], changed: Callable[[Changed], None]
) -> CleanPair | Dropped:
    """The pair as training sees it, or why it is not seen. `shortest`, `longest`: characters of a passage."""
    if departments and not any(name in pair.department for name in departments):
        return Dropped.OTHER_DEPARTMENT
    if any(_DAMAGE.search(text) for text in (pair.question, pair.answer, pair.context)):
        return Dropped.DAMAGED
    asked = " ".join(clean_text(pair.question, changed).split("\n"))
    if len(unicodedata.normalize("NFKC", asked)) > MAX_QUESTION_CHARACTERS:
        changed(Changed.QUESTION_CUT)
        asked = unicodedata.normalize("NFKC", asked)[:MAX_QUESTION_CHARACTERS]
    try:
        question = normalise_question(asked)
    except QuestionError:
        return Dropped.NO_QUESTION
    whole = clean_text(pair.answer, changed)
    answer = whole if pair.context else without_ending(whole)
    if answer != whole:
        changed(Changed.ENDING)
    if not core(answer):
        return Dropped.NO_ANSWER
    context = clean_text(pair.context, changed)
    passage = shorten(context or answer, longest, around=answer if context else "")
    if len(passage) < len(context or answer):
        changed(Changed.PASSAGE_CUT)
    if len(core(passage)) < shortest:
        return Dropped.SHORT
    title, department, source = (" ".join(clean_text(t).split()) for t in (pair.title, pair.department, pair.source))
    return CleanPair(question, answer, passage, title if context else "", department, source)
