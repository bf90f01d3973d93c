"""Doses for infants, in pregnancy and while breastfeeding: never in a free answer unless a listed passage says so.

A dose counts as listed when the piece of text that holds it, between two marks, stands verbatim in a passage."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rag_demo.types import Answer

_NUMBER = r"(?:\d+(?:[.．]\d+)?|[零〇一二两俩三四五六七八九十百千万半几数壹贰叁]+)"
_UNIT = (
    r"(?:mg|g|ug|μg|mcg|ml|l|iu|u|kg|毫克|微克|克|毫升|升|cc|国际单位|单位|万单位|片|粒|滴|袋|包|支|丸|颗|瓶|[小大茶汤]?[勺匙]|"
    r"调羹|[小大]包|喷|揿|吸|贴|帖|栓|枚|针|剂|mmol)"
)
_RANGE = r"(?:\s*(?:[~～\-–—至到])\s*" + _NUMBER + r")?"
_AT_MOST = r"(?:最多|至多|(?:不要?|不能|不得|别)超过)?\s*(?:服|吃|用|喂|喝|滴|喷|各)?\s*"
_DOSE = re.compile(
    rf"{_NUMBER}(?:\s*{_UNIT})?{_RANGE}\s*个?\s*{_UNIT}(?![a-z])|"
    rf"(?:每日|每天|一日|一天|每晚|每周|日服|24小时内?|早晚|早中晚|睡前|饭[前后])\s*{_AT_MOST}{_NUMBER}{_RANGE}\s*[次回顿]|"
    rf"{_NUMBER}{_RANGE}\s*[次回]\s*[/每]\s*(?:日|天|周)|"
    rf"(?:每隔?|间?隔)\s*{_NUMBER}{_RANGE}\s*个?小时\s*(?:可|再|就|要)*\s*(?:服|吃|用|喂|喝|重复|一次|1次)|"
    rf"(?:每|/|一)\s*(?:公斤|千克|kg)\s*(?:体重)?\s*(?:给|用|服|吃|喂|按)?\s*{_NUMBER}|{_NUMBER}\s*(?:/|每)\s*(?:公斤|千克|kg)|"
    r"(?<![a-z])(?:qd|bid|tid|qid|q\d+h)(?![a-z])",
    re.IGNORECASE,
)
_VULNERABLE = re.compile(
    "婴|新生儿|宝宝|宝贝|宝儿|宝妈|娃|囡|月龄|幼儿|幼童|孩子|小孩|小朋友|儿童|小儿|儿科|患儿|早产|月子|满月|周岁|"
    "[一二两三四五六七八九十半\\d]+个?多?月(?:大|的|龄)|(?<![一二三四五六七八九十百\\d])(?:[一二两三四五六七八九十]|1[0-4]|[1-9])岁|"
    "儿子|女儿|闺女|孙子|孙女|外孙|孕|怀了|怀着|怀上|胎|妊娠|产妇|产前|产后|产科|待产|哺乳|母乳|喂奶|断奶|催奶|喂养|吃奶|乳母|奶水|"
    "坐月子|备产|生完|刚生|infant|newborn|baby|babies|child|toddler|pregnan|breastfe|nursing|lactat",
    re.IGNORECASE,
)
_DENIED = re.compile("[不别勿禁忌超]")
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
    """As a whole: "5ml" does not stand in "15ml", "5ml/kg" or "不超过5ml"."""
    whole = rf"(?<![\d.一二两三四五六七八九十百半]){re.escape(piece)}(?![\da-z/每])"
    return any(
        not _DENIED.search(_MARK.split(source[: match.start()])[-1][-4:]) for match in re.finditer(whole, source)
    )


def released(answers: Iterator[Answer], sources: Sequence[str], about: str = "") -> Iterator[Answer]:
    """The growing answers of free mode, held back until their doses are known to be listed.

    about: what was retrieved, by title and department: a dose from a children's passage is one for a child, though
    neither question nor answer says so.

    Returns (to `yield from`) whether the answer must not be given. With a question about a child, a pregnancy or
    breastfeeding all is held until the answer is whole, so that nothing shown is taken back; else until each mark.
    """
    held: list[Answer] = []
    for answer in answers:
        held.append(answer)
        unlisted = any(unlisted_doses(waiting.text, sources) for waiting in held)
        whole = answer.finished
        if unlisted and vulnerable(f"{answer.question} {answer.text} {about}"):
            return True
        if whole or (not unlisted and not vulnerable(answer.question) and _MARK.search(answer.text[-1:])):
            yield from held
            held = []
    return False
