"""What an exchange allows, and what it does to who takes more: facts as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class PageCost(NamedTuple):
    """Up to so many rows in one reply, a request has this cost."""

    rows: int
    cost: int


class RequestUse(NamedTuple):
    """How much was asked."""

    used: int
    """Cost in this minute of the exchange."""
    limit: int
    requests: int
    """Since the start."""
    retries: int


@dataclass(frozen=True)
class RequestLimits:
    """What may be asked over HTTP, and what it costs."""

    cost_per_minute: int
    """Of an address, everything together; the listing may bring another figure."""
    bar_pages: tuple[PageCost, ...]
    """Steps of the cost of bars, rising."""
    trade_page: PageCost
    """The largest page of trades."""
    trades_reach_ms: int
    """How far back trades can be had."""
    pace_ms: int = 0
    """Between two requests, in the exchange's time, where it counts by seconds."""

    @property
    def cheapest_bars(self) -> int:
        """The most bars for the least cost."""
        return self.bar_pages[0].rows

    @property
    def best_bars(self) -> int:
        """The page with the most bars for its cost."""
        return max(self.bar_pages, key=lambda page: page.rows / page.cost).rows

    @property
    def most_bars(self) -> int:
        """Bars in one reply at the most."""
        return self.bar_pages[-1].rows

    def bars_cost(self, rows: int) -> int:
        """Cost of asking for so many bars."""
        return next((page.cost for page in self.bar_pages if rows <= page.rows), self.bar_pages[-1].cost)


@dataclass(frozen=True)
class StreamLimits:
    """What may be sent and asked for over a connection of the market streams."""

    pace_ms: int
    """Between two messages of ours."""
    streams_per_message: int
    bytes_per_message: int
    """Of a command; longer ones are not answered."""
    streams_per_connection: int
    life_ms: int
    """Age at which a connection is replaced at the latest, before the exchange cuts it."""
    penalty_ms: int
    """To wait after having been thrown out."""
    penalty_codes: frozenset[int]
    """Close codes and statuses after which trying again soon makes it worse."""
    ping_ms: int = 30_000
    """Without a byte on a connection (a message, where pings are messages) before we ping, and again until the answer: after
    twice this it is dead."""
    commands_per_hour: int | None = None
    """On one connection; further ones wait. None: no such limit. Pings do not count."""


@dataclass(frozen=True)
class DerivativeFacts:
    """What an exchange tells of contracts beside their trades."""

    tells_liquidations: bool
    """On the stream, so that a minute without any had none."""
    at_once: int | None
    """Contracts that one request for `MarketData.quotes` asks about; None: all of them."""
    every_ms: int
    """Between two looks at the same contract, at the least."""


class Refusal(NamedTuple):
    """A status with which the exchange stops answering for a while."""

    words: str
    """What it did, to be read after its name: `banned this address`."""
    pause_ms: int | None = None
    """For how long, where the answer gives no time; None: to the end of the minute."""
    least_ms: int = 0
    """At least so long, whatever time the answer gives."""
    is_ban: bool = False
