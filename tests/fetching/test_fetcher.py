"""Whole runs against the imitated archive, with each of its faults; what is imported is compared with the simulated truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.fetching.fetcher import fetch
from klagg_tui.fetching.outcome import Progress
from klagg_tui.fetching.parts import ms_of
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.storage.store import Store
from tests.fetching.asking import SPEC, asked, bars, closed, files, sent, truth


async def test_a_month_comes_as_one_file_and_the_rest_as_days_and_every_bar_is_true(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 4, 5))
    seen: list[Progress] = []
    outcome = await fetch(store, request, on_progress=seen.append)
    assert (outcome.files, outcome.held, outcome.failures, outcome.notes) == (5, 0, [], [])
    zips = sorted({served.key for served in exchange.archive.served if served.key.endswith(".zip")})
    assert [key.rpartition("-aggTrades-")[2] for key in zips] == [
        *(f"2024-04-0{day}.zip" for day in range(1, 5)),
        "2024-03.zip",
    ]
    first, after = date(2024, 3, 28), date(2024, 4, 5)
    right = truth(exchange, "BTCUSDT", Period.M1, first, after)
    assert len(right) == 8 * 1440
    assert closed(await bars(store, "BTCUSDT", Period.M1, first, after)) == closed(right)
    assert await store.count("BTCUSDT", Period.M1, ms_of(date(2024, 3, 1)), ms_of(after)) == 35 * 1440
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert seen[-1].rows > 0
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize(
    ("venue", "symbol", "market"),
    [("binance-um", "BTCUSDT", None), ("binance-spot", "BTCUSDT", "spot"), ("binance-coinm", "BTCUSD_PERP", None)],
)
@pytest.mark.parametrize("what", ["aggTrades", "klines"])
async def test_each_market_has_its_own_archive(
    venue: str, symbol: str, market: str | None, what: str, store: Store, tmp_path: Path
) -> None:
    first, after = date(2024, 4, 2), date(2024, 4, 4)
    async with SimulatedExchange(SPEC, venue=venue, speed=0) as exchange:
        periods = (Period.M1, Period.H1) if what == "klines" else ()
        request = asked(exchange, tmp_path, first, after, symbols=(symbol,), what=what, periods=periods, market=market)
        outcome = await fetch(store, request)
        assert (outcome.failures, outcome.bad) == ([], 0)
        assert await store.markets() == (venue,)
        for period in (Period.M1, Period.H1):
            right = truth(exchange, symbol, period, first, after)
            assert closed(await bars(store, symbol, period, first, after)) == closed(right)


async def test_symbols_and_periods_come_in_one_go(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    first, after = date(2024, 3, 1), date(2024, 4, 1)
    wanted = (Period.H4, Period.D1)
    symbols = ("BTCUSDT", "币安人生USDT")
    request = asked(exchange, tmp_path, first, after, symbols=symbols, what="klines", periods=wanted)
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (4, [])
    for symbol in symbols:
        for period in wanted:
            assert await bars(store, symbol, period, first, after) == truth(exchange, symbol, period, first, after)


async def test_nothing_is_made_up_before_the_listing(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    first, after = date(2024, 1, 1), date(2024, 2, 2)
    outcome = await fetch(store, asked(exchange, tmp_path, first, after))
    right = truth(exchange, "BTCUSDT", Period.M1, first, after)
    assert ms_of(date(2024, 1, 30)) < right[0].open_ms < ms_of(after)
    assert closed(await bars(store, "BTCUSDT", Period.M1, first, after)) == closed(right)
    assert (outcome.files, outcome.failures) == (2, [])


async def test_nothing_is_fetched_twice(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    hours = asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 4, 3), what="klines", periods=(Period.H1,))
    trades = asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 3))
    assert [(await fetch(store, request)).files for request in (hours, trades)] == [3, 2]
    exchange.archive.served.clear()
    for request, held in ((hours, 3), (trades, 2)):
        again = await fetch(store, request)
        assert (again.files, again.held, again.bars) == (0, held, 0)
    assert exchange.archive.served == []


async def test_what_bars_of_another_origin_prove_whole_is_not_fetched(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    first, after = date(2024, 4, 2), date(2024, 4, 4)
    await store.claim("binance-um")
    right = truth(exchange, "BTCUSDT", Period.M1, first, after)
    await store.add_confirmed(right[:-1])
    outcome = await fetch(store, asked(exchange, tmp_path, first, after))
    assert (outcome.files, outcome.held) == (1, 1)
    assert sent(exchange, "04-02") == []


async def test_the_bars_of_another_market_prove_nothing(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    first, after = date(2024, 4, 2), date(2024, 4, 3)
    await store.claim("binance-spot")
    await store.add_confirmed(truth(exchange, "BTCUSDT", Period.M1, first, after))
    outcome = await fetch(store, asked(exchange, tmp_path, first, after))
    assert (outcome.files, outcome.held) == (1, 0)
    assert await store.markets() == ("binance-spot", "binance-um")


async def test_what_was_pruned_since_is_fetched_again(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), what="klines")
    await fetch(store, request)
    assert await store.delete_before(Period.M1, ms_of(date(2024, 4, 3)))
    again = await fetch(store, request)
    assert (again.files, again.held) == (1, 1)


async def test_kept_files_lie_as_in_the_archive_and_serve_another_database(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), keeps=True)
    await fetch(store, request)
    assert files(tmp_path / "files") == ["BTCUSDT-aggTrades-2024-04-02.zip", "BTCUSDT-aggTrades-2024-04-03.zip"]
    assert (tmp_path / "files" / request.series[0].key("2024-04-02")).exists()
    exchange.archive.served.clear()
    async with await Store.open(tmp_path / "other.db") as other:
        assert (await fetch(other, request)).files == 2
    assert not [served for served in exchange.archive.served if served.key.endswith(".zip")]


async def test_no_more_files_come_at_once_than_may(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    most = 0

    def look() -> bool:
        nonlocal most
        folder = tmp_path / "files"
        most = max(most, len(files(folder)) if folder.exists() else 0)
        return False

    request = asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 3, 8))._replace(at_once=1)
    outcome = await fetch(store, request, should_stop=look)
    assert (outcome.files, outcome.failures) == (7, [])
    assert 0 < most <= 3, "two ahead, and the one that is read"
