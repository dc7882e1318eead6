"""The screen's model with one exchange against six: the same symbols and the same load, processor time a beat.

python -m bench.exchanges

What grows with the number of exchanges shows in the ratio; what grows with symbols or trades is in both.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Status, VenueStatus
from klagg_tui.view import filter as filters
from klagg_tui.view import venues
from klagg_tui.view.model import Market
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.selection import chosen_rows, mixes_quotes
from klagg_tui.view.sorting import Sort, ordered

SYMBOLS: Final = 1_500
KEYS: Final = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
BEATS: Final = 150
A_BEAT: Final = 600
"""Symbols that change between two beats, as at 20,000 trades a second."""
BEATS_A_SORT: Final = 5
ROUNDS: Final = 5
NOW_MS: Final = 1_790_000_000_000
ORDER = Sort("turnover")
"""By the bar on view: figures are measured by `bench.screener` and `bench.screen`."""
_ONE: Final = 10**PRICE_DECIMALS


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    one, six = _named(1), _named(len(KEYS))
    first_one, first_six = (min(_first(names) for _ in range(3)) for names in (one, six))
    beats: dict[str, list[float]] = {"one": [], "six": []}
    for _ in range(ROUNDS):  # in turns: a machine's pace changes
        beats["one"].append(_beats(one, 1))
        beats["six"].append(_beats(six, len(KEYS)))
    cost_one, cost_six = min(beats["one"]), min(beats["six"])
    return [
        (f"first rows of {SYMBOLS:,} stored symbols, one exchange", f"{first_one * 1e3:.0f} ms"),
        (f"the same, {len(KEYS)} exchanges", f"{first_six * 1e3:.0f} ms"),
        (f"a beat of {A_BEAT} symbols, one exchange", f"{cost_one * 1e3:.2f} ms"),
        (f"the same, {len(KEYS)} exchanges", f"{cost_six * 1e3:.2f} ms"),
        ("  six against one", f"{cost_six / cost_one:.2f}"),
    ]


def _named(exchanges: int) -> dict[str, InstrumentFacts]:
    """Symbols, evenly over so many exchanges; with one of them they go by their own names."""
    made: dict[str, InstrumentFacts] = {}
    for number in range(SYMBOLS):
        key, base = KEYS[number % exchanges], f"COIN{number // exchanges:04d}"
        name = f"{base}-USDT"
        made[name if exchanges == 1 else f"{key}:{name}"] = InstrumentFacts(key, key, name, base, "USDT")
    return made


def _bar(symbol: str, period: Period, step: int) -> Bar:
    close = (100 + step % 97) * _ONE
    volume = (step % 13 + 1) * 10**8
    return Bar(
        symbol, period, period.open_ms(NOW_MS), 100 * _ONE, 200 * _ONE, 50 * _ONE, close, volume, volume * close,
        step, volume // 2, volume * close // 2, State.FORMING,
    )  # fmt: skip


def _update(symbols: Sequence[str], step: int) -> FeedUpdate:
    bars = tuple(
        _bar(symbol, period, step + place) for place, symbol in enumerate(symbols) for period in DEFAULT_PERIODS
    )
    return FeedUpdate(Changes(bars), last_trade_ms=dict.fromkeys(symbols, NOW_MS))


def _stored(facts: dict[str, InstrumentFacts]) -> Market:
    market = Market()
    market.apply(_update(list(facts), 0)._replace(symbols_added=tuple(facts), instruments=facts))
    return market


def _status(exchanges: int) -> Status:
    told = tuple(VenueStatus(key, key, Mode.LIVE, "connected", NOW_MS) for key in KEYS[:exchanges])
    return Status("exchanges", Mode.LIVE, NOW_MS, venues=told)


def _first(facts: dict[str, InstrumentFacts]) -> float:
    """Seconds from stored bars to rows in order."""
    update = _update(list(facts), 0)._replace(symbols_added=tuple(facts), instruments=facts)
    began = time.process_time()
    market = Market()
    market.apply(update)
    ordered(market.rows.values(), ORDER, Period.M5, NOW_MS)
    return time.process_time() - began


def _beats(facts: dict[str, InstrumentFacts], exchanges: int) -> float:
    """Seconds of a beat: what changed is taken in; each fifth time the rows are chosen and put in order."""
    market, status, chosen = _stored(facts), _status(exchanges), Preferences()
    symbols = list(facts)
    everything = filters.read("vol>0")
    updates = [
        _update([symbols[(step * 211 + place * 7) % SYMBOLS] for place in range(A_BEAT)], step)
        for step in range(BEATS_A_SORT)
    ]
    began = time.process_time()
    for beat in range(BEATS):
        market.apply(updates[beat % BEATS_A_SORT])
        market.note_halted(status.halted)
        venues.tabs_of(market, status)
        venues.stale_venues(market, status)
        if beat % BEATS_A_SORT == 0:
            rows = chosen_rows(market, chosen, everything, Period.M5, NOW_MS)
            mixes_quotes(ordered(rows, ORDER, Period.M5, NOW_MS))
    return (time.process_time() - began) / BEATS


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<55} {text}")
