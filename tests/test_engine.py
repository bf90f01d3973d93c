"""The engine: streamed = whole, scored = decoded, and every fault named with what mends it."""

import itertools
import math
import time

import pytest

from rag_demo.engine import RagEngine
from rag_demo.types import AnswerMode, Passage, RagError, RagMode
from tests.conftest import save_checkpoint


def test_the_stream_grows_into_the_answer(engine):
    seen = list(engine.stream("宝宝发热怎么办？", top_k=3))
    assert seen[0].tokens == () and [hit.posterior for hit in seen[0].hits] == [hit.prior for hit in seen[0].hits]
    assert [a.finished for a in seen] == [False] * (len(seen) - 1) + [True]
    assert all(b.text.startswith(a.text) for a, b in itertools.pairwise(seen))
    whole = engine.answer("宝宝发热怎么办？", top_k=3)
    assert (whole.text, whole.tokens, whole.citations) == (seen[-1].text, seen[-1].tokens, seen[-1].citations)


@pytest.mark.parametrize("rag_mode", list(RagMode))
@pytest.mark.parametrize("answer_mode", list(AnswerMode))
def test_posteriors_sum_to_one_and_agree_with_the_hits(engine, rag_mode, answer_mode):
    answer = engine.answer("宝宝发热怎么办？", rag_mode=rag_mode, answer_mode=answer_mode, top_k=4)
    assert all(math.isclose(sum(token.posterior), 1, abs_tol=1e-4) for token in answer.tokens)
    columns = list(zip(*(token.posterior for token in answer.tokens), strict=True))
    for hit, column in zip(answer.hits, columns, strict=True):
        wanted = sum(column) / len(column) if rag_mode is RagMode.TOKEN else column[-1]
        assert math.isclose(hit.posterior, wanted, abs_tol=1e-6)


@pytest.mark.parametrize("rag_mode", list(RagMode))
def test_the_score_of_the_answer_is_its_decoded_log_prob(engine, rag_mode):
    """Two routes to log p(y|x): decoding with a cache, and one teacher-forced pass."""
    answer = engine.answer("宝宝黄疸怎么办？", rag_mode=rag_mode, top_k=3)
    score = engine.score(answer.question, answer.text, answer.hits, rag_mode)
    assert math.isclose(score.log_prob, answer.log_prob, rel_tol=1e-3, abs_tol=1e-2)
    assert len(score.per_passage) == 3 and len(score.token_log_probs) == len(answer.tokens)


def test_without_and_with_passages(bart_engine):
    first = bart_engine.answer("宝宝黄疸怎么办？", top_k=2)
    gone = first.hits[0].passage.id
    assert gone not in [h.passage.id for h in bart_engine.answer("宝宝黄疸怎么办？", without={gone}).hits]
    own = bart_engine.with_passages([Passage("mine", "水", "每天多喝水。"), Passage("other", "热", "发热去医院。")])
    assert {hit.passage.id for hit in own.answer("喝水").hits} == {"mine", "other"}
    assert len(bart_engine.index) == 6


def test_leaving_every_passage_out_gives_no_answer(bart_engine, passages):
    answer = bart_engine.answer("宝宝", without={p.id for p in passages})
    assert answer.finished and answer.text == "" and answer.status == "insufficient"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"top_k": 0}, "top_k must lie between 1 and 10"),
        ({"top_k": 2.5}, "top_k must be a whole number"),
        ({"top_k": float("nan")}, "top_k must be a whole number"),
        ({"beams": 99}, "beams must lie between 1 and 8"),
        ({"retriever": "magic"}, "retriever must be one of dense, bm25, hybrid"),
        ({"rag_mode": None}, "rag_mode must be one of"),
        ({"colour": "red"}, "Unknown option"),
    ],
)
def test_bad_options_are_named(bart_engine, change, message):
    with pytest.raises(RagError, match=message):
        bart_engine.answer("宝宝", **change)


@pytest.fixture
def saved(bart_engine, tmp_path):
    return save_checkpoint(bart_engine, tmp_path / "tiny")


def test_a_saved_checkpoint_answers_the_same(saved, bart_engine):
    before, after = bart_engine.answer("宝宝发热？", top_k=3), RagEngine.load(saved).answer("宝宝发热？", top_k=3)
    assert after.text == before.text
    assert [h.passage.id for h in after.hits] == [h.passage.id for h in before.hits]


DAMAGES = {
    "missing": lambda data: None,
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damaged_file_is_refused_by_its_name(saved, damage):
    """A flipped bit in any weight file would change answers without a word."""
    hashed = [file for file in saved.rglob("*") if file.is_file() and file.name not in ("rag.json", "manifest.json")]
    described = [] if damage == "flipped" else [saved / "rag.json", saved / "index" / "manifest.json"]
    for file in hashed + described:
        good = file.read_bytes()
        bad = DAMAGES[damage](good)
        file.unlink() if bad is None else file.write_bytes(bad)
        with pytest.raises(RagError) as caught:
            RagEngine.load(saved)
        assert str(file) in str(caught.value)
        assert "git checkout" in str(caught.value) or "training.build_index" in str(caught.value)
        file.write_bytes(good)
    assert RagEngine.load(saved).answer("宝宝").text


def test_an_unknown_preset_is_named():
    with pytest.raises(RagError, match="No checkpoint 'huge'"):
        RagEngine.load("huge")


def test_seconds_are_the_engines_own(bart_engine):
    """A page that paces its stream must not make the model look slow."""
    stream = bart_engine.stream("宝宝发热？", top_k=2)
    next(stream)
    time.sleep(0.5)
    *_, last = stream
    assert 0 < last.seconds < 0.5


def test_a_hub_id_loads_from_the_hubs_own_cache(saved, bart_engine, tmp_path, monkeypatch):
    """The real download code, offline, over a cache laid out as the hub's client lays it out."""
    import shutil

    import huggingface_hub.constants as constants

    snapshot = tmp_path / "hub" / "models--someone--rag" / "snapshots" / "abc"
    shutil.copytree(saved, snapshot)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("abc")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    loaded = RagEngine.load("someone/rag")
    assert loaded.answer("宝宝发热？", top_k=3).text == bart_engine.answer("宝宝发热？", top_k=3).text
    with pytest.raises(RagError, match="No checkpoint 'someone/else'"):
        RagEngine.load("someone/else")
