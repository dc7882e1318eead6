"""What an audit found is put right with the exchange's own bars."""

from __future__ import annotations

import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import Scope, audit
from klagg_tui.auditing.compare import find_differences
from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.auditing.reference import ArchiveBars, ReferenceBars
from klagg_tui.auditing.repair import needs, repair
from klagg_tui.commands.audit.exchanges import exchange_bars
from klagg_tui.engine.bar import State, empty_bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exchange import registry
from klagg_tui.exchange.binance.rest import RestClient
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exporting.formats import csv
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.text import TextLines
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.auditing.test_auditor import execute, found
from tests.damage import HOURS, TWELVE, damage, make_sound
from tests.makers import HOUR, MINUTE, START, SYMBOL

SPEC = MarketSpec(symbols=3, start_ms=START, activity=5.0, history_days=20)


@pytest.fixture
async def theirs() -> AsyncIterator[ReferenceBars]:
    """The simulated exchange's bars, some hours after `START`."""
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        exchange.jump(6 * HOUR)
        clock = ExchangeClock(time.time() * 1000, time.monotonic() * 1000)
        async with RestClient(exchange.rest_url, clock) as rest:
            await rest.sync()
            yield exchange_bars(rest, registry.venue())


@pytest.fixture
async def path(tmp_path: Path, theirs: ReferenceBars) -> Path:
    """A database with that exchange's bars of four hours, and a span as if they were made of trades."""
    made = tmp_path / "klagg.db"
    async with await Store.open(made, periods=DEFAULT_PERIODS) as store:
        async for batch in theirs(SYMBOL, Period.M1, START, START + HOURS * HOUR):
            await store.add_confirmed(batch)
    execute(
        made,
        f"INSERT INTO spans (symbol, first_id, last_id, from_ms, to_ms) VALUES (1, 1000, 2000, {START}, {START + HOURS * HOUR})",
    )
    return made


async def compared(path: Path, theirs: ReferenceBars, periods: tuple[Period, ...] | None = None) -> list[Finding]:
    return [finding async for finding in find_differences(path, theirs, Scope(), periods)]


async def test_a_database_damaged_in_twelve_ways_is_clean_after_a_repair(path: Path, theirs: ReferenceBars) -> None:
    assert await found(path) == []
    damage(path, TWELVE)
    findings = await found(path)
    assert len(findings) == 12
    outcome = await repair(path, findings, theirs)
    assert await found(path) == []
    assert await compared(path, theirs, (Period.M1, Period.M5, Period.M30)) == []
    assert (outcome.removed, outcome.spans) == (2, 1)


async def test_a_repaired_bar_is_the_exchanges_to_the_last_digit(path: Path, theirs: ReferenceBars) -> None:
    async with await Store.open(path, read_only=True) as store:
        before = [bar async for bar in store.bars(SYMBOL, Period.M1)]
    damage(path, TWELVE)
    await repair(path, await found(path), theirs)
    async with await Store.open(path, read_only=True) as store:
        after = [bar async for bar in store.bars(SYMBOL, Period.M1)]
    assert after == before


async def test_a_wrong_bar_that_contradicts_nothing_is_found_beside_the_exchanges(
    path: Path, theirs: ReferenceBars
) -> None:
    execute(path, f"UPDATE history SET trade_count = trade_count + 1 WHERE minute = {(START + 5 * MINUTE) // MINUTE}")
    assert {finding.kind for finding in await found(path)} == {Kind.ROLL_UP}
    (finding,) = await compared(path, theirs, (Period.M1,))
    assert (finding.kind, finding.period, finding.from_ms) == (Kind.DIFFERENCE, Period.M1, START + 5 * MINUTE)
    (difference,) = finding.differences
    assert difference.field == "trade_count"
    assert int(difference.ours) == int(difference.theirs) + 1
    await repair(path, [finding, *await found(path)], theirs)
    assert await found(path) == await compared(path, theirs, (Period.M1, Period.M5)) == []


