"""Train, dev and test, so that no passage, near duplicate passage or near duplicate question stands in two of them."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from training.near_duplicates import UnionFind

LARGEST_SHARE = 10  # a family takes at most this part of a held-out split; larger ones train


class Split(IntEnum):
    DROPPED = -1
    TRAIN = 0
    DEV = 1
    TEST = 2


@dataclass(frozen=True, slots=True)
class Division:
    """splits: (questions,) int8 of Split. families: connected families of questions; largest: questions of the largest."""

    splits: np.ndarray
    families: int
    largest: int


def keep_first(
    question_families: np.ndarray, passage_families: np.ndarray, first: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """(questions,) bool: False where an earlier question is a near duplicate, has the same numbers, and so is its passage.

    first: (questions,) passage of each. numbers: (questions,) uint64 hash of a question's numbers: 3 days are not 30."""
    both = question_families.astype(np.uint64) << np.uint64(32) | passage_families[first].astype(np.uint64)
    keep = np.zeros(len(both), dtype=bool)
    keep[np.unique(_shuffled(both) ^ numbers, return_index=True)[1]] = True
    return keep


def divide(
    question_families: np.ndarray,
    passage_families: np.ndarray,
    links: np.ndarray,
    keep: np.ndarray,
    dev: int,
    test: int,
) -> Division:
    """Whole families in an order that depends on nothing but their first question's number, until test and dev are full.

    links: (L, 2) int32, question and passage. keep: (questions,) bool. dev, test: questions wanted, never exceeded."""
    passages = len(passage_families)
    joined = UnionFind(passages + len(question_families))
    joined.parent[:passages] = passage_families
    joined.parent[passages:] = question_families + np.int32(passages)
    for question, passage in links:
        joined.union(passages + int(question), int(passage))
    family = joined.roots()[passages:]
    names, member = np.unique(family, return_inverse=True)
    sizes = np.bincount(member, weights=keep, minlength=len(names)).astype(np.int64)
    chosen = np.full(len(names), Split.TRAIN, dtype=np.int8)
    order = np.argsort(_shuffled(names), kind="stable")
    for split, wanted in ((Split.TEST, test), (Split.DEV, dev)):
        largest, left = max(wanted // LARGEST_SHARE, 10), wanted
        for place in order:
            if not left:
                break
            if chosen[place] == Split.TRAIN and 0 < sizes[place] <= min(largest, left):
                chosen[place] = split
                left -= int(sizes[place])
    splits = np.where(keep, chosen[member], np.int8(Split.DROPPED))
    return Division(splits, int((sizes > 0).sum()), int(sizes.max(initial=0)))


def _shuffled(names: np.ndarray) -> np.ndarray:
    """(N,) uint64: splitmix64's finaliser (Steele et al. 2014), a fixed random order."""
    mixed = names.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
