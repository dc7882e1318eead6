"""Smaller bars that are missing behind the last one are found where a larger bar knows more, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import Scope
from klagg_tui.auditing.findings import Kind
from klagg_tui.auditing.repair import repair
from klagg_tui.auditing.rows import Stretch
from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.engine.rollup import roll_up
from klagg_tui.storage.debts import Answer
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.auditing.test_auditor import execute, found
from tests.auditing.test_compare import reference_of
from tests.makers import MINUTE, START, SYMBOL, bar, bars

PERIODS = (Period.M1, Period.M5, Period.M30)
TRUTH = bars(30)
"""What the exchange has: half an hour."""


def at(minute: int) -> int:
    return START + minute * MINUTE


def larger(period: Period, minute: int) -> Bar:
    """The exchange's own larger bar that opens in that minute."""
    first = minute, minute + period.nominal_ms // MINUTE
    return roll_up(TRUTH[slice(*first)], period, START + minute * MINUTE)


async def stored(
    tmp_path: Path, minutes: Sequence[Bar], larger_bars: Sequence[Bar], periods: tuple[Period, ...] = PERIODS
) -> Path:
    async with await Store.open(tmp_path / "klagg.db", periods=periods) as store:
        await store.add_confirmed(minutes)
        await store.add_confirmed(larger_bars)
    return tmp_path / "klagg.db"


async def holes(path: Path, scope: Scope | None = None) -> list[tuple[Period | None, int, int]]:
    """From which minute to which, all findings being holes."""
    findings = await found(path, scope)
    assert {finding.kind for finding in findings} <= {Kind.HOLE}
    return [(one.period, (one.from_ms - START) // MINUTE, (one.to_ms - START) // MINUTE) for one in findings]


async def test_minutes_whose_trades_only_the_larger_bar_over_the_end_has_are_missing(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[:12], [larger(Period.M5, 10)])
    (finding,) = await found(path)
    assert (finding.kind, finding.symbol, finding.period) == (Kind.HOLE, SYMBOL, Period.M1)
    assert (finding.from_ms, finding.to_ms) == (at(12), at(15))
    more = sum(one.trade_count for one in TRUTH[12:15])
    assert finding.text == f"3 1m bars are missing at the end: the 5m bar there has {more} trades that no 1m bar has"


async def test_larger_bars_that_reach_on_behind_the_last_minute_are_one_finding(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[:5], [larger(Period.M5, 10), larger(Period.M5, 5), larger(Period.M30, 0)])
    (finding,) = await found(path)
    assert (finding.kind, finding.period, finding.from_ms, finding.to_ms) == (Kind.HOLE, Period.M1, at(5), at(30))
    assert finding.text.startswith("25 1m bars are missing at the end: ")


async def test_smaller_bars_of_any_period_are_missed(tmp_path: Path) -> None:
    path = await stored(tmp_path, [], [larger(Period.M5, 0), larger(Period.M5, 5), larger(Period.M30, 0)], PERIODS)
    assert await holes(path) == [(Period.M5, 10, 30)]


async def test_a_repair_asks_for_them(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[:12], [larger(Period.M5, 10), larger(Period.M30, 0)])
    await repair(path, await found(path), reference_of(TRUTH))
    assert await found(path) == []
    async with await Store.open(path, read_only=True) as store:
        assert [one.open_ms async for one in store.bars(SYMBOL, Period.M1)] == [one.open_ms for one in TRUTH]


async def test_a_last_minute_that_lacks_trades_itself_is_asked_for_too(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=PERIODS) as store:
        await store.add([*TRUTH[:11], TRUTH[11]._replace(trade_count=1, state=State.PARTIAL)], [])
        await store.add_confirmed([larger(Period.M5, 10)])
    assert await holes(path) == [(Period.M1, 11, 15)]
    assert (await found(path))[0].text.startswith("4 1m bars are missing or partial at the end: ")
    await repair(path, await found(path), reference_of(TRUTH))
    assert await found(path) == []


async def test_where_another_minute_lacks_trades_the_larger_bar_is_told(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=PERIODS) as store:
        await store.add([*TRUTH[:10], TRUTH[10]._replace(trade_count=1, state=State.PARTIAL), TRUTH[11]], [])
        await store.add_confirmed([larger(Period.M5, 10), larger(Period.M30, 0)])
    (finding,) = await found(path)
    assert (finding.kind, finding.period, finding.from_ms) == (Kind.ROLL_UP, Period.M5, at(10))
    await repair(path, await found(path), reference_of(TRUTH))
    await repair(path, await found(path), reference_of(TRUTH))
    assert await found(path) == []


async def test_a_symbol_that_left_in_the_middle_of_a_larger_bar_lacks_nothing(tmp_path: Path) -> None:
    whole = roll_up(TRUTH[10:12], Period.M5, at(10))
    assert await found(await stored(tmp_path, TRUTH[:12], [whole])) == []


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (larger(Period.M5, 5), State.PARTIAL),
        (empty_bar(SYMBOL, Period.M5, at(5), TRUTH[4].close, State.CLOSED), State.CLOSED),
    ],
    ids=["partial", "made by the clock"],
)
async def test_larger_bars_that_know_nothing_are_no_proof(tmp_path: Path, known: Bar, state: State) -> None:
    path = await stored(tmp_path, TRUTH[:5], [known])
    assert await holes(path) == [(Period.M1, 5, 10)]
    execute(
        path, f"UPDATE history SET state = {state} WHERE period = {Period.M5.ordinal} AND minute = {at(5) // MINUTE}"
    )
    assert await found(path) == []


