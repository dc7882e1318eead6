"""`klagg audit` as it is typed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from klagg_tui.commands import audit
from klagg_tui.commands.audit.run import exchange_bars
from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import BadFile, ExportError, OtherMarket, StorageError, Unreachable
from klagg_tui.exchange.binance.rest import RestClient
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.auditing.test_auditor import execute
from tests.damage import HOURS, TWELVE, damage, make_sound
from tests.makers import HOUR, MINUTE, START, SYMBOL, bar


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    audit.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "klagg.db"
    asyncio.run(make_sound(made))
    return made


@pytest.fixture
def exchange_url() -> Iterator[str]:
    """A simulated exchange in a thread of its own, because a command has its own loop."""
    told: list[str] = []
    is_up, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with SimulatedExchange(MarketSpec(symbols=3, start_ms=START, activity=5.0), speed=0) as exchange:
            exchange.jump(6 * HOUR)
            told.append(exchange.rest_url)
            is_up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert is_up.wait(20)
    yield told[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def test_a_clean_database_leaves_with_0(path: Path) -> None:
    result = run("--db", path)
    told = json.loads(run("--db", path, "--json").stdout)
    assert (result.exit_code, result.stdout) == (0, f"Clean: {told['bars']:,} bars looked at.\n")
    minutes = run("--db", path, "--symbol", SYMBOL, "--from", "2024-08-08T00:30", "--to", "2024-08-08T00:31").stdout
    assert minutes.startswith("Clean: "), "a few bars of one symbol are counted too"
    assert "0 bars" not in minutes


def test_a_damaged_one_leaves_with_1_and_says_what_is_wrong(path: Path) -> None:
    damage(path, TWELVE)
    result = run("--db", path)
    assert result.exit_code == 1
    assert "12 found: 6 impossible, 1 overlap" in result.stdout
    assert "--repair takes the exchange's bars." in result.stdout
    assert "a 1m bar is missing" in result.stdout


def test_json_has_every_finding(path: Path) -> None:
    damage(path, TWELVE)
    result = run("--db", path, "--json")
    told = json.loads(result.stdout)
    assert (told["clean"], len(told["findings"]), told["repaired"]) == (False, 12, None)
    assert told["bars"] > HOURS * 60


def test_only_the_symbols_and_times_asked_for_are_looked_at(path: Path) -> None:
    damage(path, TWELVE)
    assert run("--db", path, "--symbol", "eth*").exit_code == 0
    assert run("--db", path, "--from", "2024-08-08T02:30").stdout.startswith("what")
    assert "1 found: 1 overlap" in run("--db", path, "--from", "2024-08-08T02:30").stdout


def test_what_cannot_be_done_is_one_sentence(path: Path, tmp_path: Path) -> None:
    assert isinstance(run("--db", tmp_path / "none.db").exception, StorageError)
    assert isinstance(run("--db", path, "--symbol", "NONE").exception, ExportError)
    assert isinstance(run("--db", path, "--against", tmp_path / "none.zip").exception, BadFile)


def test_a_repair_from_the_exchange_leaves_it_clean(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"

    async def fill() -> None:
        clock = ExchangeClock(START, 0)
        async with RestClient(exchange_url, clock) as rest, await Store.open(path, periods=DEFAULT_PERIODS) as store:
            await rest.sync()
            async for batch in exchange_bars(rest)(SYMBOL, Period.M1, START, START + HOURS * HOUR):
                await store.add_confirmed(batch)

    asyncio.run(fill())
    execute(path, f"INSERT INTO spans VALUES (1, 1000, 2000, {START}, {START + HOURS * HOUR})")
    damage(path, TWELVE)
    result = run("--db", path, "--repair", "--rest-url", exchange_url)
    assert "12 findings before" in result.stdout
    assert (result.exit_code, result.stdout.splitlines()[-1][:7]) == (0, "Clean: ")
    compared = run("--db", path, "--against", "exchange", "--rest-url", exchange_url, "--period", "1m,5m,30m,1h")
    assert (compared.exit_code, compared.stdout[:7]) == (0, "Clean: ")


def test_the_minute_a_recorder_was_stopped_in_is_put_right_with_the_rest(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"
    cut = bar(START + 10 * MINUTE, state=State.FORMING)

    async def fill() -> None:
        async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
            await store.add_confirmed([bar(START + at * MINUTE) for at in range(10)])
            await store.write(Changes((cut,)))

    asyncio.run(fill())
    result = run("--db", path, "--repair", "--against", "exchange", "--rest-url", exchange_url)
    assert (result.exit_code, result.exception) == (0, None)
    again = run("--db", path, "--against", "exchange", "--rest-url", exchange_url, "--json")
    assert json.loads(again.stdout)["clean"]


def test_a_symbol_that_is_gone_costs_itself_only(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"

    async def fill() -> None:
        async with await Store.open(path) as store:
            await store.add_confirmed([bar(symbol="GONEUSDT"), bar(), bar(symbol="LOSTUSDT")])

    asyncio.run(fill())
    result = run("--db", path, "--repair", "--against", "exchange", "--rest-url", exchange_url)
    assert (result.exit_code, result.exception) == (0, None)
    assert "does not know GONEUSDT and 1 other symbol any more" in result.stderr
    assert "5 findings before" in result.stdout, "the known one was compared, in the periods made of its minute too"


def test_bars_of_another_market_are_no_measure(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"

    async def fill() -> None:
        await (await Store.open(path, market="binance-um")).close()

    asyncio.run(fill())
    result = run("--db", path, "--repair", "--rest-url", exchange_url)
    assert isinstance(result.exception, OtherMarket)


def test_an_exchange_that_does_not_answer_is_one_sentence(path: Path) -> None:
    result = run("--db", path, "--against", "exchange", "--rest-url", "http://127.0.0.1:9")
    assert isinstance(result.exception, Unreachable)
    assert "nothing was compared" in str(result.exception)