async def test_archives_are_read_for_what_they_have(path: Path, theirs: ReferenceBars, tmp_path: Path) -> None:
    archive = tmp_path / f"{SYMBOL}-1m-2024-08-08.zip"
    series = Series(SYMBOL, Period.M1, Precision(2, 3))
    lines = TextLines(series, csv.line(series))
    async with await Store.open(path, read_only=True) as store:
        rows = [lines.line(bar) async for bar in store.bars(SYMBOL, Period.M1, to_ms=START + 3 * HOUR)]
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(archive.with_suffix(".csv").name, "".join(rows))
    files = ArchiveBars([archive])
    assert await compared(path, files) == []
    execute(
        path, f"UPDATE history SET high = high + 1 WHERE period = 0 AND minute >= {(START + 170 * MINUTE) // MINUTE}"
    )
    differences = await compared(path, files)
    assert [finding.from_ms for finding in differences] == [START + minute * MINUTE for minute in range(170, 180)]
    assert differences[0].text.startswith("confirmed, but high ")
    await repair(path, differences, files)
    assert await compared(path, files) == []


async def test_partial_bars_differ_and_become_the_exchanges(tmp_path: Path, theirs: ReferenceBars) -> None:
    path = tmp_path / "klagg.db"
    await make_sound(path)
    differences = await compared(path, theirs, (Period.M1,))
    assert differences
    await repair(path, differences, theirs)
    assert await compared(path, theirs, (Period.M1,)) == []
    async with await Store.open(path, read_only=True) as store:
        assert {bar.state async for bar in store.bars(SYMBOL, Period.M1)} <= {State.CLOSED, State.CONFIRMED}


def test_stretches_that_touch_are_asked_for_at_once() -> None:
    findings = [
        Finding(Kind.HOLE, SYMBOL, Period.M1, START + at * MINUTE, START + (at + 1) * MINUTE, "") for at in (3, 1, 2, 7)
    ]
    assert [(need.from_ms, need.to_ms) for need in needs(findings)] == [
        (START + MINUTE, START + 4 * MINUTE),
        (START + 7 * MINUTE, START + 8 * MINUTE),
    ]


async def test_a_current_bar_that_is_none_goes(path: Path, theirs: ReferenceBars) -> None:
    execute(path, "INSERT INTO forming SELECT symbol, period, minute + 1, 0, scale, 'x', high, low, close, volume, "
            "turnover, trade_count, taker_buy_volume, taker_buy_turnover FROM history WHERE period = 0 "
            "ORDER BY minute DESC LIMIT 1")  # fmt: skip
    findings = await found(path)
    assert [finding.kind for finding in findings] == [Kind.UNREADABLE]
    await repair(path, findings, theirs)
    assert await found(path) == []


async def test_spans_that_touch_are_joined_and_false_ones_given_up(path: Path, theirs: ReferenceBars) -> None:
    execute(path, f"INSERT INTO spans (symbol, first_id, last_id, from_ms, to_ms) VALUES (1, 2001, 2010, {START + HOURS * HOUR}, {START + HOURS * HOUR + MINUTE}), "
            f"(1, 5000, 4000, {START}, {START})")  # fmt: skip
    await repair(path, await found(path), theirs)
    async with await Store.open(path, read_only=True) as store:
        (span,) = await store.spans(SYMBOL)
    assert (span.first_id, span.last_id, span.to_ms) == (1000, 2010, START + HOURS * HOUR + MINUTE)


async def test_bars_of_the_future_are_gone_after_a_repair(path: Path, theirs: ReferenceBars) -> None:
    scope = Scope(now_ms=START + HOURS * HOUR + 30_000)
    assert [one async for one in audit(path, scope) if one.period is Period.M1] == []
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        await store.add([empty_bar(SYMBOL, Period.M1, START + (HOURS + 24) * HOUR, 7, State.CLOSED)], [])
    await repair(path, [one async for one in audit(path, scope)], theirs)
    assert [one async for one in audit(path, scope)] == []
