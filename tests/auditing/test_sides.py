"""Bars that only the exchange, or only the database, has are told stretch by stretch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import Scope
from klagg_tui.auditing.compare import Known, find_differences
from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.auditing.reference import ArchiveBars
from klagg_tui.auditing.repair import repair
from klagg_tui.auditing.rows import Stretch
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.engine.rollup import roll_up
from klagg_tui.storage.debts import Answer
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.auditing.test_compare import compared, reference_of
from tests.makers import DAY, MINUTE, START, SYMBOL, bars

MINUTES = bars(30)
FIVES = [roll_up(MINUTES[at : at + 5], Period.M5, MINUTES[at].open_ms) for at in range(0, 30, 5)]
THEIRS = [*MINUTES, *FIVES]


def without(*minutes: int) -> list[Bar]:
    return [one for at, one in enumerate(MINUTES) if at not in minutes]


async def stored(
    tmp_path: Path, minutes: Sequence[Bar], *, traded: bool = True, periods: Collection[Period] = (Period.M1,)
) -> Path:
    async with await Store.open(tmp_path / "klagg.db", periods=tuple(periods)) as store:
        await store.add_confirmed(minutes)
        await store.put_symbols([StoredSymbol(SYMBOL, active=traded)])
    return tmp_path / "klagg.db"


def places(findings: Sequence[Finding]) -> list[tuple[Kind, Period | None, int, int]]:
    """Kind, period, from which minute and to which."""
    return [(one.kind, one.period, (one.from_ms - START) // MINUTE, (one.to_ms - START) // MINUTE) for one in findings]


async def test_bars_that_only_the_exchange_has_between_stored_ones_are_one_finding_a_stretch(tmp_path: Path) -> None:
    path = await stored(tmp_path, without(3, 4, 5, 6, 7, 8, 9, 10, 20))
    found = await compared(path, MINUTES)
    assert places(found) == [(Kind.HOLE, Period.M1, 3, 11), (Kind.HOLE, Period.M1, 20, 21)]
    assert [one.text for one in found] == [
        "8 1m bars are missing that the exchange has",
        "a 1m bar is missing that the exchange has",
    ]


async def test_what_it_does_not_have_either_is_not_told(tmp_path: Path) -> None:
    path = await stored(tmp_path, without(3, 4, 5))
    assert places(await compared(path, without(3, 5))) == [(Kind.HOLE, Period.M1, 4, 5)]
    under_way = MINUTES[4]._replace(state=State.FORMING)
    assert await compared(path, [*MINUTES[:3], under_way, *MINUTES[6:]]) == []


async def test_behind_the_last_bar_only_those_of_a_symbol_that_is_no_longer_traded_are_told(tmp_path: Path) -> None:
    path = await stored(tmp_path, MINUTES[:12])
    assert await compared(path, THEIRS) == []
    path = await stored(tmp_path, [], traded=False)
    assert places(await compared(path, MINUTES)) == [(Kind.HOLE, Period.M1, 12, 30)]
    now = Scope(now_ms=START + 15 * MINUTE)
    assert places(await compared(path, MINUTES, now)) == [(Kind.HOLE, Period.M1, 12, 15)]
    asked = Scope(stretch=Stretch(START + 13 * MINUTE, START + 14 * MINUTE))
    assert places(await compared(path, MINUTES, asked)) == [(Kind.HOLE, Period.M1, 13, 14)]
    asked = Scope(stretch=Stretch(None, START + 14 * MINUTE))
    assert places(await compared(path, MINUTES, asked)) == [(Kind.HOLE, Period.M1, 12, 14)]


async def test_a_repair_fetches_them_and_what_was_not_to_be_had_is_had(tmp_path: Path) -> None:
    path = await stored(tmp_path, [*MINUTES[:3], *MINUTES[6:12]], traded=False)
    async with await Store.open(path) as store:
        lacks = [(MINUTES[3].open_ms, MINUTES[5].open_ms), (MINUTES[28].open_ms, START + DAY)]
        await store.settle(Answer(SYMBOL, Period.M1, (), lacks, START))
        await store.settle(Answer(SYMBOL, Period.M5, (), lacks, START))
    await repair(path, await compared(path, MINUTES), reference_of(MINUTES))
    assert await compared(path, MINUTES) == []
    async with await Store.open(path, read_only=True) as store:
        assert [one.open_ms async for one in store.bars(SYMBOL, Period.M1)] == [one.open_ms for one in MINUTES]
        assert {one.period for one in await store.unavailable()} == {Period.M5}


async def test_larger_bars_that_follow_from_missing_smaller_ones_are_not_told_besides(tmp_path: Path) -> None:
    periods = Period.M1, Period.M5
    path = await stored(tmp_path, [*MINUTES[:7], *MINUTES[21:22]], periods=periods)
    found = await compared(path, THEIRS)
    assert (Kind.HOLE, Period.M1, 7, 21) in places(found)
    assert [one for one in found if one.kind is Kind.HOLE and one.period is Period.M5] == []
    assert places(await compared_fives(path)) == [(Kind.HOLE, Period.M5, 10, 20)]


async def compared_fives(path: Path) -> list[Finding]:
    """Where no smaller bars are compared, nothing follows from them."""
    return [one for one in await compared(path, FIVES) if one.kind is Kind.HOLE]


async def test_confirmed_bars_that_the_exchange_does_not_show_between_others_are_told_and_stay(tmp_path: Path) -> None:
    path = await stored(tmp_path, MINUTES)
    theirs = [*MINUTES[2:10], *MINUTES[13:20]]
    found = await compared(path, theirs)
    assert places(found) == [(Kind.EXTRA, Period.M1, 10, 13)]
    assert found[0].text == "3 1m bars are confirmed, but the exchange shows none between others; they stay"
    assert (await repair(path, found, reference_of(theirs))).removed == 0
    assert await compared(path, MINUTES) == []
    assert await compared(path, theirs) == found


async def test_three_day_bars_of_another_grid_are_one_stretch(tmp_path: Path) -> None:
    ours, theirs = (bars(9, START + days * DAY, period=Period.D3) for days in (0, 1))
    path = await stored(tmp_path, ours, periods=(Period.D3,))
    days = 24 * 60
    assert places(await compared(path, theirs)) == [(Kind.HOLE, Period.D3, 1 * days, 25 * days)]


async def test_bars_that_were_not_confirmed_are_not_told(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=(Period.M1,)) as store:
        await store.add(MINUTES, [])
    assert await compared(path, without(3, 4)) == []


async def test_larger_bars_over_them_are_not_told_besides(tmp_path: Path) -> None:
    path = await stored(tmp_path, MINUTES, periods=(Period.M1, Period.M5))
    theirs = [*MINUTES[:8], *MINUTES[22:], *FIVES[:2], *FIVES[4:]]
    assert places(await compared(path, theirs)) == [(Kind.EXTRA, Period.M1, 8, 22)]
    without_minutes = [one for one in theirs if one.period is Period.M5]
    assert places(await compared(path, without_minutes)) == [(Kind.EXTRA, Period.M5, 10, 20)]


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        ({"08": (0, 1, 4, 5)}, [(2, 4)]),
        ({"08": (0, 1), "09": (4, 5)}, []),
        ({"08": (0, 1, "damaged", 4, 5)}, []),
    ],
    ids=["in one file", "between two files", "in a file with a row that cannot be read"],
)
async def test_a_file_shows_what_it_lacks_only_between_its_own_rows(
    tmp_path: Path, files: dict[str, Sequence[int | str]], shown: list[tuple[int, int]]
) -> None:
    path = await stored(tmp_path, MINUTES)
    paths = []
    for day, rows in files.items():
        paths.append(tmp_path / f"{SYMBOL}-1m-2024-08-{day}.csv")
        paths[-1].write_text("".join(map(row, rows)))
    found = [one async for one in find_differences(path, ArchiveBars(paths), Scope())]
    extra = [one for one in places(found) if one[0] is Kind.EXTRA]
    assert extra == [(Kind.EXTRA, Period.M1, *one) for one in shown]


def row(minute: int | str) -> str:
    if isinstance(minute, str):
        return f"{START + 2 * MINUTE},high\n"
    open_ms = START + minute * MINUTE
    return f"{open_ms},1,1,1,1,0,{open_ms + MINUTE - 1},0,0,0,0,0\n"


def hole(from_minute: int, to_minute: int, text: str = "", kind: Kind = Kind.HOLE) -> Finding:
    return Finding(kind, SYMBOL, Period.M1, START + from_minute * MINUTE, START + to_minute * MINUTE, text)


def test_what_an_audit_found_a_comparison_does_not_find_again() -> None:
    known = Known([hole(3, 9, "audit"), hole(20, 22, "audit"), hole(30, 31, "audit", Kind.UNREADABLE)])
    for one in (hole(3, 9), hole(4, 6), hole(20, 25), hole(30, 31), hole(40, 41)):
        known.add(one)
    assert known.findings == [
        hole(3, 9, "audit"),
        hole(30, 31, "audit", Kind.UNREADABLE),
        hole(20, 25),
        hole(40, 41),
    ]
    known.add(hole(30, 31, "differs", Kind.DIFFERENCE))
    assert len(known.findings) == 4
    for _ in range(2):  # two sources show the same
        known.add(hole(30, 35, "extra", Kind.EXTRA))
    assert known.findings[4:] == [hole(30, 35, "extra", Kind.EXTRA)]
