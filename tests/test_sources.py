"""What one source may contribute to the top k, and that the source of what is quoted is shown."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rag_demo.corpus import Question
from rag_demo.render import evidence
from rag_demo.sources import at_most
from rag_demo.ui.i18n import words
from training.poison import SOURCE, planted, wins


def test_no_more_than_the_limit_while_there_are_others():
    assert at_most([9, 8, 7, 6, 5, 4], ["a", "a", "A ", "b", "c", "d"], 4, 2) == [9, 8, 6, 5]
    assert at_most([9, 8, 7, 6], ["a", "a", "a", "b"], 3, 1) == [9, 8, 6], "too few others: the best of the rest"
    assert at_most([3, 2, 1], ["", "", ""], 2, 1) == [3, 2], "a file without sources is as before"


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 6), st.integers(1, 6))
def test_k_are_given_in_order_and_the_first_stays(sources, k, limit):
    chosen = at_most(range(len(sources)), sources, k, limit)
    assert chosen == sorted(chosen) and len(chosen) == min(k, len(sources))
    assert not sources or chosen[0] == 0
    over = [source for source in set(sources) if chosen and [sources[i] for i in chosen].count(source) > limit]
    passed_over = [i for i, source in enumerate(sources) if i not in chosen and sources[: i + 1].count(source) <= limit]
    assert not over or not passed_over, "a source is over its limit only where no other had a place left"


def test_an_upload_is_capped_and_the_shipped_passages_are_not(bart_engine, passages):
    rows = [replace(p, source="one" if n < 4 else f"other{n}") for n, p in enumerate(passages)]
    own = bart_engine.with_passages(rows)
    for kind in ("dense", "bm25", "hybrid"):
        found = [hit.passage.source for hit in own.retrieve("宝宝发热喝水血糖医院", 4, kind)]
        others = sum(source != "one" for source in found)
        assert len(found) == 4 and found.count("one") <= max(2, 4 - others)
    assert {h.passage.source for h in bart_engine.retrieve("宝宝发热？", 5)} == {"测试"}
    assert bart_engine.retriever.source_share == 1 and own.retriever.source_share == 0.5


def test_planted_texts_are_counted(bart_engine, passages):
    """The attack of training.poison on the tiny engine: with the cap they hold half of the top k at most."""
    target = Question("q1", "宝宝发热怎么办？")
    own = bart_engine.with_passages([*(replace(p, source=p.id) for p in passages), *planted([target])])
    capped = wins(own, [target], 4)
    own.retriever.source_share = 1.0
    uncapped = wins(own, [target], 4)
    assert capped.planted_of_top_k <= 0.5 and uncapped.planted_of_top_k >= capped.planted_of_top_k


def test_the_source_of_a_quoted_passage_is_open_on_its_card(bart_engine, passages):
    own = bart_engine.with_passages([replace(p, source=f"《来源{p.id}》") for p in passages])
    answer = own.answer("宝宝发热怎么办？", top_k=3)
    drawn = evidence(answer, words("zh"))
    for citation in answer.citations:
        card = drawn.split('<article class="card')[citation.hit + 1]
        assert "<details open>" in card and answer.hits[citation.hit].passage.source in card
    assert SOURCE not in drawn
