"""RagEngine: load a checkpoint, retrieve, answer. `stream` tells the whole story of an answer."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rag_demo import checkpoint
from rag_demo.config import AnswerOptions
from rag_demo.decoding import Hypothesis, decode
from rag_demo.encoder import TextEncoder
from rag_demo.generator import Generator
from rag_demo.grounding import ClauseTrie
from rag_demo.index import PassageIndex
from rag_demo.marginal import log_prior, sequence_marginals, token_marginals
from rag_demo.prompt import Lengths, build_inputs, encode_answer
from rag_demo.retriever import Retriever
from rag_demo.text import normalise_question, unsupported_spans
from rag_demo.types import (
    Answer,
    AnswerMode,
    AnswerToken,
    Citation,
    EvidenceStatus,
    Hit,
    Passage,
    RagError,
    RagMode,
    RetrieverKind,
    Score,
)

Progress = Callable[[int, int], None]
SLICE = 1024  # passages that are tokenised at a time


class RagEngine:
    """Question encoder, context encoder, generator, index. Immutable after construction."""

    def __init__(
        self,
        name: str,
        question_encoder: TextEncoder,
        context_encoder: TextEncoder,
        generator: Generator,
        index: PassageIndex,
        lengths: Lengths = Lengths(),
    ) -> None:
        self.name, self.lengths = name, lengths
        self.question_encoder, self.context_encoder, self.generator = question_encoder, context_encoder, generator
        self.index = index
        self.retriever = Retriever(question_encoder, index)

    @classmethod
    def load(cls, name: str | Path) -> "RagEngine":
        """A preset name or a checkpoint folder. Raises RagError naming the file that is missing or damaged."""
        folder = checkpoint.checkpoint_folder(str(name))
        card = checkpoint.read_card(folder)
        checkpoint.check_files(folder, card)
        return cls(
            folder.name,
            TextEncoder.load(folder / "question_encoder"),
            TextEncoder.load(folder / "context_encoder"),
            Generator.load(folder / "generator"),
            PassageIndex.load(folder / "index", encoder=checkpoint.encoder_fingerprint(card)),
            card.lengths,
        )

    @property
    def parameters(self) -> dict[str, int]:
        """Parameters of each part, tied weights counted once."""
        parts = {
            "question_encoder": self.question_encoder,
            "context_encoder": self.context_encoder,
            "generator": self.generator,
        }
        return {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}

    def answer(self, question: str, options: AnswerOptions | None = None, **changes) -> Answer:
        """The finished answer. `changes` are fields of AnswerOptions: engine.answer(question, top_k=3)."""
        *_, last = self.stream(question, options, **changes)
        return last

    def stream(self, question: str, options: AnswerOptions | None = None, **changes) -> Iterator[Answer]:
        """Growing answers: first the hits with their prior, then one more token each, at last finished=True."""
        return _timed(self._answers(question, _options(options, changes)))

    def _answers(self, question: str, options: AnswerOptions) -> Iterator[Answer]:
        """Normalise, retrieve, build the inputs, decode."""
        question = normalise_question(question)
        hits = self.retrieve(question, options.top_k, options.retriever, options.without)
        answer = Answer(
            question=question,
            text="",
            hits=tuple(hits),
            rag_mode=options.rag_mode,
            answer_mode=options.answer_mode,
            retriever=options.retriever,
            model=self.name,
        )
        if not hits:
            yield replace(answer, status=EvidenceStatus.INSUFFICIENT, finished=True)
            return
        yield answer
        passages = [hit.passage for hit in hits]
        trie = None
        if options.answer_mode is AnswerMode.GROUNDED:
            trie = ClauseTrie(self.generator.tokenizer, passages, self.generator.eos_id)
        for hypothesis in decode(
            self.generator,
            build_inputs(self.generator.tokenizer, question, passages, self.lengths),
            log_prior(torch.tensor([hit.score for hit in hits])),
            options.rag_mode,
            constraint=trie,
            max_tokens=trie.max_tokens if trie else self.lengths.answer,
            beams=options.beams,
        ):
            answer = self._grow(answer, hypothesis, trie)
            yield answer
        yield replace(answer, finished=True)

    def retrieve(
        self,
        question: str,
        top_k: int = 5,
        retriever: RetrieverKind = RetrieverKind.DENSE,
        without: frozenset[str] = frozenset(),
    ) -> list[Hit]:
        """The one retrieval path: hits in rank order, prior = posterior = p(z|x)."""
        return self.retriever.retrieve(normalise_question(question), top_k, RetrieverKind(retriever), without)

    @torch.inference_mode()
    def score(self, question: str, text: str, hits: Sequence[Hit], rag_mode: RagMode = RagMode.TOKEN) -> Score:
        """log p(y|x) of `text` as the answer given these hits, and log p(y|x, z) of each."""
        passages = [hit.passage for hit in hits]
        ids, mask = build_inputs(self.generator.tokenizer, normalise_question(question), passages, self.lengths)
        labels = torch.tensor([encode_answer(self.generator.tokenizer, text)] * len(hits))
        log_probs = self.generator.token_log_probs(ids, mask, labels)  # (k, T)
        prior = log_prior(torch.tensor([hit.score for hit in hits]))
        marginals = (token_marginals if rag_mode is RagMode.TOKEN else sequence_marginals)(prior, log_probs)
        return Score(float(marginals.sum()), tuple(log_probs.sum(-1).tolist()), tuple(marginals.tolist()))

    def encode_questions(self, questions: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """-> float32 (N, D)."""
        return self.question_encoder.encode(questions, progress)

    def encode_passages(self, passages: Sequence[Passage], progress: Progress | None = None) -> np.ndarray:
        """-> float32 (N, D) of title and text."""
        return self.context_encoder.encode([p.full_text for p in passages], progress)

    def with_passages(self, passages: Sequence[Passage], progress: Progress | None = None) -> "RagEngine":
        """The same models over other passages, with an index of its own.

        Encoded in slices, so that `progress`, which may raise to stop the work, is called early and often.
        """
        if not passages:
            raise RagError("There are no passages to index; give at least one.")
        vectors = np.empty((len(passages), self.context_encoder.dimension), np.float32)
        for start in range(0, len(passages), SLICE):
            told = progress and (lambda done, _, start=start: progress(start + done, len(passages)))
            vectors[start : start + SLICE] = self.encode_passages(passages[start : start + SLICE], told)
        index = PassageIndex.build(passages, vectors, encoder=self.index.encoder)
        return RagEngine(self.name, self.question_encoder, self.context_encoder, self.generator, index, self.lengths)

    def _grow(self, answer: Answer, hypothesis: Hypothesis, trie: ClauseTrie | None) -> Answer:
        """The answer with the hypothesis' tokens, the hits with their posterior, and the clauses cited so far."""
        surfaces = trie.surfaces(hypothesis.place) if trie else self._surfaces(hypothesis.tokens)
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

    def _surfaces(self, tokens: Sequence[int]) -> list[str]:
        """What each token adds to the decoded answer; a character spread over several tokens comes with the last."""
        surfaces, before = [], ""
        for end in range(1, len(tokens) + 1):
            now = self.generator.text_of(list(tokens[:end]))
            grown = now.startswith(before) and not now.endswith("\ufffd")
            surfaces.append(now[len(before) :] if grown else "")
            before = now if grown else before
        return surfaces


