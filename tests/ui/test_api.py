"""The page's API, through gradio_client against a running server."""

import pytest
from gradio_client import Client

from rag_demo.ui import build_demo
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
    assert {"/ask", "/search_passages"} <= set(client.view_api(return_format="dict")["named_endpoints"])


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
    from rag_demo.ui import api

    value = answer_json(bart_engine.answer("宝宝黄疸怎么办？", top_k=2))
    assert set(value) == set(api.AnswerObject.__annotations__)
    assert set(value["hits"][0]) == set(api.HitObject.__annotations__)
    assert set(value["hits"][0]["passage"]) == set(api.PassageObject.__annotations__)
    assert set(value["tokens"][0]) == set(api.TokenObject.__annotations__)
    assert set(value["citations"][0]) == set(api.CitationObject.__annotations__)
