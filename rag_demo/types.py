"""The values that flow through the product: passages, hits, tokens, answers. All frozen, all small."""

from dataclasses import dataclass, field
from enum import StrEnum


class EvidenceStatus(StrEnum):
    """What the retrieved evidence allows."""

    SUFFICIENT = "sufficient"
    INSUFFICIENT = "insufficient"
    OUT_OF_SCOPE = "out_of_scope"
    EMERGENCY = "emergency"


class RagMode(StrEnum):
    """How the k passages are marginalised (Lewis et al. 2020, section 2.1)."""

    TOKEN = "token"
    SEQUENCE = "sequence"


class AnswerMode(StrEnum):
    """Grounded: every clause of the answer is a clause of a retrieved passage. Free: the model writes."""

    GROUNDED = "grounded"
    FREE = "free"


class RetrieverKind(StrEnum):
    DENSE = "dense"
    BM25 = "bm25"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Passage:
    id: str
    title: str
    text: str
    department: str = ""
    source: str = ""

    @property
    def full_text(self) -> str:
        """Title and text as one: what the context encoder and BM25 read."""
        return f"{self.title}。{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage.

    score: raw inner product q(x)·d(z). prior: p(z|x), the softmax of the scores over the k hits.
    posterior: the mean responsibility over the answer (RAG-Token) or the last running posterior
    (RAG-Sequence); equal to the prior before the first token. bm25: the lexical score, where it was computed.
    """

    passage: Passage
    rank: int
    score: float
    prior: float
    posterior: float
    bm25: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerToken:
    """One generated token. log_prob: nats, of the unconstrained mixture. posterior: (k,), sums to 1."""

    text: str
    log_prob: float
    posterior: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A clause of the answer and the identical clause of a passage: passage.text[start:end] == text."""

    text: str
    hit: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Emergency:
    """What a question tells of that must not wait (rag_demo.safety), and what to do now.

    rule, group: of the rule that holds. matched: the visitor's words that made it hold, one a pattern of the rule.
    call: telephone numbers, the first one first. zh, en: the same lines of first aid.
    """

    rule: str
    group: str
    matched: tuple[str, ...]
    call: tuple[str, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page, the command line, the API and the tests see. `stream()` yields growing ones.

    citations: grounded mode only, in the order of the answer's clauses (the last may still be growing and
    is listed only when whole). unsupported: free mode only, the spans (start, end) of the text that stand in no hit.
    finished: False while the answer streams.
    status: decided before anything of the answer is shown. Emergency: no hits, no text, `emergency` says what to do.
    Insufficient, out of scope: the hits, no text.
    fallback: why a free answer was replaced by a grounded one ("dose"), else "".
    """

    question: str
    text: str
    hits: tuple[Hit, ...]
    tokens: tuple[AnswerToken, ...] = ()
    citations: tuple[Citation, ...] = ()
    unsupported: tuple[tuple[int, int], ...] = ()
    status: EvidenceStatus = EvidenceStatus.SUFFICIENT
    rag_mode: RagMode = RagMode.TOKEN
    answer_mode: AnswerMode = AnswerMode.GROUNDED
    retriever: RetrieverKind = RetrieverKind.DENSE
    model: str = ""
    seconds: float = 0.0
    finished: bool = False
    emergency: Emergency | None = None
    fallback: str = ""

    @property
    def log_prob(self) -> float:
        """log p(y|x) in nats of the tokens so far."""
        return sum(token.log_prob for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Score:
    """log p(y|x) of a given answer and its parts.

    per_passage: log p(y|x, z) for each of the k passages, nats. token_log_probs: (n,) of the mixture.
    """

    log_prob: float
    per_passage: tuple[float, ...]
    token_log_probs: tuple[float, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Marginal:
    """log p(y|x) of a given answer under one of the two models, and how it divides among the k passages.

    shares: (k,), sum to 1. RAG-Sequence: p(z|x) p(y|x,z) / p(y|x), so the posterior p(z|x,y). RAG-Token, which draws a
    passage for each token: the mean responsibility over the tokens.
    """

    log_prob: float
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """An answer, and what becomes of it with another set of passages.

    log_probs: log p(y|x) of the answer `before`, nats: with its own passages and with those of `after`.
    """

    before: Answer
    after: Answer
    log_probs: tuple[float, float]

    @property
    def change(self) -> float:
        """Δ log p(y) of the first answer under the new set, nats."""
        return self.log_probs[1] - self.log_probs[0]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer decoded with one of the two models, and its marginal under both; None while it streams."""

    answer: Answer
    token: Marginal | None = None
    sequence: Marginal | None = None


class RagError(Exception):
    """Something the user can mend. Its message is one sentence that says what is wrong and what mends it."""


class QuestionError(RagError):
    """The question cannot be answered as it stands (empty, too long)."""
