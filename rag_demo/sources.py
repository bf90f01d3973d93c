"""What one source may contribute: five planted texts must not be all that an answer is made from.

Zou et al. 2024 (PoisonedRAG): five texts that repeat a question and state a falsehood take over the top k."""

from collections.abc import Sequence

SOURCE_DEPTH = 50  # how far down others are looked for


def at_most(positions: Sequence[int], sources: Sequence[str], k: int, limit: int) -> list[int]:
    """k of `positions` (best first, each with its source), at most `limit` of one source, in their order.

    Texts without a source count as one. Where the others are too few, those passed over fill up, best first.
    """
    taken: dict[str, int] = {}
    first, rest = [], []
    for place, source in enumerate(sources):
        name = source.strip().casefold()
        taken[name] = taken.get(name, 0) + 1
        (first if taken[name] <= limit else rest).append(place)
    return [positions[place] for place in sorted([*first, *rest][:k])]
