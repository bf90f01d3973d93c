"""Follow-up questions made to stand alone, by a rule that the page shows and the visitor can overrule.

"那宝宝能吃吗" after "孕妇血糖高怎么办？" is searched as "孕妇血糖高，宝宝能吃吗". The retriever sees one question and no
conversation, so what a follow-up leaves out has to be put back before it is encoded."""

import re
from dataclasses import dataclass
from enum import StrEnum

_CONNECTOR = re.compile(
    r"^(?:那么|那要是|那如果|那|还有|另外|然后|接着|所以|可是|但是|不过|再问一下|再问|顺便问)[，,、\s]*"
)
_PRONOUN = re.compile(r"它们?|这(?:个病|种病|个药|种药|种情况|个|种|样|些|药|病)|那(?:个|种|样|些)|此病|上面(?:说的)?")
_OPENING = re.compile(
    r"^(?:请问|想问(?:一下)?|我想问(?:一下)?|问一下|医生|大夫|你好|您好|什么是|啥是|怎样算)[，,、：\s]*"
)
_ASKING = re.compile(
    r"怎么|怎样|咋|如何|为什么|为啥|什么|啥|多少|多久|多长|多大|几|哪|能不能|可不可以|可以|能|会不会|会|要不要|需不需要|需要|"
    r"该不该|应该|是不是|有没有|用不用|行不行|要|用|吗|呢|么|？|\?"
)
_GENERAL = re.compile(
    r"去医院|医院|看医生|医生|检查|吃药|用药|打针|住院|手术|治疗|吃|喝|做|去|的|了|啊|呀|吧|得|还|也|就|又|再|办|回事|处理|时候|时间|"
    r"才|会|把|给|是|正常|严重|危险|注意|影响|好|治|传染|遗传"
)
_OWN_TOPIC = 4  # characters before the asking words that make a question whole


class Rewriting(StrEnum):
    AS_ASKED = "as_asked"
    CONNECTOR_DROPPED = "connector_dropped"
    TOPIC_ADDED = "topic_added"


@dataclass(frozen=True, slots=True)
class Standalone:
    """text: what is searched. rule: what was done to the words that were typed."""

    text: str
    rule: Rewriting


def topic(question: str) -> str:
    """What a question is about: what stands before its asking words; the whole, where nothing does."""
    bare = _OPENING.sub("", question.strip()).strip("。！？?!；;，, ")
    asking = _ASKING.search(bare)
    before = bare[: asking.start()].strip("，,、；; ") if asking else bare
    return before if len(before) >= 2 else _ASKING.split(bare, maxsplit=1)[-1].strip("，,、 ") or bare


def standalone(question: str, previous: str) -> Standalone:
    """`question` as it is searched after `previous`, the last question that was searched ("" for none).

    A question that opens with a connector or holds a pronoun, or that names nothing of its own, takes over the topic
    of the one before; one that has a topic of its own only loses its connector.
    """
    asked = question.strip()
    if not previous.strip():
        return Standalone(asked, Rewriting.AS_ASKED)
    bare = _CONNECTOR.sub("", asked)
    pointing = bool(_PRONOUN.search(bare))
    connected = bare != asked
    own = "" if pointing else _own_topic(bare)
    if not pointing and len(own) >= (_OWN_TOPIC if connected else 1):
        return Standalone(bare, Rewriting.CONNECTOR_DROPPED if connected else Rewriting.AS_ASKED)
    rest = _PRONOUN.sub("", bare).strip("，,、 ")
    about = topic(previous)
    if not rest or about in rest:
        return Standalone(asked, Rewriting.AS_ASKED)
    return Standalone(f"{about}，{rest}", Rewriting.TOPIC_ADDED)


def _own_topic(question: str) -> str:
    """The characters of a question that name something: no asking words, nothing that fits any illness."""
    return _GENERAL.sub("", _ASKING.sub("", question)).strip("。！？?!；;，,、 ")
