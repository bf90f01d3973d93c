"""Votes add up, and the interval is Wilson's."""

from dataclasses import replace

import pytest

from rag_demo.tally import PairTally, pair_tallies, thumb_tallies, wilson_interval
from rag_demo.votes import Side, Vote, VoteKind

BASE, LARGE = Side("base", "aa"), Side("large", "bb")
VOTE = Vote(VoteKind.PREFERENCE, "孕妇血糖高怎么办？", (LARGE, BASE), BASE.name)
THUMB = Vote(VoteKind.THUMBS, "宝宝发热？", (BASE,), "up")


@pytest.mark.parametrize(
    ("wins", "n", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),  # by hand: (.8 + .19208)/1.38416 -+ 1.96 sqrt(.016 + .009604)/1.38416
        (5, 10, 0.2366, 0.7634),
        (0, 10, 0.0, 0.2775),  # z²/(n + z²) = 3.8416/13.8416
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(wins, n, low, high):
    assert wilson_interval(wins, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_refuses_what_is_no_share():
    with pytest.raises(ValueError):
        wilson_interval(3, 2)


def test_pairs_are_counted_whichever_side_they_stood_on():
    swapped = replace(VOTE, sides=(BASE, LARGE))
    votes = [VOTE, swapped, replace(swapped, outcome=LARGE.name), replace(VOTE, outcome="tie"), THUMB]
    (tally,) = pair_tallies(votes)
    assert tally == PairTally(BASE.name, LARGE.name, first_wins=2, second_wins=1, ties=1)
    assert tally.decided == 3 and tally.win_rate == pytest.approx(2 / 3)
    assert tally.interval == wilson_interval(2, 3), "ties are left out of the interval"
    assert pair_tallies([THUMB]) == ()
    assert pair_tallies([replace(VOTE, outcome="tie")])[0].win_rate is None


def test_thumbs_are_counted_by_side():
    votes = [THUMB, THUMB, replace(THUMB, outcome="down"), replace(THUMB, sides=(LARGE,), outcome="down"), VOTE]
    assert thumb_tallies(votes) == {BASE.name: (2, 1), LARGE.name: (0, 1)}
