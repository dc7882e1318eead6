"""A sound database of real engine's making, and twelve ways to damage it behind klagg's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from klagg_tui.auditing.findings import Kind
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, QuietUntil, SeedBars
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.storage.store import Store
from tests.makers import HOUR, MINUTE, START, SYMBOL, trades

OTHER = "ETHUSDT"
HOURS = 4


def market(symbol: str = SYMBOL, hours: int = HOURS) -> list[AggTrade]:
    """Some trades a minute, none in every seventh minute."""
    times = [
        START + minute * MINUTE + second * 1000
        for minute in range(hours * 60)
        if minute % 7 != 3
        for second in (1, 20, 41)
    ]
    return trades(times, symbol=symbol)


async def store_trades(store: Store, told: Sequence[AggTrade], to_ms: int, *, is_whole: bool = True) -> None:
    """Put trades into the store as an import does; `is_whole`: nothing was traded before the first and after the last."""
    engine = KlineEngine((Period.M1,), holds_gaps=False)
    reader = engine.reader()
    symbol = told[0].symbol
    engine.handle(AddSymbol(symbol, 0))
    if is_whole:
        engine.handle(SeedBars(symbol, START, (), None, None, known_from_ms=START))
    for trade in told:
        engine.handle(trade)
    engine.handle(QuietUntil(symbol, to_ms))
    drained = engine.drain(reader)
    await store.add([*drained.ended, *(bar for bar in drained.current if bar.is_traded)], drained.spans)


async def make_sound(path: Path) -> None:
    """Two symbols; the second one lost its connection for a moment, and its trades begin and end in a minute's middle."""
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        await store_trades(store, market(), START + HOURS * HOUR)
        torn = market(OTHER, hours=1)
        del torn[60:62]
        await store_trades(store, torn[1:], torn[-1].traded_ms, is_whole=False)


class Damage(NamedTuple):
    """One way to damage a database, and what must be found of it."""

    name: str
    sql: str
    kind: Kind
    period: Period | None
    at_ms: int


def _at(minute: int) -> int:
    return START + minute * MINUTE


def _where(minute: int, period: Period = Period.M1) -> str:
    return f"WHERE symbol = 1 AND period = {period.ordinal} AND minute = {_at(minute) // MINUTE}"


def _set(change: str, minute: int, period: Period = Period.M1) -> str:
    return f"UPDATE history SET {change} {_where(minute, period)}"


_OFF_GRID = f"INSERT INTO history SELECT symbol, period, minute + 3, {{}} FROM history {_where(80, Period.M5)}".format(
    "state, scale, open, high, low, close, volume, turnover, trade_count, taker_buy_volume, taker_buy_turnover"
)
_SPAN = "INSERT INTO spans (symbol, first_id, last_id, from_ms, to_ms) SELECT symbol, last_id - 1, last_id + 20, to_ms, to_ms + 1 FROM spans WHERE symbol = 1"

TWELVE = (
    Damage("a deleted bar", f"DELETE FROM history {_where(9)}", Kind.HOLE, Period.M1, _at(9)),
    Damage("high below low", _set("high = low - 1", 20), Kind.IMPOSSIBLE, Period.M1, _at(20)),
    Damage("open outside", _set("open = high + 1", 30), Kind.IMPOSSIBLE, Period.M1, _at(30)),
    Damage("close outside", _set("close = low - 1", 40, Period.M5), Kind.IMPOSSIBLE, Period.M5, _at(40)),
    Damage("a negative sum", _set("trade_count = -1", 50), Kind.IMPOSSIBLE, Period.M1, _at(50)),
    Damage("takers above all", _set("taker_buy_volume = volume + 1", 60), Kind.IMPOSSIBLE, Period.M1, _at(60)),
    Damage("volume for nothing", _set("turnover = 0, taker_buy_turnover = 0", 70), Kind.IMPOSSIBLE, Period.M1, _at(70)),
    Damage("a bar off the grid", _OFF_GRID, Kind.OFF_GRID, Period.M5, _at(83)),
    Damage("a wrong roll-up", _set("trade_count = trade_count + 1", 90, Period.M30), Kind.ROLL_UP, Period.M30, _at(90)),
    Damage("an overlap", _SPAN, Kind.OVERLAP, None, _at(HOURS * 60)),
    Damage("no such state", _set("state = 9", 120), Kind.UNREADABLE, Period.M1, _at(120)),
    Damage("forming for ever", _set("state = 0", 131), Kind.STATE, Period.M1, _at(131)),
)


def damage(path: Path, damages: Sequence[Damage]) -> None:
    """Do it."""
    with sqlite3.connect(path) as connection:
        for one in damages:
            assert connection.execute(one.sql).rowcount == 1, one.name
    connection.close()
