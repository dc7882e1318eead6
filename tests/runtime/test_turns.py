"""In which order a screen is told what is stored, and how much of it at once."""

from __future__ import annotations

from collections.abc import Collection

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.turns import MOST_STALE, Turns
from tests.makers import MINUTE, START, bar

SYMBOLS = [f"S{number:03}USDT" for number in range(2 * MOST_STALE + 50)]
NOW = START + 10 * MINUTE


class Asked:
    """A screen whose history has just changed everywhere; it notes what it is asked for."""

    def __init__(self, look: Look) -> None:
        self.stale_closes: list[Period] = []
        self.look = look
        self.followed = SYMBOLS
        self.periods: list[Period] = []
        self.shown: list[set[str]] = []
        self.news = FeedUpdate(
            stored=tuple(
                StoredStretch(symbol, period, START, NOW) for period in (Period.M1, Period.M5) for symbol in SYMBOLS
            )
        )

    def exchange_ms(self) -> int:
        return NOW

    async def update(self) -> FeedUpdate:
        news, self.news = self.news, FeedUpdate()
        return news

    async def closes(self, period: Period, symbols: Collection[str] | None) -> FeedUpdate:
        assert symbols is not None
        self.periods.append(period)
        self.shown.append(set(symbols))
        return FeedUpdate(Changes(ended=(bar(START),)))


async def test_of_a_whole_market_that_changed_some_symbols_are_shown_at_once_those_on_view_first_and_none_twice() -> (
    None
):
    looked_at = SYMBOLS[-1], SYMBOLS[-3]
    asked = Asked(Look(looked_at, Period.M5, opened=SYMBOLS[-2]))
    turns = Turns(asked)
    for _ in range(20):
        await turns.next()
    assert {SYMBOLS[-1], SYMBOLS[-2], SYMBOLS[-3]} <= asked.shown[0]
    assert asked.periods[0] is Period.M5
    assert max(map(len, asked.shown)) == MOST_STALE
    for period in (Period.M1, Period.M5):
        parts = [symbols for each, symbols in zip(asked.periods, asked.shown, strict=True) if each is period]
        assert sorted(symbol for part in parts for symbol in part) == SYMBOLS


async def test_whoever_looks_at_more_than_that_sees_all_of_it_at_once() -> None:
    asked = Asked(Look(tuple(SYMBOLS[: MOST_STALE + 20]), Period.M5))
    turns = Turns(asked)
    for _ in range(4):
        await turns.next()
    assert asked.shown[0] == set(SYMBOLS[: MOST_STALE + 20])
