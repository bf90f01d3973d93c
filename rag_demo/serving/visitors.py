"""Who asks, as far as an address tells, and how often they may."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from rag_demo.serving.asgi import Header, text

MOST_VISITORS = 20_000  # that a Pace remembers; the one unseen for longest is forgotten


def visitor_of(peer: str, headers: Iterable[Header], proxies: int = 0, public: bool = False) -> str:
    """The address a request comes from: an IPv4 address, or the /64 of an IPv6 one, where one household is.

    proxies: how many stand in front, each of which adds the address it was called from at the end of X-Forwarded-For.
    What stands further left was written by the visitor and is not believed; with 0 proxies nothing of it is.
    public: no visitor has a private address; one at the end of the header is of a further proxy.
    """
    chain = [part.strip() for name, value in headers if name == b"x-forwarded-for" for part in text(value).split(",")]
    if not proxies or len(chain) < proxies:
        return _household(peer)
    chain = chain[: len(chain) - proxies + 1]
    while public and len(chain) > 1 and (found := _address(chain[-1])) and found.is_private:
        chain.pop()
    return _household(chain[-1])


def _address(said: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """With or without a port."""
    try:
        return ipaddress.ip_address(said.strip("[]") if said.count(":") != 1 else said.split(":")[0])
    except ValueError:
        return None


def _household(said: str) -> str:
    found = _address(said)
    if found is None:
        return said[:64]
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(found) if found.is_loopback else str(ipaddress.ip_network((found, 64), strict=False))


def is_this_machine(visitor: str) -> bool:
    try:
        return ipaddress.ip_address(visitor).is_loopback
    except ValueError:
        return False


class Pace:
    """`rate` a minute for each visitor, as many at once where they were quiet before (a token bucket)."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._clock = rate, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # visitor -> (questions left, when)

    def seconds_to_wait(self, visitor: str) -> float:
        """0.0: it may come in, and is counted. Else the seconds until it may; it is not counted."""
        now = self._clock()
        left, then = self._left.pop(visitor, (float(self.rate), now))
        left = min(self.rate, left + (now - then) * self.rate / 60)
        allowed = left >= 1
        self._left[visitor] = (left - allowed, now)
        if len(self._left) > MOST_VISITORS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.rate
