"""What votes add up to: win rates of pairs with Wilson's interval, thumbs by side. Functions of values."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_demo.votes import TIE, Vote, VoteKind


@dataclass(frozen=True, slots=True)
class PairTally:
    """Preferences between two sides, named in alphabetical order. Ties are counted but left out of the win rate:
    Wilson's interval is for independent yes-or-no trials, and a tie is neither."""

    first: str
    second: str
    first_wins: int
    second_wins: int
    ties: int

    @property
    def decided(self) -> int:
        return self.first_wins + self.second_wins

    @property
    def win_rate(self) -> float | None:
        """The share of the decided votes that `first` won; None where none was decided."""
        return self.first_wins / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, of the win rate."""
        return wilson_interval(self.first_wins, self.decided)


def pair_tallies(votes: Iterable[Vote]) -> tuple[PairTally, ...]:
    """One a pair, the pair with most votes first."""
    outcomes: dict[Sequence[str], Counter[str]] = {}
    for vote in votes:
        if vote.kind is VoteKind.PREFERENCE:
            pair = tuple(sorted(side.name for side in vote.sides))
            outcomes.setdefault(pair, Counter())[vote.outcome] += 1
    ranked = sorted(outcomes.items(), key=lambda item: (-item[1].total(), item[0]))
    return tuple(PairTally(a, b, counts[a], counts[b], counts[TIE]) for (a, b), counts in ranked)


def thumb_tallies(votes: Iterable[Vote]) -> dict[str, tuple[int, int]]:
    """Side name -> (up, down), the names in alphabetical order."""
    counts = Counter((vote.sides[0].name, vote.outcome) for vote in votes if vote.kind is VoteKind.THUMBS)
    return {name: (counts[name, "up"], counts[name, "down"]) for name in sorted({name for name, _ in counts})}


def wilson_interval(wins: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """(low, high) of a share of `wins` in `n` trials; (0, 1) without a trial. Wilson 1927, JASA 22, p. 209-212."""
    if not 0 <= wins <= n:
        raise ValueError(f"{wins} wins in {n} trials")
    if n == 0:
        return 0.0, 1.0
    share, spread = wins / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
