"""Whose question it is, and how often."""

import pytest

from rag_demo.serving import visitors
from rag_demo.serving.visitors import Pace, is_this_machine, visitor_of


def forwarded(*values):
    return [(b"x-forwarded-for", value.encode()) for value in values]


@pytest.mark.parametrize(
    ("headers", "proxies", "visitor"),
    [
        ([], 0, "10.0.0.9"),
        (forwarded("203.0.113.7"), 0, "10.0.0.9"),
        (forwarded("203.0.113.7"), 1, "203.0.113.7"),
        (forwarded("1.2.3.4, 203.0.113.7"), 1, "203.0.113.7"),
        (forwarded("1.2.3.4", "203.0.113.7"), 1, "203.0.113.7"),
        (forwarded("1.2.3.4, 203.0.113.7, 10.0.0.1"), 2, "203.0.113.7"),
        (forwarded("203.0.113.7"), 2, "10.0.0.9"),
        (forwarded("203.0.113.7:51413"), 1, "203.0.113.7"),
        (forwarded("::ffff:203.0.113.7"), 1, "203.0.113.7"),
        (forwarded("2001:db8:1:2:3:4:5:6"), 1, "2001:db8:1:2::/64"),
        (forwarded("<script>" * 20), 1, "<script>" * 8),
    ],
)
def test_only_what_a_trusted_proxy_wrote_is_believed(headers, proxies, visitor):
    """Catches a visitor who writes X-Forwarded-For to be somebody else at every question."""
    assert visitor_of("10.0.0.9", headers, proxies) == visitor


def test_on_a_space_private_addresses_are_further_proxies():
    """Catches one pace for all visitors of a Space, if Hugging Face passes a request through two proxies."""
    for chain in ("8.8.4.4", "8.8.4.4, 10.16.3.80", "1.1.1.1, 8.8.4.4, 10.16.3.80, 10.0.0.1"):
        assert visitor_of("10.1.1.1", forwarded(chain), 1, public=True) == "8.8.4.4"
    assert visitor_of("10.1.1.1", forwarded("8.8.4.4, 10.16.3.80"), 1) == "10.16.3.80"


def test_the_machine_itself_is_known():
    assert is_this_machine("127.0.0.1") and is_this_machine("::1")
    assert not is_this_machine("10.0.0.9") and not is_this_machine("2001:db8::/64") and not is_this_machine("")


def test_a_minutes_worth_at_once_then_one_at_a_time(monkeypatch):
    now = [0.0]
    pace = Pace(6, lambda: now[0])
    assert [pace.seconds_to_wait("a") for _ in range(6)] == [0.0] * 6
    assert pace.seconds_to_wait("a") == pytest.approx(10.0) and pace.seconds_to_wait("b") == 0.0
    now[0] = 9.0
    assert pace.seconds_to_wait("a") == pytest.approx(1.0), "a refused question must not cost another"
    now[0] = 10.0
    assert pace.seconds_to_wait("a") == 0.0 and pace.seconds_to_wait("a") == pytest.approx(10.0)
    monkeypatch.setattr(visitors, "MOST_VISITORS", 3)
    for visitor in "cdef":
        pace.seconds_to_wait(visitor)
    assert len(pace._left) <= 4, "a million addresses must not fill the memory"
