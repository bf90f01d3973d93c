"""Grounded answers are made of the passages' own clauses, whatever the weights."""

import pytest
import torch

from rag_demo.grounding import ClauseTrie
from rag_demo.prompt import clause_surfaces, encode_clause
from rag_demo.text import split_clauses
from rag_demo.types import Passage


@pytest.mark.parametrize("rag_mode", ["token", "sequence"])
@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("question", ["宝宝黄疸怎么办？", "二甲双胍 38.5℃", "便血！"])
def test_every_clause_is_verbatim_where_it_is_cited(engine, rag_mode, beams, question):
    answer = engine.answer(question, rag_mode=rag_mode, beams=beams, top_k=4)
    assert answer.citations and answer.text == "".join(citation.text for citation in answer.citations)
    for citation in answer.citations:
        assert answer.hits[citation.hit].passage.text[citation.start : citation.end] == citation.text
    assert len({citation.text for citation in answer.citations}) == len(answer.citations)
    assert "".join(token.text for token in answer.tokens) == answer.text


def test_surfaces_join_to_the_clause(generator, passages):
    """NFKC narrows ， to , inside the tokenizer: what is shown must still be the passage's own mark."""
    for clause in [clause.text for p in passages for clause in split_clauses(p.text)]:
        surfaces = clause_surfaces(generator.tokenizer, clause)
        assert "".join(surfaces) == clause
        assert len(surfaces) == len(encode_clause(generator.tokenizer, clause))


def test_the_trie_offers_each_clause_once_and_ends_only_between_clauses(tokenizer):
    passages = [Passage("a", "", "多喝水。多吃蔬菜。"), Passage("b", "", "多喝水。去医院。")]
    trie = ClauseTrie(tokenizer, passages, eos=2, max_clauses=5)
    assert 2 not in trie.allowed(None)
    place, taken = None, []
    for clause in ("多喝水。", "去医院。", "多吃蔬菜。"):
        for token in encode_clause(tokenizer, clause):
            assert token in trie.allowed(place)
            place = trie.advance(place, token)
        taken.append(clause)
        assert trie.allowed(place)[-1] == 2
        assert trie.surfaces(place) == [piece for c in taken for piece in clause_surfaces(tokenizer, c)]
    assert trie.allowed(place) == [2]
    assert [source.hit for source in trie.sources[place.quoted[0]]] == [0, 1]


def test_a_growing_clause_shows_what_is_sure(tokenizer):
    trie = ClauseTrie(tokenizer, [Passage("a", "", "多喝水。多吃蔬菜。")], eos=2)
    place = trie.advance(None, encode_clause(tokenizer, "多喝水。")[0])
    assert trie.surfaces(place) == ["多"] and place.quoted == ()


def test_a_passage_without_any_usable_clause_still_ends(tokenizer, towers, passages):
    trie = ClauseTrie(tokenizer, [Passage("a", "", "。。")], eos=2)
    assert trie.allowed(None) == [2]
    assert torch.tensor(trie.allowed(None)).tolist() == [2]


def test_the_mark_stands_before_the_nearest_clause(generator):
    """By hand: 停母乳 is shared with the third clause alone; 宝宝 with the first and so worth less."""
    from rag_demo.prompt import encode_clause, encode_passage, nearest_clause

    clauses = ["宝宝黄疸要多吃奶。", "黄疸加重要去医院！", "不要自行停母乳。"]
    assert nearest_clause("宝宝能停母乳吗", clauses) == 2
    assert nearest_clause("xyz", clauses) == 0
    tokenizer = generator.tokenizer
    ids = encode_passage(tokenizer, "宝宝能停母乳吗", "".join(clauses))
    marked = encode_clause(tokenizer, clauses[2])
    assert ids[-len(marked) - 1 :] == [tokenizer.cls_token_id, *marked]
    assert ids.count(tokenizer.cls_token_id) == 1
