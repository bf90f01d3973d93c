"""A dose that no passage holds, written for an infant, a pregnant or a breastfeeding woman: page, command line, API, MCP.

The model's text is forced, as a test cannot choose what it writes; what reaches a visitor is the tested code's."""

import ast
from dataclasses import replace

import pytest
from gradio_client import Client

from rag_demo import __main__ as command
from rag_demo.counterfactual import both_ways
from rag_demo.engine import RagEngine
from rag_demo.render import conversation
from rag_demo.render_modes import both
from rag_demo.types import AnswerMode
from rag_demo.ui import asking, build_demo
from rag_demo.ui.i18n import words
from rag_demo.ui.page import Page
from rag_demo.ui.theme import launch_options

QUESTIONS = ["宝宝发热怎么办？", "孕妇血糖高怎么办？", "哺乳期便秘怎么办？"]
DOSES = ["每次吃2片", "一次一片", "滴两滴", "半片就够", "每公斤体重十毫克", "每日三次"]


@pytest.fixture(scope="module")
def forced(bart_engine):
    """An engine like any other, but its free text is a dose."""
    engine = bart_engine.with_passages(bart_engine.index.passages)
    decoded, text = engine._decoded, {"dose": DOSES[0]}

    def decoding(answer, beams):
        if answer.answer_mode is AnswerMode.GROUNDED:
            yield from decoded(answer, beams)
            return
        for said in ("多喝水。", f"多喝水。{text['dose']}", f"多喝水。{text['dose']}。"):
            yield replace(answer, text=said)
        yield replace(answer, text=said, finished=True)

    engine._decoded = decoding
    return engine, text


@pytest.fixture(scope="module")
def address(forced):
    demo = build_demo({"tiny": forced[0]})
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
    yield url
    demo.close()


def held(value) -> bool:
    return not any(dose in str(value) for dose in DOSES)


@pytest.mark.parametrize("dose", DOSES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_page_quotes_instead_and_says_so(forced, monkeypatch, question, dose):
    engine, text = forced
    text["dose"] = dose
    monkeypatch.setattr(asking, "paced", iter)
    ask = asking.ask_handler(Page(None, {"tiny": engine}, (), None, None))
    for language, sentence in (("zh", words("zh")["fallback_dose"]), ("en", words("en")["fallback_dose"])):
        *shown, last = ask(question, [], language, None, None, False, "tiny", 2, "dense", "token", "free")
        assert all(held(state.talk) for state in (*shown, last))
        assert sentence.split("。")[0][:20] in last.talk
        assert last.turns[-1].answer.answer_mode is AnswerMode.GROUNDED and last.turns[-1].answer.text


def test_the_inspector_and_its_two_ways(forced):
    answer = replace(forced[0].answer(QUESTIONS[0], top_k=2), answer_mode=AnswerMode.FREE)
    *_, candidates = both_ways(forced[0], answer)
    shown = both(candidates, words("zh"), settled=True)
    assert held(shown) and shown.count("status fallback") == 2
    assert held(conversation([], words("zh")))


def test_the_command_line(forced, monkeypatch, capsys):
    monkeypatch.setattr(RagEngine, "load", classmethod(lambda *_: forced[0]))
    for form in ([], ["--json"]):
        assert command.main(["ask", QUESTIONS[0], "--answer-mode", "free", *form]) == 0
        printed = capsys.readouterr().out
        assert held(printed) and (command.REPLACED in printed or '"fallback": "dose"' in printed)


def test_the_api(address):
    client = Client(address, verbose=False)
    for question in QUESTIONS:
        answer = client.predict(question, answer_mode="free", api_name="/ask")
        assert held(answer) and (answer["fallback"], answer["answer_mode"]) == ("dose", "grounded")
    compared = client.predict(QUESTIONS[0], answer_mode="free", top_k=2, api_name="/compare")
    assert held(compared) and compared["left"]["answer"]["fallback"] == "dose"
    modes = client.predict(QUESTIONS[0], answer_mode="free", top_k=2, api_name="/compare_modes")
    assert held(modes) and modes[0]["answer"]["fallback"] in ("dose", "")
    changed = client.predict(QUESTIONS[0], ["p0001"], [], answer_mode="free", top_k=3, api_name="/counterfactual")
    assert held(changed) and changed["before"]["fallback"] == "dose"


def test_an_agent(address):
    pytest.importorskip("mcp")
    from tests.ui.test_mcp import in_session

    asked = {"question": QUESTIONS[1], "answer_mode": "free"}
    called = in_session(f"{address}gradio_api/mcp/?tools=ask", lambda session: session.call_tool("ask", asked))
    answer = ast.literal_eval(called.content[0].text)
    assert held(answer) and answer["fallback"] == "dose" and answer["text"]
