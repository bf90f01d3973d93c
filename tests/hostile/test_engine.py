"""Hostile input through a tiny engine: the page's handlers, the published API, the command line, a hostile corpus."""

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_demo import __main__ as command
from rag_demo.engine import RagEngine
from rag_demo.types import Passage
from rag_demo.ui import asking, build_demo, retrieval
from rag_demo.ui.page import OwnCorpus, Page
from tests.hostile import strategies as hostile
from tests.hostile.test_texts import times
from tests.hostile.watching import foreign_markup, no_files_but

CHOICES = st.tuples(
    st.sampled_from(["dense", "bm25", "hybrid"]), st.sampled_from(["token", "sequence"]), st.sampled_from(["grounded", "free"])
)  # fmt: skip


@pytest.fixture(scope="module")
def page(bart_engine):
    return Page(None, {"tiny": bart_engine}, (), None, None)


@pytest.fixture(scope="module")
def published(page):
    """The functions behind the API, by name, as Gradio calls them."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gr, "api", lambda function, api_name="", **_: found.update({api_name: function}))
        build_demo(page.engines)
    return found


@times(40)
@given(hostile.question, CHOICES)
def test_the_page_answers_or_says_why(page, question, choices):
    with pytest.MonkeyPatch.context() as patch, no_files_but():
        patch.setattr(asking, "paced", iter)
        patch.setattr(asking.log, "exception", lambda *_: pytest.fail("a traceback for the log"))
        for shown in asking.ask_handler(page)(question, [], "zh", None, None, True, "tiny", 2, *choices):
            cards = shown.cards if isinstance(shown.cards, str) else ""
            assert foreign_markup(shown.talk) + foreign_markup(cards) + foreign_markup(shown.picture) == []
        patch.setattr(retrieval.log, "exception", lambda *_: pytest.fail("a traceback for the log"))
        lists, _ = retrieval._handler(page)(question, "en", None, "tiny", 3)
        assert foreign_markup(lists) == []


@times(30)
@given(st.lists(hostile.text, min_size=3, max_size=8), CHOICES)
def test_a_hostile_corpus_is_quoted_and_nothing_else(page, bart_engine, texts, choices):
    """Orders to the model in a passage: the answer still quotes, is drawn as text, and its source stands beside it."""
    rows = [Passage(f"row{n}", text[:80], f"{text}。宝宝发热要多喝水。", source=text) for n, text in enumerate(texts)]
    rows = [Passage(*(part.encode("utf-8", "replace").decode() for part in (p.id, p.title, p.text, "", p.source))) for p in rows]  # fmt: skip
    own = OwnCorpus(texts[0], {"tiny": bart_engine.with_passages(rows)})
    with pytest.MonkeyPatch.context() as patch, no_files_but():
        patch.setattr(asking, "paced", iter)
        patch.setattr(asking.log, "exception", lambda *_: pytest.fail("a traceback for the log"))
        *_, shown = asking.ask_handler(page)("宝宝发热怎么办", [], "zh", own, None, True, "tiny", 2, *choices)
    answer = shown.turns[-1].answer
    assert foreign_markup(shown.talk) + foreign_markup(shown.cards) + foreign_markup(shown.picture) == []
    sources = {row.text for row in rows}
    assert all(hit.passage.text in sources for hit in answer.hits)
    assert all(answer.hits[c.hit].passage.text[c.start : c.end] == c.text for c in answer.citations)


NAMES = ["ask", "retrieve", "influence", "compare_modes", "compare", "search_passages"]


@times(120)
@given(st.sampled_from(NAMES), st.lists(st.one_of(hostile.question, hostile.value), min_size=1, max_size=4))
def test_the_api_gives_a_value_or_one_sentence(published, name, arguments):
    with no_files_but():
        try:
            assert published[name](*arguments) is not None
        except gr.Error as error:
            assert "Traceback" not in str(error) and "\n" not in str(error).strip()
        except TypeError as error:
            assert "positional argument" in str(error)


@times(80)
@given(hostile.question, st.lists(st.one_of(hostile.number, st.sampled_from(["--json", "--top-k", "--without", "--preset"])), max_size=3))  # fmt: skip
def test_the_command_line_ends_with_0_or_2(bart_engine, question, rest):
    with pytest.MonkeyPatch.context() as patch, no_files_but():
        patch.setattr(RagEngine, "load", classmethod(lambda *_: bart_engine))
        try:
            code = command.main(["ask", question, *rest])
        except SystemExit as ended:  # argparse
            code = ended.code
    assert code in (0, 2)
