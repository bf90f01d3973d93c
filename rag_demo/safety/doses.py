"""Doses for infants, in pregnancy and while breastfeeding: never in a free answer unless a listed passage says so.

A dose counts as listed when the piece of text that holds it, between two marks, stands verbatim in a passage."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rag_demo.types import Answer

_NUMBER = r"(?:\d+(?:[.．]\d+)?|[零〇一二两三四五六七八九十百半几]+)"
_UNIT = r"(?:mg|g|ug|μg|mcg|ml|l|iu|kg|毫克|微克|克|毫升|升|cc|国际单位|单位|万单位|片|粒|滴|袋|包|支|丸|颗|瓶|勺|匙|喷|揿|贴|栓|枚|mmol)"
_RANGE = r"(?:\s*(?:[~～\-–—至到])\s*" + _NUMBER + r")?"
_DOSE = re.compile(
    rf"{_NUMBER}(?:\s*{_UNIT})?{_RANGE}\s*个?\s*{_UNIT}(?![a-z])|"
    rf"(?:每日|每天|一日|一天|每晚|每周|日服)\s*(?:服|吃|用|喂)?\s*{_NUMBER}{_RANGE}\s*[次回]|{_NUMBER}{_RANGE}\s*[次回]\s*[/每]\s*(?:日|天|周)|"
    rf"每(?:隔)?\s*{_NUMBER}{_RANGE}\s*个?小时\s*(?:服|吃|用|喂|一次|1次)",
    re.IGNORECASE,
)
_VULNERABLE = re.compile(
    "婴|新生儿|宝宝|宝贝|娃|月龄|幼儿|孩子|小孩|儿童|小儿|患儿|早产|月子|满月|周岁|[一二两三四五六七八九十半\\d]+个?多?月(?:大|的|龄)|[一二两三1-3]岁|儿子|女儿|闺女|"
    "孕|怀了|怀着|怀上|胎|妊娠|产妇|产前|产后|待产|哺乳|母乳|喂奶|喂养|吃奶|乳母|奶水|坐月子|备产|二胎|生完|刚生"
)
_MARK = re.compile(r"[，。！？；、,;!?\n]+")


def vulnerable(text: str) -> bool:
    """Whether a text speaks of a child, a pregnancy or breastfeeding."""
    return bool(_VULNERABLE.search(unicodedata.normalize("NFKC", text)))


def unlisted_doses(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The doses of `text` whose piece, between two marks, stands in none of the sources."""
    listed = [_plain(source) for source in sources]
    found: list[str] = []
    for piece in _MARK.split(unicodedata.normalize("NFKC", text)):
        doses = [match.group() for match in _DOSE.finditer(piece)]
        if doses and not any(_stands_in(_plain(piece), source) for source in listed):
            found += doses
    return tuple(found)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def _stands_in(piece: str, source: str) -> bool:
    """As a whole: "5ml" does not stand in "15ml" or "5ml/kg"."""
    return bool(re.search(rf"(?<![\d.一二两三四五六七八九十百半]){re.escape(piece)}(?![\da-z/])", source))


def released(answers: Iterator[Answer], sources: Sequence[str]) -> Iterator[Answer]:
    """The growing answers of free mode, held back until their doses are known to be listed.

    Returns (to `yield from`) whether the answer must not be given. With a question about a child, a pregnancy or
    breastfeeding all is held until the answer is whole, so that nothing shown is taken back; else until each mark.
    """
    held: list[Answer] = []
    for answer in answers:
        held.append(answer)
        unlisted = any(unlisted_doses(waiting.text, sources) for waiting in held)
        whole = answer.finished
        if unlisted and vulnerable(answer.question + answer.text):
            return True
        if whole or (not unlisted and not vulnerable(answer.question) and _MARK.search(answer.text[-1:])):
            yield from held
            held = []
    return False
