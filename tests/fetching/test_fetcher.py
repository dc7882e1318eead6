"""Whole runs against the imitated archive, with each of its faults; what is imported is compared with the simulated truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadUsage, UnknownSymbol, Unreachable
from klagg_tui.fetching.fetcher import fetch
from klagg_tui.fetching.outcome import Fetched, Progress
from klagg_tui.fetching.parts import ms_of
from klagg_tui.fetching.remote import Addresses
from klagg_tui.fetching.request import Request, series_of
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.feeds import until

START_MS = int(datetime(2024, 4, 10, 12, tzinfo=UTC).timestamp()) * 1000
SPEC = MarketSpec(symbols=4, seed=3, activity=4, history_days=70, start_ms=START_MS)


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        yield exchange


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as store:
        yield store


def _asked(
    exchange: SimulatedExchange,
    folder: Path,
    first: date,
    after: date,
    *,
    symbols: tuple[str, ...] = ("BTCUSDT",),
    what: str = "aggTrades",
    periods: tuple[Period, ...] = (),
    market: str | None = None,
    keeps: bool = False,
) -> Request:
    series, addresses = series_of(symbols, what, periods, market), Addresses.of(exchange.rest_url)
    return Request(series, first, after, folder / "files", addresses, keeps=keeps, pause_s=0.001)


async def _bars(store: Store, symbol: str, period: Period, first: date, after: date) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period, ms_of(first), ms_of(after))]


def _truth(exchange: SimulatedExchange, symbol: str, period: Period, first: date, after: date) -> list[Bar]:
    return list(exchange.bars(symbol, period, ms_of(first), ms_of(after)))


def _closed(bars: list[Bar]) -> list[tuple[object, ...]]:
    """Without what says how they became known."""
    assert all(bar.state in {State.CLOSED, State.CONFIRMED} for bar in bars)
    return [bar[:12] for bar in bars]


def _sent(exchange: SimulatedExchange, part: str) -> list[tuple[int, int]]:
    """First byte and number of bytes of each answer with a zip of that name."""
    return [
        (served.first, served.sent)
        for served in exchange.archive.served
        if part in served.key and served.key.endswith(".zip")
    ]


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_month_comes_as_one_file_and_the_rest_as_days_and_every_bar_is_true(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 4, 5))
    seen: list[Progress] = []
    outcome = await fetch(store, request, on_progress=seen.append)
    assert (outcome.files, outcome.held, outcome.failures, outcome.notes) == (5, 0, [], [])
    zips = sorted({served.key for served in exchange.archive.served if served.key.endswith(".zip")})
    assert [key.rpartition("-aggTrades-")[2] for key in zips] == [
        *(f"2024-04-0{day}.zip" for day in range(1, 5)),
        "2024-03.zip",
    ]
    first, after = date(2024, 3, 28), date(2024, 4, 5)
    truth = _truth(exchange, "BTCUSDT", Period.M1, first, after)
    assert len(truth) == 8 * 1440
    assert _closed(await _bars(store, "BTCUSDT", Period.M1, first, after)) == _closed(truth)
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
        request = _asked(exchange, tmp_path, first, after, symbols=(symbol,), what=what, periods=periods, market=market)
        outcome = await fetch(store, request)
        assert (outcome.failures, outcome.bad) == ([], 0)
        assert await store.markets() == (venue,)
        for period in (Period.M1, Period.H1):
            truth = _truth(exchange, symbol, period, first, after)
            assert _closed(await _bars(store, symbol, period, first, after)) == _closed(truth)


async def test_symbols_and_periods_come_in_one_go(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    first, after = date(2024, 3, 1), date(2024, 4, 1)
    wanted = (Period.H4, Period.D1)
    symbols = ("BTCUSDT", "币安人生USDT")
    request = _asked(exchange, tmp_path, first, after, symbols=symbols, what="klines", periods=wanted)
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (4, [])
    for symbol in symbols:
        for period in wanted:
            assert await _bars(store, symbol, period, first, after) == _truth(exchange, symbol, period, first, after)


async def test_nothing_is_fetched_twice(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    request = _asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 4, 3))
    assert (await fetch(store, request)).files == 3
    exchange.archive.served.clear()
    again = await fetch(store, request)
    assert (again.files, again.held, again.bars) == (0, 3, 0)
    assert exchange.archive.served == []


async def test_what_bars_of_another_origin_prove_whole_is_not_fetched(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    first, after = date(2024, 4, 2), date(2024, 4, 4)
    await store.claim("binance-um")
    truth = _truth(exchange, "BTCUSDT", Period.M1, first, after)
    await store.add_confirmed(truth[:-1])
    outcome = await fetch(store, _asked(exchange, tmp_path, first, after))
    assert (outcome.files, outcome.held) == (1, 1)
    assert _sent(exchange, "04-02") == []


async def test_the_bars_of_another_market_prove_nothing(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    first, after = date(2024, 4, 2), date(2024, 4, 3)
    await store.claim("binance-spot")
    await store.add_confirmed(_truth(exchange, "BTCUSDT", Period.M1, first, after))
    outcome = await fetch(store, _asked(exchange, tmp_path, first, after))
    assert (outcome.files, outcome.held) == (1, 0)
    assert await store.markets() == ("binance-spot", "binance-um")


async def test_what_was_pruned_since_is_fetched_again(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), what="klines")
    await fetch(store, request)
    assert await store.delete_before(Period.M1, ms_of(date(2024, 4, 3)))
    again = await fetch(store, request)
    assert (again.files, again.held) == (1, 1)


async def test_days_that_are_not_there_are_named(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    exchange.strike("absent", target="2024-04-02")
    exchange.strike("absent", target="2024-04-03")
    request = _asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 6))
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (3, [])
    assert outcome.notes == ["BTCUSDT aggTrades: the archive has nothing of 2024-04-02 to 2024-04-03."]


async def test_a_month_without_a_file_comes_as_its_days(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("absent", target="-2024-03.zip")
    request = _asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 4, 1))
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.notes) == (31, [])


async def test_a_file_that_is_listed_and_not_there_costs_that_file(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("gone", target="2024-04-02.zip")
    outcome = await fetch(store, _asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 4)))
    assert outcome.files == 2
    assert len(outcome.failures) == 1
    assert "BTCUSDT-aggTrades-2024-04-02.zip" in outcome.failures[0]
    assert "(404)" in outcome.failures[0]


async def test_a_file_that_does_not_fit_its_checksum_is_not_taken(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("unsure", target="2024-04-02")
    request = _asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 4))
    outcome = await fetch(store, request)
    assert outcome.files == 2
    assert outcome.failures == [
        "BTCUSDT-aggTrades-2024-04-02.zip is not what its checksum file says (SHA-256): nothing of it was taken; try again later."
    ]
    assert await store.count("BTCUSDT", Period.M1, ms_of(date(2024, 4, 2)), ms_of(date(2024, 4, 3))) == 0
    exchange.jump(60_000)  # the fault is over
    again = await fetch(store, request)
    assert (again.files, again.held, again.failures) == (1, 2, [])


async def test_a_file_that_was_published_anew_is_fetched_again_and_said(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 4), what="klines", periods=(Period.H1,))
    await fetch(store, request)
    exchange.strike("republish", target="2024-04-02")
    again = await fetch(store, request)
    assert (again.files, again.held) == (1, 2)
    assert again.notes == ["BTCUSDT-1h-2024-04-02.zip was published anew since it was fetched: it is fetched again."]
    assert (await fetch(store, request)).held == 3


async def test_a_file_that_breaks_off_goes_on_where_it_stopped(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("torn")
    request = _asked(exchange, tmp_path, date(2024, 4, 3), date(2024, 4, 4), what="klines")
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (1, [])
    sent = _sent(exchange, "04-03")
    assert len(sent) > 2
    assert [first for first, _ in sent[1:]] == [first + size for first, size in sent[:-1]], "no byte came twice"
    assert sum(size for _, size in sent) == outcome.size


@pytest.mark.parametrize("kind", ["5xx", "429"])
async def test_a_host_in_trouble_is_asked_again(
    kind: str, exchange: SimulatedExchange, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    struck = exchange.faults.struck

    def twice(name: str, amount: int = 1) -> None:
        struck(name, amount)
        if exchange.faults.counts[name] == 2:
            exchange.jump(60_000)  # it is over

    monkeypatch.setattr(exchange.faults, "struck", twice)
    exchange.strike(kind)
    outcome = await fetch(store, _asked(exchange, tmp_path, date(2024, 4, 3), date(2024, 4, 4)))
    assert (outcome.files, outcome.failures) == (1, [])
    assert exchange.faults.counts[kind] == 2


async def test_a_host_that_stays_in_trouble_ends_it_in_a_sentence(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("5xx")
    with pytest.raises(Unreachable, match=r"is in trouble \(503\)"):
        await fetch(store, _asked(exchange, tmp_path, date(2024, 4, 3), date(2024, 4, 4)))


async def test_stopped_in_the_middle_of_a_file_it_goes_on_there(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("crawl")
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), what="klines")
    come = 0

    def watch(progress: Progress) -> None:
        nonlocal come
        come = progress.done

    stopped = await fetch(store, request, on_progress=watch, should_stop=lambda: come > 0)
    assert (stopped.is_stopped, stopped.files) == (True, 0)
    parts = {path.name: path.stat().st_size for path in (tmp_path / "files").rglob("*.part")}
    assert parts
    exchange.jump(60_000)
    await until(lambda: len(exchange.archive.served) >= 2 * len(parts))
    exchange.archive.served.clear()
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (2, [])
    for name, size in parts.items():
        assert [first for first, _ in _sent(exchange, name.split(".")[0])] == [size]
    truth = _truth(exchange, "BTCUSDT", Period.M1, date(2024, 4, 2), date(2024, 4, 4))
    assert await _bars(store, "BTCUSDT", Period.M1, date(2024, 4, 2), date(2024, 4, 4)) == truth


async def test_what_came_of_an_older_edition_is_not_gone_on_with(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 3))
    key = request.series[0].key("2024-04-02")
    part = tmp_path / "files" / f"{key}.{'0' * 32}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another edition")
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (1, [])
    assert [first for first, _ in _sent(exchange, "04-02")] == [0]


async def test_stopped_in_the_middle_of_an_import_the_file_is_not_fetched_again(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 3), what="klines")
    rows = 0

    def watch(progress: Progress) -> None:
        nonlocal rows
        rows = progress.rows

    stopped = await fetch(store, request, on_progress=watch, should_stop=lambda: rows > 0)
    assert (stopped.is_stopped, stopped.files) == (True, 0)
    exchange.archive.served.clear()
    outcome = await fetch(store, request)
    assert outcome.files + outcome.held == 1
    assert _sent(exchange, "04-02") == []


async def test_kept_files_lie_as_in_the_archive_and_serve_another_database(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), keeps=True)
    await fetch(store, request)
    assert _files(tmp_path / "files") == ["BTCUSDT-aggTrades-2024-04-02.zip", "BTCUSDT-aggTrades-2024-04-03.zip"]
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
        most = max(most, len(_files(folder)) if folder.exists() else 0)
        return False

    request = _asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 3, 31))._replace(at_once=1)
    outcome = await fetch(store, request, should_stop=look)
    assert (outcome.files, outcome.failures) == (30, [])
    assert 0 < most <= 3, "two ahead, and the one that is read"


async def test_a_symbol_that_there_is_not_is_told_with_near_names(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), symbols=("BTCUSTD",))
    with pytest.raises(UnknownSymbol, match=r"has no symbol BTCUSTD; did you mean BTCUSDT\?"):
        await fetch(store, request)


async def test_a_host_that_cannot_be_reached_is_told(store: Store, tmp_path: Path) -> None:
    series = series_of(["BTCUSDT"], "aggTrades", (), None)
    addresses = Addresses.of("http://127.0.0.1:9")
    request = Request(series, date(2024, 4, 2), date(2024, 4, 4), tmp_path / "files", addresses, pause_s=0.001)
    with pytest.raises(Unreachable, match="nobody answers there"):
        await fetch(store, request)


async def test_a_full_disk_ends_it_and_keeps_what_is_whole(
    exchange: SimulatedExchange, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.fetching.download._SPARE_BYTES", 2**62)
    request = _asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4))
    outcome: Fetched = await fetch(store, request)
    assert outcome.files == 0
    assert len(outcome.failures) == 1
    assert "is full: what is whole is kept; free some space" in outcome.failures[0]
    monkeypatch.undo()
    assert (await fetch(store, request)).files == 2


async def test_the_exchanges_own_archive_does_not_go_into_an_imitation(store: Store, tmp_path: Path) -> None:
    await store.claim("binance-um@127.0.0.1:8808")
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        truth = _truth(exchange, "BTCUSDT", Period.H1, date(2024, 4, 2), date(2024, 4, 3))
    await store.add_confirmed(truth)
    series = series_of(["BTCUSDT"], "aggTrades", (), None)
    with pytest.raises(BadUsage, match="holds the bars of"):
        await fetch(store, Request(series, date(2024, 4, 2), date(2024, 4, 3), tmp_path / "files"))
