"""`klagg audit` of a database of several venues: each is held against its own exchange, at its address in the settings."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from klagg_tui.commands import audit
from klagg_tui.commands.audit.exchanges import Exchanges, exchange_bars
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import OtherMarket
from klagg_tui.exchange.registry import venue
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from klagg_tui.storage.venues import mark_of
from tests.commands.beside import exchange
from tests.makers import HOUR, MINUTE, START

pytestmark = pytest.mark.xdist_group("live probes")

MARKET = MarketSpec(symbols=3, start_ms=START, activity=30.0, history_days=1)
PAIRS = {"kraken": "BTC/USD", "coinbase": "BTC-USD"}
PERIODS = (Period.M1, Period.M3, Period.M5, Period.H1)
TO_MS = START + 2 * HOUR


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    audit.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {key: stack.enter_context(exchange(MARKET, gone_on_ms=3 * HOUR, venue=key)).rest_url for key in PAIRS}


def settings_at(folder: Path, urls: dict[str, str]) -> Path:
    path = folder / "klagg.toml"
    path.write_text("".join(f'[venue.{key}]\nrest_url = "{url}"\n' for key, url in urls.items()))
    return path


@pytest.fixture
def path(tmp_path: Path, urls: dict[str, str]) -> Path:
    made = tmp_path / "klagg.db"

    async def fill() -> None:
        marks = [mark_of(key, url) for key, url in urls.items()]
        async with await Store.open(made, periods=PERIODS, markets=marks) as store:
            for key, url in urls.items():
                async with venue(key).market_data(url, START + 3 * HOUR) as rest:
                    await rest.sync()
                    bars = exchange_bars(rest, venue(key))
                    async for page in bars(PAIRS[key], Period.M1, START, TO_MS):
                        await store.add_confirmed([bar._replace(symbol=f"{key}:{PAIRS[key]}") for bar in page])

    asyncio.run(fill())
    return made


async def spoil(path: Path, key: str, minute: int) -> None:
    name = f"{key}:{PAIRS[key]}"
    async with await Store.open(path, periods=PERIODS) as store:
        at_ms = START + minute * MINUTE
        (bar,) = [one async for one in store.bars(name, Period.M1, at_ms, at_ms + 1)]
        await store.add_confirmed([bar._replace(high=bar.high + 1)])


def test_each_venue_is_held_against_its_own_exchange_and_put_right_from_there(
    path: Path, tmp_path: Path, urls: dict[str, str]
) -> None:
    asked = "--db", path, "--config", settings_at(tmp_path, urls), "--against", "exchange", "--to", "2024-08-08T02:00"
    result = run(*asked)
    assert (result.exit_code, result.exception, result.stdout[:7]) == (0, None, "Clean: ")
    asyncio.run(spoil(path, "kraken", 30))
    asyncio.run(spoil(path, "coinbase", 40))
    found = json.loads(run(*asked, "--period", "1m", "--json").stdout)["findings"]
    assert {(one["kind"], one["symbol"], one["from"]) for one in found} == {
        ("difference", "coinbase:BTC-USD", START + 40 * MINUTE),
        ("difference", "kraken:BTC/USD", START + 30 * MINUTE),
    }
    assert {one["field"] for finding in found for one in finding["differences"]} == {"high"}
    result = run(*asked, "--repair")
    assert (result.exit_code, result.stdout.splitlines()[-1][:7]) == (0, "Clean: ")


def test_only_the_exchanges_of_the_symbols_asked_for_are_asked(
    path: Path, tmp_path: Path, urls: dict[str, str]
) -> None:
    one = settings_at(tmp_path, {**urls, "coinbase": "http://127.0.0.1:9"})
    asked = "--db", path, "--config", one, "--against", "exchange", "--to", "2024-08-08T02:00"
    assert run(*asked, "--symbol", "kraken:btc/usd").exit_code == 0
    assert isinstance(run(*asked, "--symbol", "coinbase:*").exception, OtherMarket)


def test_one_exchange_that_cannot_be_asked_is_one_sentence_and_the_others_are(
    path: Path, tmp_path: Path, urls: dict[str, str]
) -> None:
    asyncio.run(spoil(path, "kraken", 30))
    config = settings_at(tmp_path, {"kraken": urls["kraken"]})
    asked = "--db", path, "--config", config, "--against", "exchange", "--to", "2024-08-08T02:00", "--period", "1m"
    result = run(*asked)
    assert result.exit_code == 1
    assert "1 found: 1 difference" in result.stdout
    assert f"{path} holds the bars of coinbase@{urls['coinbase']}, not of coinbase" in result.stderr
    result = run(*asked, "--repair")
    assert result.exit_code == 1
    assert "Nothing found, but not every exchange was asked" in result.stdout
    assert not json.loads(run(*asked, "--json").stdout)["clean"]


def test_periods_that_an_exchange_does_not_have_are_made_of_its_own_when_they_are_missing(
    path: Path, tmp_path: Path, urls: dict[str, str]
) -> None:
    """Kraken has no bars of three minutes."""
    with closing(sqlite3.connect(path)) as connection, connection:
        gone = connection.execute(
            "DELETE FROM history WHERE period = ? AND minute = ?", (Period.M3.ordinal, START // MINUTE + 30)
        ).rowcount
    assert gone == 2
    asked = "--db", path, "--config", settings_at(tmp_path, urls), "--to", "2024-08-08T02:00"
    assert "2 holes" in run(*asked).stdout
    result = run(*asked, "--repair")
    assert (result.exit_code, result.stdout.splitlines()[-1][:7]) == (0, "Clean: ")


async def test_what_ends_while_it_is_compared_and_put_right_is_left_to_the_next_audit() -> None:
    """Else a repair at the end of an hour never finds all in order."""
    async with SimulatedExchange(MARKET, venue="coinbase", speed=0) as simulated:
        simulated.jump(HOUR - MINUTE)
        async with venue("coinbase").market_data(simulated.rest_url, simulated.now_ms()) as rest:
            await rest.sync()
            exchanges = Exchanges(is_qualified=True, anchors={}, on_unknown=lambda _: None)
            exchanges.add(venue("coinbase"), rest)
            simulated.jump(5 * MINUTE)
            await rest.sync()
            for period in (Period.M1, Period.H1):
                asked = "coinbase:BTC-USD", period, START, START + 2 * HOUR
                bars = [bar async for page in exchanges(*asked) for bar in page]
                over_ms = {bar.end_ms for bar in bars if bar.state is State.CONFIRMED}
                assert max(over_ms, default=0) <= START + HOUR - MINUTE
                assert [bar.state for bar in bars if bar.end_ms == START + HOUR] == [State.FORMING]
