"""What is told of a contract beside its trades: mark and index price, funding, open interest, liquidations. Pure.

Exchanges tell it as it is at a moment (`ContractQuote`) or as it happens (`Liquidation`). A `DerivativesBook` makes of it one
`DerivativeMinute` a symbol and minute, exact as bars are. What nobody told is unknown and not zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import turnover
from klagg_tui.engine.period import MINUTE_MS

SCREEN: Final = "screen"
"""Whoever takes news without a name."""
LATE_MS: Final = 3_000
"""So long after its end a minute still waits for what was told in it."""
_MOST_SEEN: Final = 4_096
"""Liquidations that are remembered, so that none counts twice while two connections bring them."""
_MOST_NEWS: Final = 20_000
"""Ended minutes that wait for a screen; of one that looks away longer the oldest are dropped, for they are stored."""


def rate(text: str) -> Exact:
    """The rate that a text says, in units of 1e-20: below zero where shorts pay.

    Raises:
        BadNumber: it is no number, or has more than 20 decimals.
    """
    return -turnover(text[1:]) if text.startswith("-") else turnover(text)


class ContractQuote(NamedTuple):
    """What an exchange says of a contract at one moment; None where it does not say it."""

    symbol: str
    at_ms: int
    mark_price: Exact | None = None
    """The price at which positions are valued."""
    index_price: Exact | None = None
    """The price of what the contract is on, elsewhere."""
    funding_rate: Exact | None = None
    """What longs pay shorts next, of 1; see `rate`."""
    next_funding_ms: int | None = None
    funding_every_ms: int | None = None
    """Between two payments."""
    open_interest: Exact | None = None
    """A quantity, counted as volume is."""


class Liquidation(NamedTuple):
    """A position that the exchange closed; two with the same values are one, told twice."""

    symbol: str
    at_ms: int
    is_long: bool
    """Whether the position was long, so that it was sold."""
    volume: Exact
    turnover: Exact


Told: TypeAlias = ContractQuote | Liquidation


class DerivativeMinute(NamedTuple):
    """What was told in one minute: the last of each value, and the sums of what was liquidated; None where it is unknown."""

    symbol: str
    open_ms: int
    mark_price: Exact | None = None
    index_price: Exact | None = None
    funding_rate: Exact | None = None
    next_funding_ms: int | None = None
    funding_every_ms: int | None = None
    open_interest: Exact | None = None
    long_volume: Exact | None = None
    """Of long positions that were closed by force."""
    long_turnover: Exact | None = None
    long_count: int | None = None
    short_volume: Exact | None = None
    short_turnover: Exact | None = None
    short_count: int | None = None

    @property
    def key(self) -> tuple[str, int]:
        """One symbol has one such minute at a time."""
        return self.symbol, self.open_ms

    def merged(self, newer: DerivativeMinute) -> DerivativeMinute:
        """Both together: the newer's values where it has some, and the sums of both."""
        values = [old if new is None else new for old, new in zip(self[:_SUMS], newer[:_SUMS], strict=True)]
        sums = [_sum(old, new) for old, new in zip(self[_SUMS:], newer[_SUMS:], strict=True)]
        return DerivativeMinute(*values, *sums)  # type: ignore[arg-type]  # in the order of the fields


def _sum(old: int | str | None, new: int | str | None) -> int | str | None:
    if isinstance(old, int) and isinstance(new, int):
        return old + new
    return old if new is None else new


_SUMS: Final = DerivativeMinute._fields.index("long_volume")
_SUMMED: Final = DerivativeMinute._fields[_SUMS:]


def minute_of(told: Told) -> DerivativeMinute:
    """One thing told, as a minute of its own."""
    open_ms = told.at_ms - told.at_ms % MINUTE_MS
    if isinstance(told, ContractQuote):
        return DerivativeMinute(told.symbol, open_ms, *told[2:])
    minute = DerivativeMinute(told.symbol, open_ms)
    if told.is_long:
        return minute._replace(long_volume=told.volume, long_turnover=told.turnover, long_count=1)
    return minute._replace(short_volume=told.volume, short_turnover=told.turnover, short_count=1)


