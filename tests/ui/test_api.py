"""The page's API, through gradio_client against a running server."""

import pytest
from gradio_client import Client

from rag_demo.lab_report import DevQuestions
from rag_demo.ui import api, build_demo, index_lab
from rag_demo.ui.theme import launch_options


@pytest.fixture(scope="module")
def client(bart_engine):
    demo = build_demo({"tiny": bart_engine}, ("宝宝发热怎么办？",))
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, server_port=0 or None, **launch_options())
    yield Client(url, verbose=False)
    demo.close()


def test_ask_gives_the_documented_object(client, bart_engine):
    answer = client.predict("宝宝黄疸怎么办？", top_k=3, api_name="/ask")
    wanted = bart_engine.answer("宝宝黄疸怎么办？", top_k=3)
    assert answer["text"] == wanted.text and answer["model"] == "tiny"
    assert [hit["passage"]["id"] for hit in answer["hits"]] == [hit.passage.id for hit in wanted.hits]
    assert all(abs(sum(token["posterior"]) - 1) < 1e-4 for token in answer["tokens"])


def test_ask_is_described_and_typed(client):
    endpoint = client.view_api(return_format="dict")["named_endpoints"]["/ask"]
    assert {p["parameter_name"] for p in endpoint["parameters"]} >= {"question", "top_k", "retriever", "rag_mode"}
    named = {*client.view_api(return_format="dict")["named_endpoints"]}
    assert named >= {"/ask", "/retrieve", "/index_lab", "/compare", "/votes", "/plan_resources", "/influence"}
    assert named >= {"/search_passages", "/results"}
    assert not [name for name in named if "lambda" in name or name == "/stream"], "a handler of the page is published"


def test_retrieve_gives_typed_hits_of_one_list(client, bart_engine):
    hits = client.predict("宝宝黄疸怎么办？", top_k=3, retriever="bm25", api_name="/retrieve")
    wanted = bart_engine.retrieve("宝宝黄疸怎么办？", 3, "bm25")
    assert [hit["passage"]["id"] for hit in hits] == [hit.passage.id for hit in wanted]
    assert hits[0]["bm25"] == pytest.approx(sum(hits[0]["matched_words"].values()), rel=1e-5)
    assert hits[0]["ranks"]["bm25"] == 1 and hits[0]["fused"] == pytest.approx(sum(hits[0]["reciprocal_ranks"]))
    assert set(hits[0]) == set(api.FoundObject.__annotations__) | set(api.HitObject.__annotations__)
    with pytest.raises(Exception, match="top_k must lie between 1 and 10"):
        client.predict("宝宝", top_k=11, api_name="/retrieve")


def test_index_lab_gives_a_row_an_index(client, monkeypatch):
    monkeypatch.setattr(DevQuestions, "questions", ("宝宝黄疸", "血糖高"))
    value = client.predict("宝宝黄疸怎么办？", grow_to=700, api_name="/index_lab")
    assert set(value) == set(index_lab.LabObject.__annotations__) and value["vectors"] == 700
    rows = {row["kind"]: row for row in value["indexes"]}
    assert rows["flat"]["recall"] == {"1": 1.0, "5": 1.0, "10": 1.0, "20": 1.0} and len(rows) == 7
    assert set(rows["flat"]) == set(index_lab.IndexObject.__annotations__)
    assert all(len(row["top_ids"]) == 10 and row["bytes"] > 0 for row in rows.values())
    with pytest.raises(Exception, match="0 to 50000"):
        client.predict("宝宝", grow_to=50_001, api_name="/index_lab")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"question": "？"}, "请输入一个问题"),
        ({"question": "长" * 501}, "501"),
        ({"question": "宝宝", "top_k": 99}, "top_k must lie between 1 and 10"),
        ({"question": "宝宝", "preset": "../../etc"}, "No preset"),
        ({"question": "宝宝", "rag_mode": "both"}, "rag_mode"),
    ],
)
def test_bad_input_gets_one_sentence(client, changes, message):
    with pytest.raises(Exception, match=message) as caught:
        client.predict(**changes, api_name="/ask")
    assert "Traceback" not in str(caught.value)


def test_the_documented_types_are_those_of_the_answer(bart_engine):
    """A field added to Answer and not to the API's types would be undocumented."""
    from rag_demo.render import answer_json

    value = answer_json(bart_engine.answer("宝宝黄疸怎么办？", top_k=2))
    assert set(value) == set(api.AnswerObject.__annotations__)
    assert set(value["hits"][0]) == set(api.HitObject.__annotations__)
    assert set(value["hits"][0]["passage"]) == set(api.PassageObject.__annotations__)
    assert set(value["tokens"][0]) == set(api.TokenObject.__annotations__)
    assert set(value["citations"][0]) == set(api.CitationObject.__annotations__)
