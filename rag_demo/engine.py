"""RagEngine: load a checkpoint, retrieve, answer. `stream` tells the whole story of an answer."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rag_demo import checkpoint, scoring
from rag_demo.config import AnswerOptions, IndexConfig
from rag_demo.encoder import TextEncoder
from rag_demo.generator import Generator
from rag_demo.index import PassageIndex
from rag_demo.lexicon import bigrams
from rag_demo.prompt import Lengths
from rag_demo.retriever import Retriever
from rag_demo.safety import find_emergency
from rag_demo.safety.doses import released
from rag_demo.safety.evidence import EvidenceRule, signals
from rag_demo.store import PassageStore, open_store
from rag_demo.text import MAX_QUESTION_CHARACTERS, as_text, normalise_question
from rag_demo.types import (
    Answer,
    AnswerMode,
    EvidenceStatus,
    Hit,
    Marginal,
    Passage,
    RagError,
    RagMode,
    RetrieverKind,
    Score,
)
from rag_demo.writing import written

Progress = Callable[[int, int], None]
Stream = Callable[[str, AnswerOptions], Iterator[Answer]]
Around = Callable[[Stream], Stream]
READ_CHARACTERS = 4 * MAX_QUESTION_CHARACTERS  # an emergency told at length is one, too
UPLOAD_SOURCE_SHARE = 0.5  # nobody vouches for a visitor's file: half of the top k at most from one of its sources
SLICE = 1024  # passages that are tokenised at a time


class RagEngine:
    """Question encoder, context encoder, generator, index. Immutable after construction."""

    def __init__(
        self,
        name: str,
        question_encoder: TextEncoder,
        context_encoder: TextEncoder,
        generator: Generator,
        index: PassageStore,
        lengths: Lengths = Lengths(),
        evidence: EvidenceRule | None = None,
        around: Around | None = None,
        source_share: float = 1.0,
    ) -> None:
        """around: what every stream of answers passes through on its way out, such as a server's time limit.
        source_share: see Retriever; the shipped passages come from textbooks, so one may fill the top k."""
        self.name, self.lengths, self.evidence = name, lengths, evidence
        self.question_encoder, self.context_encoder, self.generator = question_encoder, context_encoder, generator
        self.index, self.around = index, around
        self.retriever = Retriever(question_encoder, index, source_share)
        find_emergency("")  # compiles the rules once, so that no visitor waits for it

    @classmethod
    def load(cls, name: str | Path, around: Around | None = None) -> "RagEngine":
        """A preset name or a checkpoint folder. Raises RagError naming the file that is missing or damaged.

        Its passages are searched where RAG_INDEX_URI says, else in the checkpoint's own FAISS index.
        """
        folder = checkpoint.checkpoint_folder(str(name))
        card = checkpoint.read_card(folder)
        checkpoint.check_files(folder, card)
        return cls(
            folder.name,
            TextEncoder.load(folder / "question_encoder"),
            TextEncoder.load(folder / "context_encoder"),
            Generator.load(folder / "generator"),
            open_store(IndexConfig.from_environment(), folder, checkpoint.encoder_fingerprint(card)),
            card.lengths,
            EvidenceRule.read(card.evidence, checkpoint.weights_fingerprint(card), str(folder))
            if card.evidence
            else None,
            around,
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
        stream = self.around(self._stream) if self.around else self._stream
        return stream(as_text(question), _options(options, changes))

    def _stream(self, question: str, options: AnswerOptions) -> Iterator[Answer]:
        return _timed(self._answers(question, options))

    def _answers(self, question: str, options: AnswerOptions) -> Iterator[Answer]:
        """Emergency? Then nothing else. Normalise, retrieve, evidence?, then build the inputs and decode."""
        blank = self._blank(" ".join(question.split())[:MAX_QUESTION_CHARACTERS], (), options)
        emergency = find_emergency(question[:READ_CHARACTERS])
        if emergency:
            yield replace(blank, status=EvidenceStatus.EMERGENCY, emergency=emergency, finished=True)
            return
        question = normalise_question(question)
        hits = self._hits(question, options)
        answer = replace(blank, question=question, hits=tuple(hits))
        chosen = options.without or options.including  # a counterfactual: the visitor chose the passages
        status = EvidenceStatus.SUFFICIENT if chosen and hits else self._status(question, hits)
        if status is not EvidenceStatus.SUFFICIENT:
            yield replace(answer, status=status, finished=True)
            return
        yield answer
        if options.answer_mode is AnswerMode.GROUNDED:
            yield from self._decoded(answer, options.beams)
            return
        passages = [hit.passage for hit in hits]
        about = " ".join(f"{passage.title} {passage.department}" for passage in passages)
        withheld = yield from released(self._decoded(answer, options.beams), [p.text for p in passages], about)
        if withheld:
            grounded = replace(answer, answer_mode=AnswerMode.GROUNDED, fallback="dose")
            yield from self._decoded(grounded, options.beams)

    def ungated(self, question: str, options: AnswerOptions | None = None, **changes) -> Answer:
        """What the models write, whatever the evidence and whoever asks: for evaluation, never for a visitor."""
        options = _options(options, changes)
        question = normalise_question(question)
        hits = self._hits(question, options)
        *_, last = _timed(self._decoded(self._blank(question, hits, options), options.beams))
        return last

    def _hits(self, question: str, options: AnswerOptions) -> list[Hit]:
        return self.retrieve(question, options.top_k, options.retriever, options.without, options.including)

    def _blank(self, question: str, hits: Sequence[Hit], options: AnswerOptions) -> Answer:
        return Answer(
            question=question,
            text="",
            hits=tuple(hits),
            rag_mode=options.rag_mode,
            answer_mode=options.answer_mode,
            retriever=options.retriever,
            model=self.name,
        )

    def _status(self, question: str, hits: Sequence[Hit]) -> EvidenceStatus:
        """What the retrieved evidence allows; a checkpoint that was not calibrated always answers from its hits."""
        if not hits:
            return EvidenceStatus.INSUFFICIENT
        if self.evidence is None:
            return EvidenceStatus.SUFFICIENT
        return self.evidence.status(signals(question, hits, self.index.lexicon(bigrams(question))))

    def _decoded(self, answer: Answer, beams: int) -> Iterator[Answer]:
        return written(self.generator, self.lengths, answer, beams)

    def retrieve(
        self,
        question: str,
        top_k: int = 5,
        retriever: RetrieverKind = RetrieverKind.DENSE,
        without: frozenset[str] = frozenset(),
        including: frozenset[str] = frozenset(),
    ) -> list[Hit]:
        """The one retrieval path: hits in rank order, prior = posterior = p(z|x)."""
        kind = RetrieverKind(retriever)
        return self.retriever.retrieve(normalise_question(question), top_k, kind, without, including)

    def score(self, question: str, text: str, hits: Sequence[Hit], rag_mode: RagMode = RagMode.TOKEN) -> Score:
        """log p(y|x) of `text` as the answer given these hits, and log p(y|x, z) of each."""
        return scoring.score(*self._forced(question, text, hits), RagMode(rag_mode))

    def influence(
        self, question: str, text: str, hits: Sequence[Hit], rag_mode: RagMode = RagMode.TOKEN
    ) -> tuple[float, ...]:
        """Δ log p(y|x) of `text` when each of the hits in turn is left out, (k,) nats; see marginal.leave_one_out."""
        return scoring.influence(*self._forced(question, text, hits), RagMode(rag_mode))

    def decompose(self, question: str, text: str, hits: Sequence[Hit]) -> dict[RagMode, Marginal]:
        """log p(y|x) of `text` under both models, and how each divides among the hits."""
        return scoring.decompose(*self._forced(question, text, hits))

    def _forced(self, question: str, text: str, hits: Sequence[Hit]) -> tuple[torch.Tensor, torch.Tensor]:
        return scoring.forced(self.generator, self.lengths, normalise_question(question), text, hits)

    def encode_questions(self, questions: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """-> float32 (N, D)."""
        return self.question_encoder.encode(questions, progress)

    def encode_passages(self, passages: Sequence[Passage], progress: Progress | None = None) -> np.ndarray:
        """-> float32 (N, D) of title and text."""
        return self.context_encoder.encode([p.full_text for p in passages], progress)

    def with_passages(self, passages: Sequence[Passage], progress: Progress | None = None) -> "RagEngine":
        """The same models over other passages, with an index of its own; thresholds of other passages do not apply.

        Encoded in slices, so that `progress`, which may raise to stop the work, is called early and often.
        """
        if not passages:
            raise RagError("There are no passages to index; give at least one.")
        vectors = np.empty((len(passages), self.context_encoder.dimension), np.float32)
        for start in range(0, len(passages), SLICE):
            told = progress and (lambda done, _, start=start: progress(start + done, len(passages)))
            vectors[start : start + SLICE] = self.encode_passages(passages[start : start + SLICE], told)
        index = PassageIndex.build(passages, vectors, encoder=self.index.encoder)
        return self._over(index, None, UPLOAD_SOURCE_SHARE)

    def with_index(self, index: PassageStore) -> "RagEngine":
        """The same models and thresholds over another version of the corpus: what a restart would load."""
        return self._over(index, self.evidence, self.retriever.source_share)

    def _over(self, index: PassageStore, evidence: EvidenceRule | None, source_share: float) -> "RagEngine":
        models = self.question_encoder, self.context_encoder, self.generator
        return RagEngine(self.name, *models, index, self.lengths, evidence, self.around, source_share)


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
