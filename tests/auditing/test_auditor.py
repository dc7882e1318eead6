"""An audit finds what is wrong with a database, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import AuditProgress, Scope, audit
from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.auditing.rows import Stretch
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.errors import StorageError
from klagg_tui.storage.store import Store
from tests.damage import OTHER, TWELVE, Damage, damage, make_sound
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, bars


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    sound = tmp_path / "klagg.db"
    await make_sound(sound)
    return sound


QUIET = START // MINUTE_MS + 3
"""A minute without trades."""


async def found(path: Path, scope: Scope | None = None) -> list[Finding]:
    return [finding async for finding in audit(path, scope)]


def execute(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")  # damage asks nobody
        assert connection.execute(sql).rowcount > 0
    connection.close()


async def test_a_sound_database_is_clean_partial_bars_and_all(path: Path) -> None:
    assert await found(path) == []
    async with await Store.open(path, read_only=True) as store:
        states = {bar.state async for bar in store.bars(OTHER, Period.M1)}
    assert states == {State.PARTIAL, State.CLOSED}


async def test_twelve_damages_are_found_and_nothing_else(path: Path) -> None:
    damage(path, TWELVE)
    assert sorted((one.kind, str(one.period), one.from_ms) for one in await found(path)) == sorted(
        (one.kind, str(one.period), one.at_ms) for one in TWELVE
    )


@pytest.mark.parametrize("one", TWELVE, ids=lambda one: one.name)
async def test_each_damage_is_found_where_it_was_done(path: Path, one: Damage) -> None:
    damage(path, [one])
    (finding,) = await found(path)
    assert (finding.kind, finding.period, finding.symbol) == (one.kind, one.period, SYMBOL)


@pytest.mark.parametrize(
    ("sql", "kind", "text"),
    [
        ("UPDATE history SET state = 1 WHERE symbol = 1 AND period = 0 AND minute % 100 = 0 AND minute % 60 = 0",
         Kind.SPAN, "inside one run"),
        (f"UPDATE history SET open = 1, high = 1, low = 1, close = 1 WHERE symbol = 1 AND period = 0 AND minute = {QUIET}",
         Kind.IMPOSSIBLE, "instead of"),
        ("UPDATE history SET close = 1.5 WHERE symbol = 1 AND period = 13", Kind.UNREADABLE, "whole numbers"),
        ("UPDATE history SET volume = 'much' WHERE symbol = 1 AND period = 13", Kind.UNREADABLE, "whole numbers"),
        ("UPDATE history SET scale = 15 WHERE symbol = 1 AND period = 13", Kind.UNREADABLE, "whole numbers"),
        ("UPDATE history SET minute = 'noon' WHERE symbol = 1 AND period = 13", Kind.UNREADABLE, "'noon'"),
        ("UPDATE history SET low = 0, open = 0 WHERE symbol = 1 AND period = 11", Kind.IMPOSSIBLE, "no price"),
        ("UPDATE history SET volume = 0, taker_buy_volume = 0 WHERE symbol = 1 AND period = 11", Kind.IMPOSSIBLE, "without volume"),
        ("UPDATE history SET trade_count = 0 WHERE symbol = 1 AND period = 11", Kind.IMPOSSIBLE, "without a trade"),
        ("UPDATE history SET period = 77 WHERE symbol = 1 AND period = 13", Kind.UNREADABLE, "period number 77"),
        ("UPDATE history SET symbol = 77 WHERE symbol = 1 AND period = 13", Kind.UNREADABLE, "symbol number 77"),
        ("UPDATE spans SET last_id = first_id - 5 WHERE symbol = 1", Kind.SPAN, "end before"),
        ("INSERT INTO spans (symbol, first_id, last_id, from_ms, to_ms) SELECT 1, 900000, 900001, from_ms, to_ms FROM spans WHERE symbol = 1", Kind.OVERLAP, "overlap"),
    ],
)  # fmt: skip
async def test_other_damages_are_found_too(path: Path, sql: str, kind: Kind, text: str) -> None:
    execute(path, sql)
    findings = await found(path)
    assert [finding.kind for finding in findings] == [kind]
    assert text in findings[0].text


async def test_a_closed_bar_over_a_partial_one_is_found(path: Path) -> None:
    execute(path, "DELETE FROM spans WHERE symbol = 1")
    execute(path, f"UPDATE history SET state = 1 WHERE symbol = 1 AND period = 0 AND minute = {START // MINUTE_MS}")
    (finding,) = await found(path)
    assert (finding.kind, finding.period, finding.text) == (
        Kind.STATE,
        Period.M5,
        "closed, but a 1m bar in it is partial",
    )


async def test_time_without_recording_is_one_hole_not_one_in_every_period(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        for from_ms in (START, START + DAY):
            await store.add_confirmed(bars(120, from_ms))
    (hole,) = await found(path)
    assert (hole.kind, hole.period, hole.from_ms, hole.to_ms) == (Kind.HOLE, Period.M1, START + 2 * HOUR, START + DAY)
    assert hole.text == "1,320 1m bars are missing"


async def test_bars_without_their_old_children_are_sound(path: Path) -> None:
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        assert await store.delete_before(Period.M1, START + HOUR)
    assert await found(path) == []


async def test_a_missing_larger_bar_over_smaller_ones_is_a_hole(path: Path) -> None:
    minute = (START + HOUR) // MINUTE_MS
    execute(path, f"DELETE FROM history WHERE symbol = 1 AND period = {Period.M30.ordinal} AND minute = {minute}")
    (hole,) = await found(path)
    assert (hole.kind, hole.period, hole.from_ms) == (Kind.HOLE, Period.M30, START + HOUR)


async def test_only_what_was_asked_for_is_looked_at(path: Path) -> None:
    damage(path, TWELVE)
    assert await found(path, Scope({OTHER})) == []
    stretch = Stretch(START + 18 * MINUTE, START + 35 * MINUTE)
    kinds = [finding.kind for finding in await found(path, Scope({SYMBOL}, stretch))]
    assert kinds == [Kind.OVERLAP, Kind.IMPOSSIBLE, Kind.IMPOSSIBLE]


async def test_the_current_bar_is_looked_at_and_stands_at_the_end_of_its_series(path: Path) -> None:
    copy = "INSERT INTO forming SELECT symbol, period, minute + {}, 0, scale, open, {}, low, close, volume, turnover, "
    copy += "trade_count, taker_buy_volume, taker_buy_turnover FROM history WHERE symbol = 1 AND period = 0 ORDER BY minute DESC LIMIT 1"
    execute(path, copy.format(1, "high"))
    assert await found(path) == []
    execute(path, "UPDATE forming SET minute = minute + 5")
    (hole,) = await found(path)
    assert (hole.kind, hole.text) == (Kind.HOLE, "5 1m bars are missing")
    execute(path, "UPDATE forming SET minute = minute - 5, high = low - 1")
    assert [finding.kind for finding in await found(path)] == [Kind.IMPOSSIBLE]
    execute(path, "UPDATE forming SET high = 'x'")
    assert [finding.kind for finding in await found(path)] == [Kind.UNREADABLE]


async def test_an_audit_tells_how_far_it_is_and_stops_when_asked(path: Path) -> None:
    seen: list[AuditProgress] = []
    await found(path, Scope(on_progress=seen.append))
    assert [(one.symbol, one.done, one.total) for one in seen] == [
        (SYMBOL, 0, 2),
        (OTHER, 1, 2),
        ("all symbols", 2, 2),
    ]
    damage(path, TWELVE)
    assert await found(path, Scope(should_stop=lambda: True)) == []


async def test_an_audit_of_no_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no database"):
        await found(tmp_path / "none.db")


async def test_a_finding_is_plain_values_for_programs(path: Path) -> None:
    damage(path, [one for one in TWELVE if one.kind is Kind.ROLL_UP])
    (finding,) = await found(path)
    seen = finding.as_json()
    (difference,) = seen["differences"]
    assert (seen["kind"], seen["period"], seen["from"]) == ("roll-up", "30m", START + 90 * MINUTE)
    assert (difference["column"], difference["field"]) == ("count", "trade_count")
    assert int(difference["ours"]) == int(difference["theirs"]) + 1


async def test_an_audit_runs_beside_a_writer(path: Path) -> None:
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        findings = audit(path)
        await store.add_confirmed(bars(300, START, symbol="XRPUSDT"))
        assert [finding async for finding in findings] == []


async def test_bars_of_the_future_and_bars_that_are_whole_before_their_end_are_impossible(path: Path) -> None:
    async with await Store.open(path, read_only=True) as store:
        minutes = [bar async for bar in store.bars(OTHER, Period.M1)]
    now_ms = minutes[-10].open_ms + 30_000
    findings = await found(path, Scope({OTHER}, now_ms=now_ms))
    assert {finding.kind for finding in findings} == {Kind.IMPOSSIBLE}
    ones = [finding for finding in findings if finding.period is Period.M1 and finding.orphans]
    assert [finding.from_ms for finding in ones if finding.text == "it opens in the future"][:9] == [
        bar.open_ms for bar in minutes[-9:]
    ]
    assert not [finding for finding in findings if finding.to_ms <= now_ms]
    assert any(finding.text == "closed before its end" for finding in findings)


async def test_bars_that_end_while_an_audit_goes_on_are_not_of_the_future(path: Path) -> None:
    async with await Store.open(path, read_only=True) as store:
        now_ms = [bar async for bar in store.bars(OTHER, Period.M1)][-10].open_ms
    assert await found(path, Scope({OTHER}, now_ms=now_ms, passed_ms=lambda: 9 * DAY)) == []


async def test_before_the_time_of_an_audit_nothing_is_of_the_future(path: Path) -> None:
    assert await found(path, Scope(now_ms=START + 9 * DAY)) == []


async def test_a_count_that_became_a_float_beside_values_kept_as_texts_is_found(path: Path) -> None:
    """Thirteenth bit of the scale: some value is a text, so all are read as texts are."""
    execute(
        path,
        f"UPDATE history SET scale = scale | 1 << 13, trade_count = 1e23 WHERE period = 0 AND minute = {QUIET + 1} "
        "AND symbol = (SELECT id FROM symbols WHERE name = 'BTCUSDT')",
    )
    assert (Kind.UNREADABLE, "its values are no whole numbers") in {(one.kind, one.text) for one in await found(path)}
