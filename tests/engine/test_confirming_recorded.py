"""Recorded bars that open at the close before: Bitget's of 2022 beside the trades of the same messages.

The exchange's bars have five fields and its trades no ids. Without the price before, 44 of 55 whole minutes would agree.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State, blanked, empty_bar
from klagg_tui.engine.confirming import confirmed_by
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.minute import with_trade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from tests.conftest import DATA

BITGET = DATA / "venues" / "bitget"
LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER

pytestmark = pytest.mark.skipif(not BITGET.is_dir(), reason=f"the recorded market data is not at {BITGET}")


def messages() -> Iterator[tuple[str, str, list[list[str]]]]:
    """Symbol with its market, channel and rows of every message that has some."""
    for market in ("spot", "mix"):
        with gzip.open(BITGET / f"ws-2022-{market}-trade-candle1m.txt.gz", "rt") as lines:
            for line in lines:
                message: dict[str, Any] = json.loads(line.partition(": ")[2])
                if "data" in message:
                    yield f"{market}:{message['arg']['instId']}", message["arg"]["channel"], message["data"]


def recorded() -> tuple[dict[str, list[AggTrade]], dict[str, dict[int, Bar]]]:
    """By symbol the trades in order of time, and the bars by open time as they were told last."""
    trades: dict[str, list[AggTrade]] = {}
    candles: dict[str, dict[int, Bar]] = {}
    for symbol, channel, rows in messages():
        if channel == "trade":
            trades.setdefault(symbol, []).extend(
                AggTrade(symbol, price, size, int(at), side == "sell", 0, 0, 0, int(at))
                for at, price, size, side in rows
            )
        else:
            candles.setdefault(symbol, {}).update((bar.open_ms, bar) for bar in (from_row(symbol, row) for row in rows))
    return {symbol: sorted(some, key=lambda trade: trade.traded_ms) for symbol, some in trades.items()}, candles


def from_row(symbol: str, row: list[str]) -> Bar:
    first, high, low, last = map(parsing.price, row[1:5])
    volume = parsing.quantity(row[5])
    return Bar(symbol, Period.M1, int(row[0]), first, high, low, last, volume, 0, 0, 0, 0, State.CONFIRMED, LACKS.value)


def pairs() -> Iterator[tuple[Bar, Bar, int]]:
    """Of every minute recorded whole: ours, theirs and the close before."""
    trades, candles = recorded()
    for symbol, some in trades.items():
        for open_ms, theirs in candles[symbol].items():
            if some[0].traded_ms < open_ms < max(candles[symbol]):
                inside = [trade for trade in some if open_ms <= trade.traded_ms < open_ms + MINUTE_MS]
                flat = empty_bar(symbol, Period.M1, open_ms, 0, State.PARTIAL)
                yield reduce(with_trade, inside, flat), theirs, candles[symbol][open_ms - MINUTE_MS].close


def test_every_recorded_minute_agrees_once_it_opens_at_the_close_before() -> None:
    seen = list(pairs())
    assert len(seen) == 55
    for ours, theirs, opens_at in seen:
        made, is_equal = confirmed_by(ours, theirs, is_whole=False, opens_at=opens_at)
        assert is_equal, (ours, theirs)
        assert blanked(made._replace(evidence=LACKS)) == theirs
        assert made.evidence == Evidence.CANDLE_ONLY
        assert made[8:12] == ours[8:12]


def test_without_that_price_the_volumes_agree_and_a_fifth_of_the_extremes_do_not() -> None:
    seen = [(ours, theirs) for ours, theirs, _ in pairs()]
    assert sum(ours.volume == theirs.volume for ours, theirs in seen) == 55
    assert sum((ours.high, ours.low) == (theirs.high, theirs.low) for ours, theirs in seen) == 44
