"""Bars in a real PostgreSQL server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.evidence import Evidence
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.position import Position
from klagg_tui.sinks.postgres import PostgresTarget, public_name
from klagg_tui.sinks.surer import replaces
from klagg_tui.storage.sink_log import Part, Portion, SinkLog
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.sinks.test_delivery import OTHER, deliver, opened, stored
from tests.sinks.walk import walk

pytestmark = pytest.mark.xdist_group("postgres")


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()


async def rows(address: str, where: str = "true") -> list[dict[str, Any]]:
    async with connected(address) as connection:
        found = await connection.fetch(
            f"SELECT * FROM klagg_bars WHERE {where} ORDER BY venue, symbol, period, open_time"
        )
    return [dict(row) for row in found]


def as_row(bar: Bar, venue: str = "") -> dict[str, Any]:
    """The bar as the table has it."""

    def known(lack: Evidence, value: object) -> object:
        return None if bar.evidence & lack else value

    return {
        "venue": venue,
        "symbol": bar.symbol,
        "period": bar.period.value,
        "open_ms": bar.open_ms,
        "open": price_as_decimal(bar.open),
        "high": price_as_decimal(bar.high),
        "low": price_as_decimal(bar.low),
        "close": price_as_decimal(bar.close),
        "volume": quantity_as_decimal(bar.volume),
        "turnover": known(Evidence.NO_TURNOVER, turnover_as_decimal(bar.turnover)),
        "trade_count": known(Evidence.NO_COUNT, bar.trade_count),
        "taker_buy_volume": known(Evidence.NO_TAKER_VOLUME, quantity_as_decimal(bar.taker_buy_volume)),
        "taker_buy_turnover": known(Evidence.NO_TAKER_TURNOVER, turnover_as_decimal(bar.taker_buy_turnover)),
        "state": bar.state.label,
        "witness": Evidence(bar.evidence).witness if bar.state is State.CONFIRMED else None,
    }


async def delivered(address: str, where: str = "true") -> list[dict[str, Any]]:
    """All rows, without who brought them."""
    found = await rows(address, where)
    for row in found:
        row["open_ms"] = round(row.pop("open_time").timestamp() * 1000)
        del row["recorder"]
    return found


async def expected(store: Store, venue: str = "", *, has_forming: bool = False) -> list[dict[str, Any]]:
    """All rows that ought to be there."""
    found = [as_row(one, venue) for one in (await stored(store, has_forming=has_forming)).values()]
    return sorted(found, key=lambda row: (row["venue"], row["symbol"], row["period"], row["open_ms"]))


async def same(address: str, store: Store, venue: str = "", *, has_forming: bool = False) -> bool:
    return await delivered(address) == await expected(store, venue, has_forming=has_forming)


async def test_what_is_stored_is_there_to_the_last_digit_and_follows(address: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        exact = bar(START, "0.000000000001", "98765432109876.123456789012", volume="123456789.12345678", trade_count=7)
        lacking = bar(START + MINUTE, state=State.CONFIRMED)._replace(
            evidence=int(Evidence.CANDLE_ONLY | Evidence.NO_COUNT)
        )
        await store.add([exact], [])
        await store.add_confirmed([lacking, *bars(50, START + 2 * MINUTE)])
        delivery = Delivery(log, PostgresTarget(address), at_once=13)
        await deliver(delivery)
        assert await same(address, store)
        assert (await rows(address, "high > 1000"))[0]["high"] == Decimal("98765432109876.123456789012")
        await store.add_confirmed([bars(50, START + 2 * MINUTE)[7]._replace(trade_count=999), *bars(9, symbol=OTHER)])
        while await delivery.step():
            pass
        assert await same(address, store)
        await delivery._target.close()


async def test_bars_that_are_taken_back_go_and_those_deleted_for_their_age_stay(address: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        await store.add_confirmed(bars(30))
        delivery = Delivery(log, PostgresTarget(address))
        await deliver(delivery)
        await store.remove_future(START + 20 * MINUTE)
        while await delivery.step():
            pass
        assert await same(address, store)
        before = await delivered(address)
        assert await store.delete_before(Period.M1, START + 15 * MINUTE) > 0
        await deliver(delivery)
        assert await delivered(address) == before
        await delivery._target.close()


async def test_bars_under_way_come_when_asked_for_and_end(address: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        delivery = Delivery(log, PostgresTarget(address), has_forming=True)
        await store.write(Changes((bar(state=State.FORMING), bar(symbol=OTHER, state=State.FORMING))))
        await deliver(delivery)
        assert await delivered(address) == []
        await delivery.step(is_forming_due=True)
        assert await same(address, store, has_forming=True)
        await store.write(Changes((bar(START + MINUTE, "101", state=State.FORMING),), (bar(),)))
        await delivery.step(is_forming_due=True)
        assert await same(address, store, has_forming=True)
        await delivery._target.close()
        without = Delivery(log, PostgresTarget(address))
        await deliver(without)
        assert await same(address, store)
        await without._target.close()


async def test_several_exchanges_and_names_with_strange_letters(address: str, tmp_path: Path) -> None:
    markets = ("binance-um", "made@http://127.0.0.1:1")
    async with await Store.open(tmp_path / "klagg.db", markets=markets) as store, await SinkLog.open(store.path) as log:
        for name in ("binance-um:BTCUSDT", "made:A\tB\\N", "made:币安", "made:\\."):
            await store.add_confirmed(bars(3, symbol=name))
        target = PostgresTarget(address)
        await deliver(Delivery(log, target))
        found = {(row["venue"], row["symbol"]) for row in await delivered(address)}
        await target.close()
    assert found == {(markets[0], "BTCUSDT"), (markets[1], "A\tB\\N"), (markets[1], "币安"), (markets[1], "\\.")}


async def test_of_two_recorders_the_surer_state_stays(address: str, tmp_path: Path) -> None:
    closed = [one._replace(state=State.CLOSED) for one in bars(20)]
    partial = [one._replace(state=State.PARTIAL, trade_count=1, volume=1) for one in closed]
    async with opened(tmp_path / "one.db") as one, opened(tmp_path / "two.db") as two:
        await one[0].add([*closed[:10], *partial[10:]], [])
        await two[0].add([*partial[:10], *closed[10:]], [])
        first, second = Delivery(one[1], PostgresTarget(address)), Delivery(two[1], PostgresTarget(address))
        await deliver(first)
        await deliver(second)
        minutes = await rows(address, "period = '1m'")
        assert [row["state"] for row in minutes] == ["closed"] * 20
        assert [row["recorder"] for row in minutes] == [1] * 10 + [2] * 10
        await two[0].add_confirmed(bars(20))
        while await second.step():
            pass
        before = await rows(address)
        await one[0].add(bars(5), [])
        await deliver(first)
        assert await rows(address) == before
        await one[0].add_confirmed([bars(20)[3]._replace(trade_count=999)])
        while await first.step():
            pass
        assert (await rows(address, "period = '1m'"))[3]["trade_count"] == 999
        for each in (first, second):
            await each._target.close()


evidences = st.sampled_from([0, *(int(one) for one in Evidence), int(Evidence.NO_COUNT | Evidence.CANDLE_ONLY)])
some_bars = st.builds(
    lambda volume, count, state, evidence: bar(volume=str(volume), trade_count=count, state=state)._replace(
        evidence=evidence if state is State.CONFIRMED else 0
    ),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(State),
    evidences,
)


Delivered = tuple[int, Bar]


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 1), some_bars), min_size=1, max_size=6))
def test_the_servers_rule_is_the_one_that_is_written_down(address: str, given: list[Delivered]) -> None:
    asyncio.run(_check_rule(address, given))


async def _check_rule(address: str, given: list[Delivered]) -> None:
    targets = [PostgresTarget(address), PostgresTarget(address)]
    positions: list[Position | None] = [await targets[0].open("a"), await targets[1].open("b")]
    kept: tuple[int, Bar] | None = None
    try:
        async with connected(address) as connection:
            await connection.execute("DELETE FROM klagg_bars")
        for who, new in given:
            part = Part("", SYMBOL, Period.M1, START, START + MINUTE, False, (new,))
            position, before = Position(str(random.random()), 1, None), positions[who]
            assert await targets[who].put(Portion((part,), 1, None, True, None), position, before and before.token)
            positions[who] = position
            if kept is None or replaces(new, kept[1], is_own=who == kept[0]):
                is_same = kept is not None and as_row(kept[1]) == as_row(new)
                kept = kept[0] if kept and is_same else who, new
            assert await delivered(address) == [as_row(kept[1])]
    finally:
        for target in targets:
            await target.close()


async def test_who_delivers_in_a_name_that_moved_on_writes_nothing(address: str) -> None:
    one, two = PostgresTarget(address), PostgresTarget(address)
    assert await one.open("a") is None
    assert await two.open("a") is None
    part = Part("", SYMBOL, Period.M1, START, START + MINUTE, False, (bar(),))
    assert await one.put(Portion((part,), 1, None, True, None), Position("x", 1, (1, 2, 3)), None)
    assert not await two.put(Portion((part,), 1, None, True, None), Position("y", 1, None), None)
    assert await two.open("a") == Position("x", 1, (1, 2, 3))
    for each in (one, two):
        await each.close()


async def test_tables_of_a_newer_klagg_are_left_alone(address: str) -> None:
    target = PostgresTarget(address)
    await target.open("a")
    async with connected(address) as connection:
        await connection.execute("UPDATE klagg_layout SET version = 99")
    with pytest.raises(SinkError, match="newer klagg"):
        await target.open("a")


async def test_two_that_make_the_tables_together_make_them_once(address: str) -> None:
    targets = [PostgresTarget(address) for _ in range(5)]
    await asyncio.gather(*(target.open(str(number)) for number, target in enumerate(targets)))
    for target in targets:
        await target.close()
    assert await rows(address) == []


async def test_where_timescale_is_there_the_table_is_made_one_of_its_own(address: str) -> None:
    async with connected(address) as connection:
        await connection.execute(
            """CREATE TABLE asked (relation text, name text, length interval);
            CREATE FUNCTION create_hypertable(relation regclass, name name, chunk_time_interval interval) RETURNS void
            LANGUAGE sql AS 'INSERT INTO asked VALUES (relation::text, name, chunk_time_interval)'"""
        )
        target = PostgresTarget(address)
        await target.open("a")
        await target.close()
        assert [tuple(row)[:2] for row in await connection.fetch("SELECT * FROM asked")] == [
            ("klagg_bars", "open_time")
        ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("postgresql://klagg:wrong@127.0.0.1:{port}/postgres", "password"),
        ("postgresql://klagg:se%3Acr%25t@127.0.0.1:{port}/nowhere", "nowhere"),
        ("postgresql://klagg:wrong@127.0.0.1:9/postgres", "127.0.0.1:9"),
        ("postgresql://klagg:wrong@127.0.0.1:{port}/postgres?sslmode=strange", "sslmode"),
        ("postgresql://klagg:wrong@127.0.0.1:{port}/postgres?sslmode=require", "SSL"),
    ],
)
async def test_what_is_wrong_is_one_sentence_without_the_password(address: str, wrong: str, told: str) -> None:
    port = address.rpartition(":")[2].partition("/")[0]
    with pytest.raises(SinkError) as raised:
        await PostgresTarget(wrong.format(port=port)).open("a")
    assert told in str(raised.value)
    assert ":wrong" not in str(raised.value)
    assert str(raised.value).endswith(".")


def test_the_name_is_the_same_whatever_password_and_options() -> None:
    assert public_name("postgres://me:x%40y@host:1/db?sslmode=require") == "postgresql://me@host:1/db"
    assert public_name("postgresql:///db?host=/run") == "postgresql:///run/db"


async def test_a_walk_of_changes_and_cut_lines_ends_equal(address: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = PostgresTarget(address)
        delivery = await walk(store, log, target)
        assert await same(address, store)
        assert not delivery.anew
        await target.close()
