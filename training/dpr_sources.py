"""Which questions and passages make the batch of a step: a function of the seed and the step alone."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag_demo.corpus import Question
from rag_demo.types import RagError

POOL = 64  # batches whose questions are sorted by length together

Pair = tuple[Question, str]  # a question and the one of its passages that is its positive this time


@dataclass(frozen=True, slots=True)
class Draw:
    """passages: the ids of the batch's columns, positives first, then hard negatives, each once."""

    questions: tuple[Question, ...]
    positives: tuple[str, ...]
    passages: tuple[str, ...]
    source: int


class Source:
    """The questions of one source, in batches.

    per_passage: 0 makes a batch of `batch` questions; N > 0 makes it of `batch` passages, each with up to N of its
    questions, so that a passage is encoded once for all of them.
    """

    def __init__(self, questions: Sequence[Question], texts: Mapping[str, str], batch: int, per_passage: int) -> None:
        self.questions = [q for q in questions if q.passage_ids]
        missing = next((p for q in self.questions for p in q.passage_ids if p not in texts), None)
        if missing:
            raise RagError(f"A question names passage {missing!r}, which is not in the passages file.")
        if len(self.questions) < 2:
            raise RagError("Fewer than two questions have passages; in-batch negatives need at least two.")
        self.texts, self.batch, self.per_passage = texts, batch, per_passage
        self.vectors: dict[str, np.ndarray] = {}

    def arrange(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Draw neighbouring passages together, by these vectors (D,) of all its passages: hard negatives for nothing
        (Hofstätter et al. 2021, TAS-balanced sampling)."""
        mean = np.mean(list(vectors.values()), axis=0)
        centred = {name: vector - mean for name, vector in vectors.items()}
        self.vectors = {name: vector / max(float(np.linalg.norm(vector)), 1e-9) for name, vector in centred.items()}

    def epoch(self, seed: str) -> list[list[Pair]]:
        """Every question once, in batches of similar length."""
        rng = random.Random(seed)
        pairs = [(q, rng.choice(q.passage_ids)) for q in rng.sample(self.questions, len(self.questions))]
        groups = self._groups(pairs)
        rng.shuffle(groups)
        if self.vectors:
            return self._neighbouring(groups, rng)
        batch = min(self.batch, len(groups))
        batches = []
        for start in range(0, len(groups), POOL * batch):
            pool = sorted(groups[start : start + POOL * batch], key=lambda group: len(self.texts[group[0][1]]))
            batches += [pool[i : i + batch] for i in range(0, len(pool), batch)]
        whole = [[pair for group in batch for pair in group] for batch in batches if len(batch) > 1]
        rng.shuffle(whole)
        return whole or [[pair for group in groups for pair in group]]

    def _neighbouring(self, groups: Sequence[list[Pair]], rng: random.Random) -> list[list[Pair]]:
        """Each batch: the groups of a passage drawn at random and of its nearest that are left, one of each passage."""
        left: dict[str, list[list[Pair]]] = {}
        for group in groups:
            left.setdefault(group[0][1], []).append(group)
        batches = []
        while len(left) > 1:
            names = list(left)
            middle = self.vectors[rng.choice(names)]
            order = np.argsort(-(np.stack([self.vectors[name] for name in names]) @ middle), kind="stable")
            near = [names[i] for i in order[: self.batch]]
            batches.append([pair for name in near for pair in left[name].pop()])
            left = {name: found for name, found in left.items() if found}
        if not batches:
            return [[pair for group in groups for pair in group]]
        for i, group in enumerate(group for found in left.values() for group in found):
            batches[i % len(batches)] += group  # what is left of the last passage
        rng.shuffle(batches)
        return batches

    def _groups(self, pairs: Sequence[Pair]) -> list[list[Pair]]:
        """The pairs that are drawn together."""
        if not self.per_passage:
            return [[pair] for pair in pairs]
        by_passage: dict[str, list[Pair]] = {}
        for pair in pairs:
            by_passage.setdefault(pair[1], []).append(pair)
        n = self.per_passage
        return [same[i : i + n] for same in by_passage.values() for i in range(0, len(same), n)]


class Mixture:
    """Every step draws its batch from one source, by their shares; each source is gone through without replacement.

    Hard negatives are taken only from passages that are a positive of some training question: those held out of
    training stay unseen.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        shares: Sequence[float],
        negatives: Mapping[str, Sequence[str]],
        hard: int,
        seed: int,
    ) -> None:
        if len(shares) != len(sources) or min(shares) < 0 or sum(shares) <= 0:
            raise RagError(
                f"--mix gives {len(shares)} shares for {len(sources)} files of questions; give one for each, e.g. 0.6,0.4."
            )
        self.sources, self.shares, self.hard, self.seed = sources, shares, hard, seed
        self.trained = {name for source in sources for q in source.questions for name in q.passage_ids}
        self.negatives = negatives
        self._turns: list[tuple[int, int]] = []  # of each step: its source, and how many steps had that source before
        self._counts = [0] * len(sources)
        self._epochs: dict[int, tuple[int, list[list[Pair]]]] = {}
        self._lengths: list[list[int]] = [[] for _ in sources]

    @property
    def steps_per_epoch(self) -> int:
        return sum(self._length(i, 0) for i in range(len(self.sources)))

    def draw(self, step: int) -> Draw:
        """The batch of a step."""
        source, turn = self._turn(step)
        epoch = 0
        while turn >= (length := self._length(source, epoch)):
            turn, epoch = turn - length, epoch + 1
        chosen = self._epoch(source, epoch)[turn]
        rng = random.Random(f"{self.seed}-negatives-{step}")
        columns = dict.fromkeys(name for _, name in chosen)
        for question, _ in chosen:
            mined = self.negatives.get(question.id, ())
            found = [n for n in mined if n in self.trained and n not in question.passage_ids]
            columns.update(dict.fromkeys(rng.sample(found, min(self.hard, len(found)))))
        return Draw(tuple(q for q, _ in chosen), tuple(name for _, name in chosen), tuple(columns), source)

    def _turn(self, step: int) -> tuple[int, int]:
        while len(self._turns) <= step:
            rng = random.Random(f"{self.seed}-source-{len(self._turns)}")
            source = rng.choices(range(len(self.sources)), self.shares)[0]
            self._turns.append((source, self._counts[source]))
            self._counts[source] += 1
        return self._turns[step]

    def _length(self, source: int, epoch: int) -> int:
        lengths = self._lengths[source]
        while len(lengths) <= epoch:
            lengths.append(len(self._epoch(source, len(lengths))))
        return lengths[epoch]

    def _epoch(self, source: int, epoch: int) -> list[list[Pair]]:
        """The source's batches; the latest epoch is kept."""
        known, batches = self._epochs.get(source, (-1, []))
        if known != epoch:
            batches = self.sources[source].epoch(f"{self.seed}-{source}-{epoch}")
            self._epochs[source] = epoch, batches
        return batches
