"""The evidence rule: signals by hand, a verdict by hand, and a damaged rule refused."""

from dataclasses import replace
from math import exp, isclose, log

import pytest

from rag_demo.safety.evidence import NAMES, EvidenceRule, Lexicon, Signals, bigrams, signals
from rag_demo.types import EvidenceStatus, Hit, Passage, RagError

PASSAGES = [Passage("a", "", "血糖高"), Passage("b", "", "黄疸")]
RULE = EvidenceRule(((1.0, 0, 0, 0, 0), (0, 0, 0, 0, 0.5), (0, 0, 0, 1.0, 0)), 0.5, 0.6, "w")


def hit(passage: Passage, score: float) -> Hit:
    return Hit(passage, 1, score, 0.5, 0.5)


def test_signals_by_hand():
    found = signals("血糖低", [hit(PASSAGES[0], 3.0), hit(PASSAGES[1], 1.0)], Lexicon.of(PASSAGES))
    known, unknown = log(3 / 1.5), log(3 / 0.5)  # 血糖 stands in one of two passages, 糖低 in none
    assert (found.best, found.lead) == (3.0, 1.0)
    assert isclose(found.coverage, known / (known + unknown)) and isclose(found.unknown, unknown / (known + unknown))


def test_asking_words_do_not_count():
    assert bigrams("血糖怎么") == {"血糖", "糖怎"}


def test_only_five_hits_count():
    hits = [hit(PASSAGES[0], 9.0 - i) for i in range(10)]
    lexicon = Lexicon.of(PASSAGES)
    assert signals("血糖", hits, lexicon) == signals("血糖", hits[:5], lexicon)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (Signals(4.0, 0, 0, 0), EvidenceStatus.SUFFICIENT),
        (Signals(0.0, 0, 0, 0), EvidenceStatus.INSUFFICIENT),
        (Signals(0.0, 0, 0, 2.0), EvidenceStatus.OUT_OF_SCOPE),
    ],
)
def test_verdicts(found, status):
    assert RULE.status(found) is status


def test_probabilities_are_a_softmax():
    p = RULE.probabilities(Signals(1.0, 0, 0, 0))
    assert isclose(p[0], exp(1) / (exp(1) + exp(0.5) + 1)) and isclose(sum(p), 1)


def test_a_rule_survives_writing():
    assert EvidenceRule.read(RULE.written(), "w", "here") == RULE


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [[1.0]]},
        {"threshold": "high"},
        {"signals": list(NAMES)[:2]},
        {"weights": None},
        {"weights_of": "other"},
    ],
)
def test_a_damaged_or_foreign_rule_is_refused(change):
    with pytest.raises(RagError, match=r"training\.calibrate --checkpoint here"):
        EvidenceRule.read({**RULE.written(), **change}, "w", "here")


def test_an_engine_abstains_before_it_generates(bart_engine, monkeypatch):
    """The hits are shown, the generator never runs, and nothing shown is taken back."""
    from rag_demo import engine as module

    monkeypatch.setattr(module, "decode", lambda *_, **__: pytest.fail("the generator ran"))
    monkeypatch.setattr(bart_engine, "evidence", replace(RULE, threshold=1.1))
    seen = list(bart_engine.stream("宝宝发热？", top_k=3))
    assert len(seen) == 1 and seen[0].finished and seen[0].text == "" and len(seen[0].hits) == 3
    assert seen[0].status in (EvidenceStatus.INSUFFICIENT, EvidenceStatus.OUT_OF_SCOPE)
    assert bart_engine.with_passages([Passage("m", "", "每天多喝水。")]).evidence is None
