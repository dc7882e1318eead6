"""What the simulated exchange sends and when: the messages of the followed symbols, minute by minute.

Pure: given the time, it returns the frames that are due. The next minute is made bit by bit during the present one, so
that no beat has to make it all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.market import Market, Trade

_SLOT_MS: Final = 20

MakeFrames: TypeAlias = Callable[[str, int, Sequence[Trade]], list[Frame]]
"""A frame for each of some trades of a symbol in a minute."""


class Feed:
    """The trade messages of a market as they fall due."""

    def __init__(self, market: Market, now_ms: int, frames: MakeFrames) -> None:
        self._market = market
        self._frames = frames
        self._now_ms = now_ms
        self._due: dict[int, list[Frame]] = {}
        self._minute = now_ms // MINUTE_MS
        """The present minute; made for every followed symbol."""
        self._made: dict[str, int] = {}
        """The last minute that was made of a symbol, followed or not: nobody's coming or going makes one twice."""
        self._followed: dict[str, None] = {}
        self._waiting: list[str] = []
        """Symbols whose next minute is not made yet."""
        self._slot = now_ms // _SLOT_MS
        """The last slot that was given."""

    def follow(self, symbol: str) -> None:
        """Send the symbol's trades from now on."""
        if symbol in self._followed:
            return
        self._followed[symbol] = None
        made = self._made.get(symbol, 0)
        for minute in range(max(made + 1, self._minute - 1), self._minute + 1):
            self._make(symbol, minute)
        if made <= self._minute:
            self._waiting.append(symbol)

    def leave(self, symbol: str) -> None:
        """Make no more messages of the symbol; what is made is still given."""
        self._followed.pop(symbol, None)
        if symbol in self._waiting:
            self._waiting.remove(symbol)

    def told_ms(self, symbol: str) -> int:
        """Trades that were published by then have been sent, later ones will be to who follows the symbol."""
        return self._slot * _SLOT_MS if symbol in self._followed else self._now_ms

    def advance(self, now_ms: int) -> list[Frame]:
        """Every frame that is published from the last call's moment up to `now_ms`, in order of each symbol's ids."""
        due: list[Frame] = []
        while self._minute < now_ms // MINUTE_MS:
            self._prepare(len(self._waiting))
            self._minute += 1
            due += self._taken(self._minute * MINUTE_MS)
            self._waiting = list(self._followed)
        elapsed = now_ms % MINUTE_MS / MINUTE_MS
        self._prepare(len(self._waiting) - int(len(self._followed) * max(0.0, 0.95 - elapsed)))
        due += self._taken(now_ms)
        self._now_ms = now_ms
        return due

    def _prepare(self, count: int) -> None:
        for _ in range(count):
            self._make(self._waiting.pop(), self._minute + 1)

    def _make(self, symbol: str, minute: int) -> None:
        self._made[symbol] = minute
        trades = self._market.trades(symbol, minute)
        if minute < self._minute or minute == self._now_ms // MINUTE_MS:
            trades = tuple(trade for trade in trades if trade.event_ms > self._now_ms)
        if not trades:
            return
        for trade, frame in zip(trades, self._frames(symbol, minute, trades), strict=True):
            self._due.setdefault(-(-trade.event_ms // _SLOT_MS), []).append(frame)

    def _taken(self, now_ms: int) -> Iterator[Frame]:
        """Frames whose slot is over, slot by slot."""
        last = now_ms // _SLOT_MS
        slots: Iterable[int] = range(self._slot + 1, last + 1)
        if last - self._slot > len(self._due):
            slots = sorted(slot for slot in self._due if slot <= last)
        for slot in slots:
            yield from self._due.pop(slot, ())
        self._slot = last