async def test_the_larger_bar_under_way_is_no_proof(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[:12], [])
    execute(
        path, f"DELETE FROM history WHERE period > 0 AND minute >= {at(10) // MINUTE} OR period = {Period.M30.ordinal}"
    )
    async with await Store.open(path, periods=PERIODS) as store:
        await store.write(Changes((larger(Period.M5, 10)._replace(state=State.FORMING),)))
    assert await found(path) == []


async def test_minutes_that_were_deleted_or_never_fetched_at_the_beginning_are_not_missed(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[15:30], [larger(Period.M5, minute) for minute in (0, 5, 10)])
    assert await found(path) == []
    # A larger bar over the beginning has more trades too.
    path = await stored(tmp_path, TRUTH[17:22], [larger(Period.M30, 0)])
    assert await found(path) == []


async def test_with_minutes_missing_in_between_those_are_the_cause(tmp_path: Path) -> None:
    path = await stored(tmp_path, [*TRUTH[:10], TRUTH[11]], [larger(Period.M5, 10)])
    assert await holes(path) == [(Period.M1, 10, 11)]


async def test_the_first_minute_of_a_listing_begins_the_larger_bar(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[2:4], [roll_up(TRUTH[2:5], Period.M5, START)], (Period.M1, Period.M5))
    assert await found(path) == []
    async with await Store.open(path) as store:
        await store.put_symbols([StoredSymbol(SYMBOL, first_open_ms=at(2))])
    assert await holes(path) == [(Period.M1, 4, 5)]


async def lack(path: Path, period: Period, from_minute: int, to_minute: int) -> None:
    async with await Store.open(path, periods=PERIODS) as store:
        await store.settle(Answer(SYMBOL, period, (), [(at(from_minute), at(to_minute))], at(99)))


async def test_what_the_exchange_does_not_have_is_no_finding(tmp_path: Path) -> None:
    path = await stored(tmp_path, [*TRUTH[:2], *TRUTH[6:12]], [larger(Period.M5, 10)])
    assert await holes(path) == [(Period.M1, 2, 6), (Period.M1, 12, 15)]
    await lack(path, Period.M1, 3, 6)
    await lack(path, Period.M1, 13, 14)
    assert await holes(path) == [(Period.M1, 2, 3), (Period.M1, 12, 13), (Period.M1, 14, 15)]
    await lack(path, Period.M1, 2, 3)
    await lack(path, Period.M1, 12, 15)
    assert await holes(path) == []


async def test_only_what_was_asked_for_is_told(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[:5], [larger(Period.M5, 5), larger(Period.M5, 10)])
    assert await holes(path, Scope(stretch=Stretch(at(7), at(12)))) == [(Period.M1, 7, 12)]
    assert await holes(path, Scope(stretch=Stretch(None, at(5)))) == []


async def test_a_larger_bar_that_is_wrong_proves_nothing(tmp_path: Path) -> None:
    path = await stored(tmp_path, TRUTH[:5], [bar(at(5), period=Period.M5)])
    execute(
        path, f"UPDATE history SET high = low - 1 WHERE period = {Period.M5.ordinal} AND minute = {at(5) // MINUTE}"
    )
    assert [finding.kind for finding in await found(path)] == [Kind.IMPOSSIBLE]
