"""Several venues, and bars of which not everything is known, in an audit."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import Scope, audit
from klagg_tui.auditing.compare import find_differences
from klagg_tui.auditing.findings import Kind
from klagg_tui.auditing.reference import ReferenceBars
from klagg_tui.auditing.repair import repair
from klagg_tui.engine.bar import Bar, State, blanked
from klagg_tui.engine.parsing import price
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.storage.store import Store
from tests.filed import listed
from tests.makers import MINUTE, START, SYMBOL, bars

UM, OKX = "binance-um", "okx-swap"
THEIRS = f"{OKX}:{SYMBOL}"
LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER


def candles(made: Sequence[Bar]) -> list[Bar]:
    """The same bars with prices and volume alone."""
    return [blanked(bar._replace(evidence=LACKS, state=State.CONFIRMED)) for bar in made]


async def two(path: Path) -> list[Bar]:
    """A file with an hour of two venues, of one of which the exchange's bars have no sums; returns the latter."""
    async with await Store.open(path, markets=(UM, OKX)) as store:
        await store.add_confirmed(bars(60, symbol=f"{UM}:{SYMBOL}"))
        await store.add(bars(30, symbol=THEIRS), [])
        await store.add_confirmed(candles(bars(60, symbol=THEIRS)))
    return candles(bars(60))


def answering(shown: Sequence[Bar], name: str = THEIRS) -> ReferenceBars:
    """An exchange that has the bars of one venue."""

    async def asked(symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        named = [bar._replace(symbol=name) for bar in shown]
        yield [bar for bar in named if bar.series == (symbol, period) and from_ms <= bar.open_ms < to_ms]

    return asked


async def test_a_file_of_two_venues_with_unknown_fields_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    shown = await two(path)
    assert [finding async for finding in audit(path)] == []
    reference = answering(shown)
    assert [finding async for finding in find_differences(path, reference, Scope())] == []


async def test_a_difference_names_the_venue_and_is_put_right_there(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    shown = await two(path)
    shown[3] = shown[3]._replace(close=price("101.5"))
    reference = answering(shown)
    found = [finding async for finding in find_differences(path, reference, Scope())]
    assert [(one.kind, one.symbol, one.from_ms) for one in found] == [(Kind.DIFFERENCE, THEIRS, START + 3 * MINUTE)]
    assert (await repair(path, found, reference)).bars == 1
    async with await Store.open(path, read_only=True) as store:
        assert (await listed(store, symbol=THEIRS))[3].close == price("101.5")
        assert (await listed(store, symbol=f"{UM}:{SYMBOL}"))[3] == bars(60, symbol=f"{UM}:{SYMBOL}")[3]._replace(
            state=State.CONFIRMED
        )


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (
            "UPDATE history SET scale = scale & 16383 | (1 << 14) WHERE minute = ? AND symbol = 1 AND period = 0",
            "has a value",
        ),
        (
            "UPDATE history SET scale = scale & 16383 | (32 << 14) WHERE minute = ? AND symbol = 1 AND period = 0",
            "is none",
        ),
        (
            "UPDATE history SET scale = scale - (16 << 14) WHERE minute = ? + 40 AND symbol = 2 AND period = 0",
            "its ids",
        ),
    ],
    ids=["value", "bits", "witness"],
)
async def test_evidence_that_contradicts_itself_is_found(tmp_path: Path, sql: str, text: str) -> None:
    path = tmp_path / "klagg.db"
    await two(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        numbers = dict(connection.execute("SELECT venue, id FROM symbols"))
        assert numbers == {1: 1, 2: 2}
        assert connection.execute(sql, (START // MINUTE + 3,)).rowcount == 1
    assert [(one.kind, text in one.text) async for one in audit(path)] == [(Kind.STATE, True)]


async def test_a_venue_that_opens_at_the_close_before_is_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    made = bars(5)
    async with await Store.open(path, market=OKX) as store:
        await store.add(made, [])
    shown = candles(made)
    for at in range(1, 5):
        before = made[at - 1].close
        shown[at] = shown[at]._replace(open=before, high=max(made[at].high, before), low=min(made[at].low, before))
    asked = answering(shown, SYMBOL)
    told = find_differences(path, asked, Scope(), previous_close=(OKX,))
    assert [finding async for finding in told] == []
    found = [finding async for finding in find_differences(path, asked, Scope())]
    assert {finding.kind for finding in found} == {Kind.DIFFERENCE}
    await repair(path, found, asked, previous_close=(OKX,))
    async with await Store.open(path, read_only=True) as store:
        assert [bar.trade_count for bar in await listed(store)] == [bar.trade_count for bar in made]
