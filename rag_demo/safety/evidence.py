"""Evidence status from calibrated signals: is there enough to answer from, and is the question of this field at all?

Three classes (answerable, medical but not covered, another domain) are told apart by multinomial logistic regression on
four signals that anyone can recompute; training.calibrate fits it and writes it into the checkpoint's rag.json. No
answer is generated where p(answerable) lies under one threshold; the question is then out of scope where p(another
domain) reaches the other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp
from typing import Any

from rag_demo.lexicon import Lexicon, bigrams
from rag_demo.types import EvidenceStatus, Hit, RagError

CLASSES = (EvidenceStatus.SUFFICIENT, EvidenceStatus.INSUFFICIENT, EvidenceStatus.OUT_OF_SCOPE)


@dataclass(frozen=True, slots=True)
class Signals:
    """best: the largest inner product. lead: it less the mean of the hits. coverage: the share, weighted by rarity, of
    the question's bigrams that the hits hold. unknown: the share that no passage holds at all."""

    best: float
    lead: float
    coverage: float
    unknown: float

    @property
    def values(self) -> tuple[float, ...]:
        return (self.best, self.lead, self.coverage, self.unknown)


NAMES = tuple(Signals.__dataclass_fields__)


def signals(question: str, hits: Sequence[Hit], lexicon: Lexicon) -> Signals:
    """hits: at least one; only the first five count, so that asking for more does not change the verdict."""
    hits = hits[:5]
    scores = [hit.score for hit in hits]
    weights = {gram: lexicon.rarity(gram) for gram in bigrams(question)}
    total = sum(weights.values()) or 1.0
    held = set().union(*(bigrams(hit.passage.full_text) for hit in hits))
    return Signals(
        best=max(scores),
        lead=max(scores) - sum(scores) / len(scores),
        coverage=sum(weight for gram, weight in weights.items() if gram in held) / total,
        unknown=sum(weight for gram, weight in weights.items() if gram not in lexicon.counts) / total,
    )


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """weights[c]: of each signal and the constant, for class c of CLASSES. threshold: least p(answerable) to answer.

    elsewhere: least p(another domain) to call a question that is not answered out of scope. weights_of: the fingerprint
    of the models it was calibrated with.
    """

    weights: tuple[tuple[float, ...], ...]
    threshold: float
    elsewhere: float
    weights_of: str = ""

    def probabilities(self, found: Signals) -> tuple[float, ...]:
        """p(class) over CLASSES, sums to 1."""
        logits = [sum(w * x for w, x in zip(row, (*found.values, 1.0), strict=True)) for row in self.weights]
        powers = [exp(logit - max(logits)) for logit in logits]
        return tuple(power / sum(powers) for power in powers)

    def status(self, found: Signals) -> EvidenceStatus:
        answerable, _, elsewhere = self.probabilities(found)
        if answerable >= self.threshold:
            return EvidenceStatus.SUFFICIENT
        return EvidenceStatus.OUT_OF_SCOPE if elsewhere >= self.elsewhere else EvidenceStatus.INSUFFICIENT

    def written(self) -> dict[str, Any]:
        """As rag.json holds it."""
        return {"signals": list(NAMES), "classes": list(map(str, CLASSES)), **asdict(self)}

    @classmethod
    def read(cls, raw: Mapping[str, Any], fingerprint: str, folder: str) -> "EvidenceRule":
        """Raises RagError where rag.json's `evidence` is damaged or was calibrated with other weights."""
        mend = f"Calibrate again: python -m training.calibrate --checkpoint {folder}."
        try:
            rows = tuple(tuple(float(w) for w in row) for row in raw["weights"])
            rule = cls(rows, float(raw["threshold"]), float(raw["elsewhere"]), str(raw["weights_of"]))
            if raw["signals"] != list(NAMES) or [len(row) for row in rows] != [len(NAMES) + 1] * len(CLASSES):
                raise ValueError("its signals are not those of this code")
        except (KeyError, TypeError, ValueError) as error:
            raise RagError(f"The evidence rule in {folder}/rag.json cannot be read ({error}). {mend}") from None
        if rule.weights_of != fingerprint:
            raise RagError(f"The evidence rule in {folder}/rag.json was calibrated with other weights. {mend}")
        return rule