def answer_posterior(tokens: Sequence[AnswerToken], mode: RagMode) -> tuple[float, ...]:
    """Of the whole answer: the mean responsibility (RAG-Token) or the last running posterior (RAG-Sequence)."""
    if mode is RagMode.SEQUENCE:
        return tokens[-1].posterior
    return tuple(sum(column) / len(tokens) for column in zip(*(token.posterior for token in tokens), strict=True))


def _timed(answers: Iterator[Answer]) -> Iterator[Answer]:
    """The answers with the seconds that went into them, not those that the reader of the stream took."""
    spent, began = 0.0, time.perf_counter()
    for answer in answers:
        spent += time.perf_counter() - began
        yield replace(answer, seconds=spent)
        began = time.perf_counter()


def _options(options: AnswerOptions | None, changes: dict) -> AnswerOptions:
    try:
        return replace(options or AnswerOptions(), **changes)
    except TypeError as error:
        raise RagError(f"Unknown option: {error}.") from None


def _citations(hypothesis: Hypothesis, trie: ClauseTrie, posterior: Sequence[float]) -> Iterator[Citation]:
    """Whole clauses so far; one that stands in several passages is credited to the likeliest."""
    for clause_id in hypothesis.place.quoted:
        source = max(trie.sources[clause_id], key=lambda source: posterior[source.hit])
        yield Citation(source.clause.text, source.hit, source.clause.start, source.clause.end)
