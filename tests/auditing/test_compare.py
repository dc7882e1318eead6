"""Stored bars against the exchange's own."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import AuditProgress, Scope
from klagg_tui.auditing.compare import find_differences
from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.auditing.reference import ReferenceBars
from klagg_tui.auditing.rows import Stretch
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.store import Store
from tests.makers import START, bar

MINUTES = [bar(START + at * MINUTE_MS, "100", symbol="BTCUSDT") for at in range(30)]


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.M1,)) as store:
        await store.add(MINUTES, [])
    return tmp_path / "klagg.db"


def reference_of(bars: Sequence[Bar]) -> ReferenceBars:
    async def reference(_: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        found = [one for one in bars if one.period is period and from_ms <= one.open_ms < to_ms]
        for at in range(0, len(found), 7):
            yield found[at : at + 7]

    return reference


async def compared(path: Path, bars: Sequence[Bar], scope: Scope | None = None) -> list[Finding]:
    return [one async for one in find_differences(path, reference_of(bars), scope or Scope())]


async def test_only_bars_that_both_sides_have_can_differ(path: Path) -> None:
    other = [one._replace(high=one.high * 2) for one in MINUTES[3:5]]
    gone, newer = MINUTES[7:], bar(START + 99 * MINUTE_MS)
    assert [one.from_ms for one in await compared(path, [*other, *gone, newer])] == [one.open_ms for one in other]
    assert await compared(path, []) == []


async def test_a_difference_names_the_fields_with_both_values(path: Path) -> None:
    (finding,) = await compared(path, [MINUTES[2]._replace(trade_count=99)])
    assert (finding.kind, finding.text) == (Kind.DIFFERENCE, "closed, but trade_count 1 instead of 99")


async def test_the_exchanges_bar_under_way_proves_nothing(path: Path) -> None:
    assert await compared(path, [MINUTES[2]._replace(trade_count=99, state=State.FORMING)]) == []


async def test_only_what_was_asked_for_is_compared_and_progress_is_told(path: Path) -> None:
    wrong = [one._replace(trade_count=99) for one in MINUTES]
    seen: list[AuditProgress] = []
    stretch = Stretch(START + 2 * MINUTE_MS, START + 4 * MINUTE_MS)
    scope = Scope(stretch=stretch, on_progress=seen.append)
    assert [one.from_ms for one in await compared(path, wrong, scope)] == [START + at * MINUTE_MS for at in (2, 3)]
    assert [(one.symbol, one.total) for one in seen] == [("BTCUSDT", 1)]
    assert await compared(path, wrong, Scope(symbols=("ETHUSDT",))) == []
    assert await compared(path, wrong, Scope(should_stop=lambda: True)) == []
    assert [one async for one in find_differences(path, reference_of(wrong), Scope(), (Period.M5,))] == []
