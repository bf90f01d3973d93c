"""The Compare tab with two tiny engines: its endpoints through gradio_client, its handlers, and its votes."""

import random
import re
from dataclasses import replace

import pytest
from gradio_client import Client

from rag_demo.render_tally import side_label
from rag_demo.ui import ballot, build_demo, compare
from rag_demo.ui.ballot import Round, draw, voter
from rag_demo.ui.i18n import words
from rag_demo.ui.page import OwnCorpus, Page
from rag_demo.ui.theme import launch_options
from rag_demo.votes import Side, Vote, VoteKind, VoteStore

QUESTION = "宝宝黄疸怎么办？"
LEFT, RIGHT = "one/dense/token", "two/bm25/sequence"
ZH = words("zh")


@pytest.fixture(scope="module")
def engines(bart_engine, passages):
    """Two models in name, over two corpora, so that their lists differ."""
    return {"one": bart_engine, "two": bart_engine.with_passages(passages[1:])}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(engines, data):
    demo = build_demo(engines, (), data)
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
    yield Client(url, verbose=False)
    demo.close()


def test_compare_gives_both_answers_and_what_they_share(client, engines):
    got = client.predict(QUESTION, right_retriever="bm25", top_k=3, api_name="/compare")
    assert (got["left"]["name"], got["right"]["name"]) == ("one/dense/token", "two/bm25/token")
    for side, options in (("left", {}), ("right", {"retriever": "bm25"})):
        wanted = engines["one" if side == "left" else "two"].answer(QUESTION, top_k=3, **options)
        assert got[side]["answer"]["text"] == wanted.text
        assert got[side]["parameters"] == engines["one"].parameters
    lists = [{hit["passage"]["id"] for hit in got[side]["answer"]["hits"]} for side in ("left", "right")]
    assert got["overlap"] == pytest.approx(len(lists[0] & lists[1]) / 3)
    assert {move["id"] for move in got["passages"]} == lists[0] | lists[1]
    assert got["left"]["index"] != got["right"]["index"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"left_preset": "none"}, "No preset"),
        ({"right_preset": "one"}, "the same"),
        ({"left_retriever": "psychic"}, "retriever"),
        ({"question": ""}, "请输入一个问题"),
        ({"top_k": 0}, "top_k"),
    ],
)
def test_bad_input_gets_one_sentence(client, changes, message):
    with pytest.raises(Exception, match=message) as caught:
        client.predict(**{"question": QUESTION, **changes}, api_name="/compare")
    assert "Traceback" not in str(caught.value)


def test_votes_gives_aggregates_and_nothing_of_a_single_vote(client, engines, data):
    one, two = (Side(name, engine.index.fingerprint) for name, engine in engines.items())
    store = VoteStore(data)
    for outcome in (one.name, one.name, two.name, "tie"):
        store.append(Vote(VoteKind.PREFERENCE, "秘密的问题？", (two, one), outcome, "秘密的话"))
    store.append(Vote(VoteKind.THUMBS, "秘密的问题？", (one,), "up"))
    store.append(Vote(VoteKind.PREFERENCE, "旧索引？", (one, replace(two, index="old")), one.name))
    got = client.predict(api_name="/votes")
    (pair,) = got["pairs"]
    assert (pair["first"], pair["first_wins"], pair["second_wins"], pair["ties"]) == (one.name, 2, 1, 1)
    assert pair["win_rate"] == pytest.approx(2 / 3) and pair["interval"] == pytest.approx([0.2077, 0.9385], abs=1e-4)
    assert got["thumbs"] == [{"name": one.name, "up": 1, "down": 0}]
    assert "秘密" not in str(got)


def test_the_endpoints_are_described_and_typed(client):
    described = client.view_api(return_format="dict")["named_endpoints"]
    assert {p["parameter_name"] for p in described["/compare"]["parameters"]} >= {"question", "left_preset", "top_k"}
    assert described["/votes"]["parameters"] == []


@pytest.fixture
def page(engines, tmp_path):
    return Page(engines, (), None, None, tmp_path)


def rounds(page, question=QUESTION, left=LEFT, right=RIGHT, own=None, blind=False, language="zh", gold=None):
    """What the handler yields: (html, round) pairs."""
    stream = compare._handler(page, VoteStore(page.data), gold or {})
    shown = list(stream(question, language, own, left, right, 3, "grounded", blind))
    return [(parts[0], parts[-3]) for parts in shown]