class DerivativesBook:
    """The minutes of all followed contracts of one exchange: those under way, and those that ended since they were taken.

    Whoever takes them does so for itself: the disk `take_ended`, the screen and windows `take_news`. `tells_liquidations`: whether a
    minute without any is one in which there were none.
    """

    def __init__(self, *, tells_liquidations: bool = False) -> None:
        self._sums: tuple[int | None, ...] = ((0 if tells_liquidations else None),) * len(_SUMMED)
        self._symbols: frozenset[str] = frozenset()
        self._open: dict[tuple[str, int], DerivativeMinute] = {}
        self._now_ms = 0
        self._told_ms: dict[str, int] = {}
        """When each symbol's mark price was told last."""
        self._seen: dict[Liquidation, None] = {}
        self._ended: list[DerivativeMinute] = []
        self._news: dict[str, dict[tuple[str, int], DerivativeMinute]] = {}
        """For each who has asked for it, by its name."""

    def __len__(self) -> int:
        """Contracts of which something was told lately."""
        return len({symbol for symbol, _ in self._open})

    def follow(self, symbols: Collection[str]) -> None:
        """Take in what is told of these from now on, and of no others; the minutes of those that are left end."""
        self._symbols = frozenset(symbols)
        self._told_ms = {symbol: at_ms for symbol, at_ms in self._told_ms.items() if symbol in self._symbols}
        self._end([key for key in self._open if key[0] not in self._symbols])

    def take(self, told: Iterable[Told], latest_ms: int) -> None:
        """Take in what an exchange tells; what lies behind `latest_ms`, or is older than what is known, is left out."""
        for each in told:
            if each.symbol in self._symbols and each.at_ms <= latest_ms and self._is_fresh(each):
                self._put(minute_of(each))

    def tick(self, now_ms: int) -> None:
        """End the minutes whose time is over; may be called as often as one likes."""
        if now_ms // 1_000 == self._now_ms // 1_000:
            return
        self._now_ms = now_ms
        self._end([key for key in self._open if self._is_over(key[1])])

    def end_all(self) -> None:
        """End the minutes under way too: nothing more comes."""
        self._end([*self._open])

    @property
    def has_ended(self) -> bool:
        """Whether minutes have ended, or something came late, since `take_ended` was called last."""
        return bool(self._ended)

    def take_ended(self) -> list[DerivativeMinute]:
        """The minutes that ended since the last call; of one that had ended before only what came late, to be merged with it."""
        ended, self._ended = self._ended, []
        return ended

    def take_news(self, reader: str = SCREEN) -> tuple[DerivativeMinute, ...]:
        """The minutes that changed since this reader's last call, in their newest state; at its first those under way."""
        news = self._news.get(reader, self._open)
        self._news[reader] = {}
        return tuple(news.values())

    def forget(self, reader: str) -> None:
        """It takes no more news."""
        self._news.pop(reader, None)

    def under_way(self, symbol: str) -> list[DerivativeMinute]:
        """The minutes of a symbol that have not ended yet, in their newest state."""
        return [minute for minute in self._open.values() if minute.symbol == symbol]

    @property
    def waiting(self) -> int:
        """How many minutes wait for the screen."""
        return len(self._news.get(SCREEN, ()))

    def recall(self, minutes: Iterable[DerivativeMinute]) -> None:
        """Minutes that are stored, for whoever looks; what is under way or has changed since is newer."""
        for minute in minutes:
            if minute.key not in self._open:
                for news in self._news.values():
                    news.setdefault(minute.key, minute)

    def _is_over(self, open_ms: int) -> bool:
        return open_ms + MINUTE_MS + LATE_MS <= self._now_ms

    def _is_fresh(self, told: Told) -> bool:
        if isinstance(told, Liquidation):
            if told in self._seen:
                return False
            self._seen[told] = None
            if len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
        elif told.mark_price is not None:
            if told.at_ms < self._told_ms.get(told.symbol, 0):
                return False
            self._told_ms[told.symbol] = told.at_ms
        return True

    def _put(self, part: DerivativeMinute) -> None:
        if self._is_over(part.open_ms):
            self._ended.append(part)
            return
        begun = self._open.get(part.key) or DerivativeMinute(*part.key)._replace(
            **dict(zip(_SUMMED, self._sums, strict=True))  # type: ignore[arg-type]  # they are numbers
        )
        minute = self._open[part.key] = begun.merged(part)
        for news in self._news.values():
            news[minute.key] = minute
            if len(news) > _MOST_NEWS:
                del news[next(iter(news))]

    def _end(self, keys: Iterable[tuple[str, int]]) -> None:
        self._ended += [self._open.pop(key) for key in keys]
