"""Whole runs against the imitated archive with each of its faults, interrupted, and where nothing answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadUsage, UnknownSymbol, Unreachable
from klagg_tui.fetching.fetcher import fetch
from klagg_tui.fetching.outcome import Fetched, Progress
from klagg_tui.fetching.parts import ms_of
from klagg_tui.fetching.remote import Addresses
from klagg_tui.fetching.request import Request, series_of
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.fetching.asking import SPEC, asked, bars, sent, truth
from tests.proxies import Passage, connect_proxy, socks_proxy


async def test_days_that_are_not_there_are_named(exchange: SimulatedExchange, store: Store, tmp_path: Path) -> None:
    exchange.strike("absent", target="2024-04-02")
    exchange.strike("absent", target="2024-04-03")
    request = asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 6))
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (3, [])
    assert outcome.notes == ["BTCUSDT aggTrades: the archive has nothing of 2024-04-02 to 2024-04-03."]


async def test_a_month_without_a_file_comes_as_its_days(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("absent", target="-2024-03.zip")
    request = asked(exchange, tmp_path, date(2024, 3, 1), date(2024, 4, 1), what="klines", periods=(Period.H1,))
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.notes) == (31, [])


async def test_a_file_that_is_listed_and_not_there_costs_that_file(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("gone", target="2024-04-02.zip")
    outcome = await fetch(store, asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 4)))
    assert outcome.files == 2
    assert len(outcome.failures) == 1
    assert "BTCUSDT-aggTrades-2024-04-02.zip" in outcome.failures[0]
    assert "(404)" in outcome.failures[0]


async def test_a_file_that_does_not_fit_its_checksum_is_not_taken(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("unsure", target="2024-04-02")
    request = asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 4))
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
    request = asked(exchange, tmp_path, date(2024, 4, 1), date(2024, 4, 4), what="klines", periods=(Period.H1,))
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
    request = asked(exchange, tmp_path, date(2024, 4, 3), date(2024, 4, 4), what="klines")
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (1, [])
    answers = sent(exchange, "04-03")
    assert len(answers) > 2
    assert [first for first, _ in answers[1:]] == [first + size for first, size in answers[:-1]], "no byte came twice"
    assert sum(size for _, size in answers) == outcome.size


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
    outcome = await fetch(store, asked(exchange, tmp_path, date(2024, 4, 3), date(2024, 4, 4)))
    assert (outcome.files, outcome.failures) == (1, [])
    assert exchange.faults.counts[kind] == 2


async def test_a_host_that_stays_in_trouble_ends_it_in_a_sentence(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("5xx")
    with pytest.raises(Unreachable, match=r"is in trouble \(503\)"):
        await fetch(store, asked(exchange, tmp_path, date(2024, 4, 3), date(2024, 4, 4)))


async def test_stopped_in_the_middle_of_a_file_it_goes_on_there(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    exchange.strike("crawl")
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), what="klines")
    come = 0

    def watch(progress: Progress) -> None:
        nonlocal come
        come = progress.done

    stopped = await fetch(store, request, on_progress=watch, should_stop=lambda: come > 0)
    assert (stopped.is_stopped, stopped.files) == (True, 0)
    parts = {path.name: path.stat().st_size for path in (tmp_path / "files").rglob("*.part")}
    assert parts
    exchange.jump(60_000)
    await until(lambda: all(sent(exchange, name.split(".")[0]) for name in parts))
    exchange.archive.served.clear()
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (2, [])
    for name, size in parts.items():
        assert [first for first, _ in sent(exchange, name.split(".")[0])] == [size]
    right = truth(exchange, "BTCUSDT", Period.M1, date(2024, 4, 2), date(2024, 4, 4))
    assert await bars(store, "BTCUSDT", Period.M1, date(2024, 4, 2), date(2024, 4, 4)) == right


@pytest.mark.parametrize("knows_if_range", [True, False])
async def test_a_file_that_is_published_anew_between_two_of_its_bytes_comes_from_its_beginning(
    knows_if_range: bool,
    exchange: SimulatedExchange,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 3))
    key = request.series[0].key("2024-04-02")
    old, listing = exchange.archive.find(key), exchange.archive.listing
    assert old is not None
    part = tmp_path / "files" / f"{key}.{old.etag}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(old.body[:100])

    def listed_before(query: Mapping[str, str]) -> bytes:
        page = listing(query)
        exchange.strike("republish")
        return page

    monkeypatch.setattr(exchange.archive, "listing", listed_before)
    if not knows_if_range:
        monkeypatch.setattr(
            "klagg_tui.simulator.archive.handler._first_byte",
            lambda request, _: 100 if "Range" in request.headers else None,
        )
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (1, [])
    new = exchange.archive.find(key)
    assert new is not None
    assert new.etag != old.etag
    assert sent(exchange, "04-02")[-1] == (0, len(new.body))


async def test_what_came_of_an_older_edition_is_not_gone_on_with(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 3))
    key = request.series[0].key("2024-04-02")
    part = tmp_path / "files" / f"{key}.{'0' * 32}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another edition")
    outcome = await fetch(store, request)
    assert (outcome.files, outcome.failures) == (1, [])
    assert [first for first, _ in sent(exchange, "04-02")] == [0]


async def test_stopped_in_the_middle_of_an_import_the_file_is_not_fetched_again(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 3), what="klines")
    rows = 0

    def watch(progress: Progress) -> None:
        nonlocal rows
        rows = progress.rows

    stopped = await fetch(store, request, on_progress=watch, should_stop=lambda: rows > 0)
    assert (stopped.is_stopped, stopped.files) == (True, 0)
    exchange.archive.served.clear()
    outcome = await fetch(store, request)
    assert outcome.files + outcome.held == 1
    assert sent(exchange, "04-02") == []


async def test_a_symbol_that_there_is_not_is_told_with_near_names(
    exchange: SimulatedExchange, store: Store, tmp_path: Path
) -> None:
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4), symbols=("BTCUSTD",))
    with pytest.raises(UnknownSymbol, match=r"has no symbol BTCUSTD; did you mean BTCUSDT\?"):
        await fetch(store, request)


async def test_a_host_that_cannot_be_reached_is_told(store: Store, tmp_path: Path) -> None:
    series = series_of(["BTCUSDT"], "aggTrades", (), None)
    addresses = Addresses.of("http://127.0.0.1:9")
    request = Request(series, date(2024, 4, 2), date(2024, 4, 4), tmp_path / "files", addresses, pause_s=0.001)
    with pytest.raises(Unreachable, match="nobody answers there"):
        await fetch(store, request)


@pytest.mark.parametrize(("proxy", "scheme"), [(connect_proxy, "http"), (socks_proxy, "socks5")])
async def test_everything_goes_through_the_proxy(
    proxy: Callable[[], AbstractAsyncContextManager[Passage]],
    scheme: str,
    exchange: SimulatedExchange,
    store: Store,
    tmp_path: Path,
) -> None:
    async with proxy() as passage:
        request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 3))
        outcome = await fetch(store, request._replace(proxy=f"{scheme}://127.0.0.1:{passage.port}"))
    assert (outcome.files, outcome.failures) == (1, [])
    assert {f"http://{host}:{port}" for host, port in passage.targets} == {exchange.rest_url}


async def test_a_full_disk_ends_it_and_keeps_what_is_whole(
    exchange: SimulatedExchange, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.fetching.download._SPARE_BYTES", 2**62)
    request = asked(exchange, tmp_path, date(2024, 4, 2), date(2024, 4, 4))
    outcome: Fetched = await fetch(store, request)
    assert outcome.files == 0
    assert len(outcome.failures) == 1
    assert "is full: what is whole is kept; free some space" in outcome.failures[0]
    monkeypatch.undo()
    assert (await fetch(store, request)).files == 2


async def test_the_exchanges_own_archive_does_not_go_into_an_imitation(store: Store, tmp_path: Path) -> None:
    await store.claim("binance-um@127.0.0.1:8808")
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        right = truth(exchange, "BTCUSDT", Period.H1, date(2024, 4, 2), date(2024, 4, 3))
    await store.add_confirmed(right)
    series = series_of(["BTCUSDT"], "aggTrades", (), None)
    with pytest.raises(BadUsage, match="holds the bars of"):
        await fetch(store, Request(series, date(2024, 4, 2), date(2024, 4, 3), tmp_path / "files"))
