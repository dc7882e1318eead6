"""Changes of a busy market, made beforehand so that only the screen is measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Status, VenueStatus
from tests.made_market import MadeMarket

SYMBOLS: Final = 500
FRAMES_A_SECOND: Final = 5
MINUTES: Final = 40
A_MINUTE: Final = 4
"""Trades of a symbol in each minute before the recording begins."""


class RecordedMarket(MadeMarket):
    """A made market whose changes are recorded, to be given out one a frame.

    `exchanges`: keys of those that the symbols are spread over evenly; of one, symbols go by their own names.
    """

    def __init__(
        self, trades_a_second: int, frames: int, symbols: int = SYMBOLS, exchanges: Sequence[str] = ()
    ) -> None:
        listed = dict(_listed(symbols, exchanges)) if exchanges else {}
        prices = {name: 10.0 + number % 977 for number, name in enumerate(listed)} or None
        super().__init__(symbols, minutes=MINUTES, per_minute=A_MINUTE, prices=prices)
        self.instruments = listed
        self._exchanges = tuple(exchanges)
        self._frames: list[FeedUpdate | None] = [super().take_changes()]
        for _ in range(frames):
            self.play(trades_a_second // FRAMES_A_SECOND, 1_000 // FRAMES_A_SECOND)
            self._frames.append(super().take_changes())
        self._at = 0
        self.taken = 0
        """How often the screen asked: how many frames there were."""

    def take_changes(self) -> FeedUpdate | None:
        """The next frame's; from the end back to the second one."""
        self.taken += 1
        changes = self._frames[self._at]
        self._at = self._at + 1 if self._at + 1 < len(self._frames) else 1
        self.now_ms += 1_000 // FRAMES_A_SECOND if self._at > 1 else 0
        return changes

    def status(self) -> Status:
        """How each exchange is doing is told anew each time, as of running ones."""
        self.venues = tuple(_status(key, self.now_ms, len(self.symbols)) for key in self._exchanges)
        return super().status()


class MinuteEnds(RecordedMarket):
    """The same of a market in which every few frames a minute is over for all symbols: what is between is left out."""

    FRAMES: Final = 10
    """From one minute's end to the next."""

    def __init__(self, trades_a_second: int, ends: int, symbols: int = SYMBOLS, exchanges: Sequence[str] = ()) -> None:
        super().__init__(trades_a_second, 0, symbols, exchanges)
        self.takes: list[tuple[float, float, bool]] = []
        """Of each frame when it began by the clock and by the processor's time, and whether a minute was over."""
        self._moments = [self.now_ms]
        frame_ms, trades = 1_000 // FRAMES_A_SECOND, trades_a_second // FRAMES_A_SECOND
        for number in range(1, ends * self.FRAMES + 1):
            is_end = number % self.FRAMES == 0
            # One frame more than there is room for in a minute, and a trade of every symbol: all of them end.
            self.play(max(trades, 4 * symbols), MINUTE_MS - (self.FRAMES - 1) * frame_ms) if is_end else self.play(
                trades, frame_ms
            )
            self._frames.append(MadeMarket.take_changes(self))
            self._moments.append(self.now_ms)
        self.now_ms = self._moments[0]

    def take_changes(self) -> FeedUpdate | None:
        """The next frame's; after the last one there is nothing new."""
        at, self.taken = self.taken, self.taken + 1
        changes = self._frames[at] if at < len(self._frames) else None
        is_end = at > 0 and changes is not None and len(changes.changes.ended) >= len(self.symbols) // 2
        self.takes.append((time.perf_counter(), time.process_time(), is_end))
        self.now_ms = self._moments[min(at, len(self._moments) - 1)]
        return changes


def _listed(symbols: int, exchanges: Sequence[str]) -> list[tuple[str, InstrumentFacts]]:
    """The busiest symbols come first, whatever their exchange."""
    made = []
    for number in range(symbols):
        key, base = exchanges[number % len(exchanges)], f"C{number // len(exchanges):04d}"
        title = f"{base}-USDT" if len(exchanges) > 1 else f"{base}USDT"
        name = f"{key}:{title}" if len(exchanges) > 1 else title
        made.append((name, InstrumentFacts(key, venue(key).name, title, base, "USDT")))
    return made


def _status(key: str, now_ms: int, symbols: int) -> VenueStatus:
    return VenueStatus(key, venue(key).name, Mode.DEMO, "connected", now_ms, delay_ms=40.0, symbols=symbols)
