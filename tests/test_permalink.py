"""A link reproduces its answer; an altered one is refused with a sentence, whatever it holds."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_demo.config import AnswerOptions
from rag_demo.permalink import FIELDS, LinkError, Permalink, read_permalink

PRESETS = {"base": "abc", "large": "def"}


def test_there_and_back():
    options = AnswerOptions(3, "hybrid", "sequence", "free")
    link = Permalink("孕妇 & 血糖=高？#1", "large", options, "def")
    assert read_permalink(dict(parse_qsl(link.query[1:])), PRESETS) == link


def test_no_question_is_no_link():
    assert read_permalink({"__theme": "dark"}, PRESETS) is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"preset": "../../etc/passwd"}, "link_preset"),
        ({"k": "99"}, "link_broken"),
        ({"k": "1e9"}, "link_broken"),
        ({"mode": "<script>"}, "link_broken"),
        ({"q": "长" * 3000}, "link_broken"),
    ],
)
def test_an_altered_link_is_refused(changes, fault):
    with pytest.raises(LinkError) as error:
        read_permalink({"q": "宝宝发烧", "preset": "base"} | changes, PRESETS)
    assert error.value.fault == fault


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=30)))
def test_no_query_string_raises_anything_else(query):
    try:
        read_permalink(query, PRESETS)
    except LinkError as error:
        assert error.fault in ("link_broken", "link_preset")
