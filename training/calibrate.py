"""Fit the rule that says when the evidence is not enough, and measure it on questions it has not seen.

python -m training.calibrate --checkpoint base

Fitted on answerable questions and the even rows of the unanswerable ones, measured on test questions and the odd rows.
Writes the rule into the checkpoint's rag.json (`evidence`) and the curve of answered share against what is answered
into assets/results/abstention-NAME.json. A minute or two on one core."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import floor
from pathlib import Path

import torch

from rag_demo import checkpoint
from rag_demo.corpus import read_questions
from rag_demo.engine import RagEngine
from rag_demo.files import write_json
from rag_demo.lexicon import bigrams
from rag_demo.safety.evidence import CLASSES, NAMES, EvidenceRule, Signals, signals
from rag_demo.text import MAX_QUESTION_CHARACTERS, normalise_question
from rag_demo.types import EvidenceStatus, Hit, RagError
from training.cli import run

KINDS = {"uncovered_medical": EvidenceStatus.INSUFFICIENT, "other_domain": EvidenceStatus.OUT_OF_SCOPE}
HITS = 5


@dataclass
class Args:
    checkpoint: str = field(metadata={"help": "Preset name or checkpoint folder."})
    dev: str = field(default="assets/questions/dev.jsonl", metadata={"help": "Answerable questions to fit on."})
    test: str = field(default="assets/questions/test.jsonl", metadata={"help": "Answerable questions to measure on."})
    unanswerable: str = field(
        default="assets/questions/out_of_scope.jsonl",
        metadata={"help": "Questions with `kind`: uncovered_medical or other_domain; even rows fit, odd rows measure."},
    )
    count: int = field(default=300, metadata={"help": "Answerable questions of each kind, spread over the file."})
    keep: float = field(default=0.9, metadata={"help": "Share of answerable questions that must still be answered."})
    out: str | None = field(default=None, metadata={"help": "Where the curve goes (default: assets/results/)."})


def read_unanswerable(file: str) -> list[tuple[str, EvidenceStatus]]:
    """(question, class) of each row."""
    try:
        rows = [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines() if line.strip()]
        return [(row["question"], KINDS[row["kind"]]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RagError(f"{file} must hold rows with question and kind ({' or '.join(KINDS)}): {error}.") from None


def spread(questions: Sequence[str], count: int) -> list[str]:
    return list(questions)[:: max(1, len(questions) // count)][:count]


def signals_of(engine: RagEngine, questions: Sequence[str]) -> list[Signals]:
    """What the engine would see for each question, the questions encoded together."""
    asked = [normalise_question(question[:MAX_QUESTION_CHARACTERS]) for question in questions]
    vectors = engine.encode_questions(asked)
    found = []
    for question, vector in zip(asked, vectors, strict=True):
        positions = engine.index.search(vector[None], HITS)[1][0].tolist()
        scores = engine.index.vectors(positions) @ vector
        passages = engine.index.fetch(positions)
        hits = [Hit(passage, 0, float(s), 0.0, 0.0) for passage, s in zip(passages, scores, strict=True)]
        found.append(signals(question, hits, engine.index.lexicon(bigrams(question))))
    return found


def fit(
    found: Sequence[Signals], classes: Sequence[EvidenceStatus], keep: float, penalty: float = 0.01
) -> EvidenceRule:
    """Multinomial logistic regression, classes weighted alike; the threshold answers `keep` of the answerable."""
    x = torch.tensor([s.values for s in found], dtype=torch.float64)  # (N, F)
    y = torch.tensor([CLASSES.index(c) for c in classes])
    mean, scale = x.mean(0), x.std(0).clamp_min(1e-9)
    z = torch.cat([(x - mean) / scale, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    balance = len(y) / (len(CLASSES) * torch.bincount(y, minlength=len(CLASSES)).clamp_min(1)).double()
    weights = torch.zeros(len(CLASSES), z.shape[1], dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = (
            torch.nn.functional.cross_entropy(z @ weights.T, y, weight=balance)
            + penalty * weights[:, :-1].square().sum()
        )
        value.backward()
        return value

    optimiser.step(loss)
    fitted = weights.detach()
    slopes = fitted[:, :-1] / scale  # of the signals themselves
    constants = fitted[:, -1] - slopes @ mean
    rows = tuple(tuple(round(float(w), 6) for w in row) for row in torch.cat([slopes, constants.unsqueeze(1)], dim=1))
    rule = EvidenceRule(rows, 0.0, 0.0)
    chances = [rule.probabilities(s) for s in found]
    answerable = sorted(p[0] for p, c in zip(chances, classes, strict=True) if c is CLASSES[0])
    threshold = rounded_down(answerable[int((1 - keep) * len(answerable))])
    silent = [(p[2], c) for p, c in zip(chances, classes, strict=True) if p[0] < threshold]
    cut = best_cut([p for p, c in silent if c is CLASSES[1]], [p for p, c in silent if c is CLASSES[2]])
    return replace(rule, threshold=threshold, elsewhere=cut)


def best_cut(low: Sequence[float], high: Sequence[float]) -> float:
    """The value that parts the two best: the share of `low` under it plus the share of `high` from it on is largest."""

    def parted(cut: float) -> float:
        return sum(v < cut for v in low) / max(1, len(low)) + sum(v >= cut for v in high) / max(1, len(high))

    return rounded_down(max(sorted({*low, *high}), key=parted, default=0.5))


def rounded_down(value: float) -> float:
    """To six decimals, so that the value itself still passes its threshold."""
    return floor(value * 1e6) / 1e6


def measure(rule: EvidenceRule, found: Sequence[Signals], classes: Sequence[EvidenceStatus]) -> dict:
    """How each class is treated at the rule's threshold, and the curve over all thresholds."""
    said = [rule.status(s) for s in found]
    table = {
        str(c): {
            str(status): sum(a is c and b is status for a, b in zip(classes, said, strict=True)) for status in CLASSES
        }
        for c in CLASSES
    }
    p = [rule.probabilities(s)[0] for s in found]
    curve = []
    for threshold in sorted({0.0, *(round(value, 4) for value in p)})[:: max(1, len(p) // 50)]:
        answered = [c for value, c in zip(p, classes, strict=True) if value >= threshold]
        if answered:
            right = sum(c is CLASSES[0] for c in answered)
            curve.append(
                {
                    "threshold": threshold,
                    "answered": round(len(answered) / len(p), 4),
                    "answerable among answered": round(right / len(answered), 4),
                    "answerable answered": round(right / sum(c is CLASSES[0] for c in classes), 4),
                }
            )
    return {"questions": len(p), "statuses": table, "curve": curve}


def main(args: Args) -> dict:
    folder = checkpoint.checkpoint_folder(args.checkpoint)
    card = checkpoint.read_card(folder)
    fingerprint = checkpoint.weights_fingerprint(card)
    if card.evidence:
        try:
            EvidenceRule.read(card.evidence, fingerprint, str(folder))
        except RagError:  # an old rule must not keep the engine from loading
            checkpoint.write_card(folder, replace(card, evidence={}))
    engine = RagEngine.load(folder)
    unanswerable = read_unanswerable(args.unanswerable)

    def labelled(file: str, parity: int) -> tuple[list[Signals], list[EvidenceStatus]]:
        answerable = spread([q.question for q in read_questions(file)], args.count)
        rows = [*((question, CLASSES[0]) for question in answerable), *unanswerable[parity::2]]
        return signals_of(engine, [question for question, _ in rows]), [c for _, c in rows]

    rule = replace(fit(*labelled(args.dev, 0), args.keep), weights_of=fingerprint)
    result = {
        "checkpoint": engine.name,
        "signals": list(NAMES),
        "rule": rule.written(),
        **measure(rule, *labelled(args.test, 1)),
    }
    write_json(Path(args.out or f"assets/results/abstention-{engine.name}.json"), result)
    checkpoint.write_card(folder, replace(card, evidence=rule.written()))
    return {name: value for name, value in result.items() if name != "curve"}


if __name__ == "__main__":
    run(main, Args, __doc__)
