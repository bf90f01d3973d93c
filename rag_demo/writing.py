"""From k passages to an answer: the decoding loop's hypotheses as growing, immutable answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from rag_demo.decoding import Hypothesis, decode
from rag_demo.generator import Generator
from rag_demo.grounding import ClauseTrie
from rag_demo.marginal import log_prior
from rag_demo.prompt import Lengths, build_inputs
from rag_demo.text import unsupported_spans
from rag_demo.types import Answer, AnswerMode, AnswerToken, Citation, RagMode


def written(generator: Generator, lengths: Lengths, answer: Answer, beams: int) -> Iterator[Answer]:
    """`answer`, which has its hits, growing token by token in its own two modes; the last one is finished."""
    passages = [hit.passage for hit in answer.hits]
    trie = None
    if answer.answer_mode is AnswerMode.GROUNDED:
        trie = ClauseTrie(generator.tokenizer, passages, generator.eos_id)
    for hypothesis in decode(
        generator,
        build_inputs(generator.tokenizer, answer.question, passages, lengths),
        log_prior(torch.tensor([hit.score for hit in answer.hits])),
        answer.rag_mode,
        constraint=trie,
        max_tokens=trie.max_tokens if trie else lengths.answer,
        beams=beams,
    ):
        answer = _grown(generator, answer, hypothesis, trie)
        yield answer
    yield replace(answer, finished=True)


def answer_posterior(tokens: Sequence[AnswerToken], mode: RagMode) -> tuple[float, ...]:
    """Of the whole answer: the mean responsibility (RAG-Token) or the last running posterior (RAG-Sequence)."""
    if mode is RagMode.SEQUENCE:
        return tokens[-1].posterior
    return tuple(sum(column) / len(tokens) for column in zip(*(token.posterior for token in tokens), strict=True))


def _grown(generator: Generator, answer: Answer, hypothesis: Hypothesis, trie: ClauseTrie | None) -> Answer:
    """The answer with the hypothesis' tokens, the hits with their posterior, and the clauses cited so far."""
    surfaces = trie.surfaces(hypothesis.place) if trie else _surfaces(generator, hypothesis.tokens)
    surfaces += [""] * (len(hypothesis.tokens) - len(surfaces))  # <eos> adds nothing
    tokens = tuple(
        AnswerToken(surface, log_prob, tuple(posterior.tolist()))
        for surface, log_prob, posterior in zip(surfaces, hypothesis.log_probs, hypothesis.posteriors, strict=True)
    )
    posterior = answer_posterior(tokens, answer.rag_mode)
    text = "".join(surfaces)
    return replace(
        answer,
        text=text,
        tokens=tokens,
        hits=tuple(replace(hit, posterior=p) for hit, p in zip(answer.hits, posterior, strict=True)),
        citations=tuple(_citations(hypothesis, trie, posterior)) if trie else (),
        unsupported=() if trie else unsupported_spans(text, [hit.passage.text for hit in answer.hits]),
    )


def _surfaces(generator: Generator, tokens: Sequence[int]) -> list[str]:
    """What each token adds to the decoded answer; a character spread over several tokens comes with the last."""
    surfaces, before = [], ""
    for end in range(1, len(tokens) + 1):
        now = generator.text_of(list(tokens[:end]))
        grown = now.startswith(before) and not now.endswith("\ufffd")
        surfaces.append(now[len(before) :] if grown else "")
        before = now if grown else before
    return surfaces


def _citations(hypothesis: Hypothesis, trie: ClauseTrie, posterior: Sequence[float]) -> Iterator[Citation]:
    """Whole clauses so far; one that stands in several passages is credited to the likeliest."""
    for clause_id in hypothesis.place.quoted:
        source = max(trie.sources[clause_id], key=lambda source: posterior[source.hit])
        yield Citation(source.clause.text, source.hit, source.clause.start, source.clause.end)