def finished(page, **changes) -> Round:
    return rounds(page, **changes)[-1][1]


def test_an_open_comparison_streams_with_its_names(page):
    shown = rounds(page, gold={QUESTION: ("p0002",)})
    assert len(shown) > 4 and shown[-1][1].comparison.finished and not shown[-1][1].open
    assert all(side_label(name, ZH) in shown[-1][0] for name in (LEFT, RIGHT))
    assert ZH["compare_gold_tag"] in shown[-1][0]


def test_nothing_that_a_blind_page_is_sent_names_a_side(page):
    for html, now in rounds(page, blind=True):
        assert not re.search(r"\b(one|two)\b|BM25|RAG-|稠密", html)
        assert not now.comparison or not now.comparison.finished or now.open
    assert ZH["compare_writing_blind"] in rounds(page, blind=True)[0][0]


def test_the_order_is_drawn_anew_each_time(page, monkeypatch):
    coins = iter([0, 1])
    monkeypatch.setattr(compare.secrets, "randbits", lambda bits: next(coins))
    names = [finished(page, blind=True).comparison.left.side.name for _ in range(2)]
    assert names == [LEFT, RIGHT]


def test_a_vote_counts_once_and_reveals(page, engines):
    store, now = VoteStore(page.data), finished(page, blind=True)
    better = now.comparison.right.side.name
    *drawn, after, tally = voter(store, engines, "right")(now, "zh")
    (kept,) = store.read().votes
    assert kept.outcome == better and kept.question == QUESTION
    assert [side.name for side in kept.sides] == [now.comparison.left.side.name, better]
    assert side_label(better, ZH) in drawn[0] and side_label(better, ZH) in drawn[-1] and "n = 1" in tally
    voter(store, engines, "left")(after, "zh")
    assert len(store.read().votes) == 1, "the second click of a double click"


def test_looking_without_a_vote_ends_the_vote(page, engines):
    store, now = VoteStore(page.data), finished(page, blind=True)
    *_, after, _ = voter(store, engines, "skip")(now, "en")
    voter(store, engines, "left")(after, "en")
    assert not after.hidden and store.read().votes == ()


def test_a_vote_that_cannot_be_kept_says_so_and_can_be_tried_again(page, engines):
    now = finished(page, blind=True)
    page.data.rmdir()
    page.data.write_text("in the way")
    *drawn, after, _ = voter(VoteStore(page.data), engines, "tie")(now, "en")
    assert words("en")["vote_unwritable"] in drawn[-1] and after.open


def test_votes_on_own_passages_are_not_kept(page, engines):
    own = OwnCorpus("mine", {"one": engines["two"], "two": engines["two"]})
    now, store = finished(page, blind=True, own=own, gold={QUESTION: ("p0002",)}), VoteStore(page.data)
    assert now.own and now.comparison.gold == ()
    visible = [update["visible"] for update in draw(now, store, ZH)[3:7]]
    assert visible == [False, False, False, True] and ZH["compare_own"] in draw(now, store, ZH)[2]
    *_, after, _ = voter(store, engines, "left")(now, "zh")
    assert after == now and store.read().votes == ()


def test_without_a_folder_the_ballot_says_that_voting_is_off(page):
    now, store = finished(page, blind=True), VoteStore(None)
    assert ZH["vote_off"] in ballot.ballot_line(now, store, ZH)
    assert [update["visible"] for update in draw(now, store, ZH)[3:7]] == [False, False, False, True]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_cannot_be_compared_gets_a_sentence(page, language):
    text = words(language)
    for changes in ({"right": LEFT}, {"question": "？！"}, {"left": "one/psychic/token"}):
        html, now = rounds(page, language=language, **changes)[-1]
        assert 'role="alert"' in html and now.comparison is None
    assert text["compare_same"] in rounds(page, right=LEFT, language=language)[-1][0]


def test_a_fault_gets_a_sentence_and_not_a_traceback(page, monkeypatch):
    monkeypatch.setattr(compare, "compare", lambda *_: 1 / 0)
    html, now = rounds(page)[-1]
    assert ZH["busy"] in html and now.comparison is None


def test_known_sources_are_those_of_the_dev_and_test_questions():
    gold = compare.known_sources()
    assert len(gold) > 2000 and all(ids for ids in gold.values())
    question = random.Random(0).choice(sorted(gold))
    assert all(name.startswith("p") for name in gold[question])
