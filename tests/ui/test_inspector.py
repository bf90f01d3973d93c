"""The inspector's handlers and endpoints over the tiny engine."""

import pytest
from gradio_client import Client

from rag_demo.render import Turn
from rag_demo.types import Passage
from rag_demo.ui import build_demo
from rag_demo.ui.i18n import words
from rag_demo.ui.inspector import counterfactual, modes, portrait
from rag_demo.ui.inspector.subject import engine_of, subject
from rag_demo.ui.page import OwnCorpus, Page
from rag_demo.ui.theme import launch_options

QUESTION = "宝宝黄疸怎么办？"


@pytest.fixture(scope="module")
def page(bart_engine):
    return Page(None, {"tiny": bart_engine}, (), None, None)


@pytest.fixture(scope="module")
def turns(bart_engine):
    return [Turn(QUESTION, bart_engine.answer(QUESTION, top_k=3))]


def test_the_subject_is_the_newest_finished_answer(turns):
    answer = turns[0].answer
    assert subject([*turns, Turn("？", error="请输入")]) is answer
    growing = Turn(QUESTION, answer.__class__(QUESTION, "", answer.hits), stopped=True)
    assert subject([*turns, growing]) is None and subject([]) is None
    assert portrait([], words("zh")) == "" and "inspected finished" in portrait(
        [*turns, Turn("？", error="x")], words("zh")
    )


def test_the_engine_is_the_one_that_holds_the_passages(page, bart_engine, turns):
    """A visitor's own corpus may have come or gone since the answer, with the same model and the same ids."""
    own = OwnCorpus("mine", {"tiny": bart_engine.with_passages([Passage("p0002", "别的", "别的一篇。")])})
    mine = own.engines["tiny"].answer(QUESTION)
    assert engine_of(page, own, turns[0].answer) is bart_engine
    assert engine_of(page, own, mine) is own.engines["tiny"]
    assert engine_of(page, None, mine) is None
    said = list(counterfactual._answer_again(page)([Turn(QUESTION, mine)], "en", None, ["p0002"], ""))
    assert len(said) == 1 and "no longer at hand" in said[0][0]


def test_answering_again_streams_and_ends_idle(page, turns):
    ids = [hit.passage.id for hit in turns[0].answer.hits]
    steps = list(counterfactual._answer_again(page)(turns, "en", None, ids[1:], "p0006"))
    html, result, again, stop = steps[-1]
    assert {hit.passage.id for hit in result.after.hits} == {*ids[1:], "p0006"} and result.after.finished
    assert "times as likely" in html and len(steps) > 3
    assert again["interactive"] and not stop["interactive"] and not steps[0][2]["interactive"]
    assert counterfactual._stopped(steps[1][1], "en")[0].count("caret") == 0


@pytest.mark.parametrize(
    ("chosen", "added", "said"),
    [
        (["p0001"], "p9999", "No passage has the id “p9999”; ids look like “p0001”"),
        (["p0001"], "<img src=x>", "&lt;img"),
        ([], " ， ", "Every passage is switched off"),
        ([], "", "Every passage is switched off"),
    ],
)
def test_a_set_that_cannot_be_gets_one_sentence(page, turns, chosen, added, said):
    chosen = [hit.passage.id for hit in turns[0].answer.hits] if chosen else []
    (step,) = counterfactual._answer_again(page)(turns, "en", None, chosen, added)
    assert said in step[0] and 'role="alert"' in step[0] and "<img" not in step[0] and step[1] is None


def test_a_failing_model_gets_a_sentence_too(page, turns, monkeypatch):
    monkeypatch.setattr("rag_demo.engine.RagEngine._forced", lambda *args: 1 / 0)
    assert "failed unexpectedly" in counterfactual._measure(page)(turns, "en", None)[0]
    assert "failed unexpectedly" in list(modes._decode(page)(turns, "en", None))[-1][0]
    assert "模型出了意外" in list(counterfactual._answer_again(page)(turns, "zh", None, ["p0001"], "p0001"))[-1][0]


def test_the_newest_answer_renews_the_controls(page, turns):
    box, typed, waiting, deltas, shown, result, *_ = counterfactual._renew(turns, "en")
    assert box["value"] == [hit.passage.id for hit in turns[0].answer.hits] and "measuring" in waiting
    assert (typed, deltas, shown, result) == ("", (), "", None)
    assert counterfactual._renew([], "en")[0]["choices"] == [] and counterfactual._renew([], "en")[2] == ""
    html, deltas = counterfactual._measure(page)(turns, "en", None)
    assert len(deltas) == 3 and html.count("<li") == 3


def test_both_ways_stream_and_follow_the_language(page, turns):
    steps = list(modes._decode(page)(turns, "zh", None))
    assert not steps[0][2]["interactive"] and steps[-1][2]["interactive"]
    assert "Mean responsibilities" in modes._translated("en", steps[-1][1])[3]


@pytest.fixture(scope="module")
def client(bart_engine):
    demo = build_demo({"tiny": bart_engine})
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
    yield Client(url, verbose=False)
    demo.close()


def test_the_endpoints_are_described(client):
    found = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/influence", "/counterfactual", "/compare_modes"} <= set(found)


def test_influence_for_programs(client, bart_engine):
    found = client.predict(QUESTION, "多吃奶。", top_k=3, rag_mode="sequence", api_name="/influence")
    hits = bart_engine.retrieve(QUESTION, 3)
    assert [row["influence"] for row in found["passages"]] == pytest.approx(
        bart_engine.influence(QUESTION, "多吃奶。", hits, "sequence"), abs=1e-4
    )
    assert client.predict(QUESTION, top_k=1, api_name="/influence")["passages"][0]["influence"] is None


def test_counterfactual_for_programs(client, bart_engine):
    first = bart_engine.answer(QUESTION, top_k=3).hits[0].passage.id
    found = client.predict(QUESTION, [first], ["p0006"], top_k=3, api_name="/counterfactual")
    ids = {hit["passage"]["id"] for hit in found["after"]["hits"]}
    assert len(ids) == 3 and "p0006" in ids and first not in ids
    assert found["change"] == pytest.approx(found["log_prob_after"] - found["log_prob_before"])
    with pytest.raises(Exception, match="No passage has the id 'p77'"):
        client.predict(QUESTION, [], ["p77"], api_name="/counterfactual")


def test_compare_modes_for_programs(client):
    token, sequence = client.predict(QUESTION, top_k=2, api_name="/compare_modes")
    assert (token["answer"]["rag_mode"], sequence["answer"]["rag_mode"]) == ("token", "sequence")
    assert sum(token["sequence"]["shares"]) == pytest.approx(1, abs=1e-5)
