"""What a training run is asked to do."""

from dataclasses import dataclass
from enum import StrEnum

from rag_demo.types import RagError


class Stage(StrEnum):
    """dpr: both towers. generator: the generator alone. rag: question encoder and generator, contexts fixed."""

    DPR = "dpr"
    GENERATOR = "generator"
    RAG = "rag"


class Precision(StrEnum):
    """bf16: weights, gradients and AdamW in fp32, products under autocast."""

    FP32 = "fp32"
    BF16 = "bf16"


class Attention(StrEnum):
    """eager keeps the (heads, length, length) probabilities for the backward pass; sdpa computes them again."""

    EAGER = "eager"
    SDPA = "sdpa"


LIMITS = {
    "batch": (1, 65_536),
    "length": (8, 4_096),
    "answer_length": (1, 4_096),
    "chunk": (0, 65_536),
    "cards": (1, 4_096),
    "hard": (0, 64),
    "top_k": (1, 100),
    "questions": (1, 1_000_000_000),
    "epochs": (1, 1_000),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """batch: questions of one optimiser step, over all cards. length: tokens of a question, a passage, an input.

    chunk: texts that go through a tower at once (GradCache), questions that go through the generator at once
    (accumulated gradients); 0 is the whole batch. hard: hard negatives a question. top_k: passages a question (rag).
    """

    preset: str = "base"
    stage: Stage = Stage.DPR
    batch: int = 128
    length: int = 256
    answer_length: int = 96
    precision: Precision = Precision.FP32
    attention: Attention = Attention.SDPA
    chunk: int = 0
    checkpointing: bool = False
    cards: int = 1
    hard: int = 1
    top_k: int = 5
    questions: int = 100_000
    epochs: int = 10

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise RagError(f"{name} must be a whole number from {low:,} to {high:,}, not {value!r}.")
        if self.batch < self.cards:
            raise RagError(
                f"A batch of {self.batch} leaves some of the {self.cards} cards without work; raise --batch."
            )

    @property
    def rows(self) -> int:
        """Questions on one card; the fullest one, where they do not divide."""
        return -(-self.batch // self.cards)
