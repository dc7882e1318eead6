"""`klagg audit` as it is typed."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.commands import audit
from klagg_tui.commands.audit.exchanges import exchange_bars
from klagg_tui.commands.audit.report import _kinds, print_json, print_table
from klagg_tui.commands.audit.run import Outcome
from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import BadFile, ExportError, OtherMarket, StorageError, Unreachable
from klagg_tui.exchange.registry import venue
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.auditing.test_auditor import execute
from tests.commands.beside import exchange, once, signalled
from tests.damage import HOURS, TWELVE, damage, make_sound
from tests.makers import HOUR, MINUTE, START, SYMBOL, bar, bars


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


MARKET = MarketSpec(symbols=3, start_ms=START, activity=5.0)


@pytest.fixture
def exchange_url() -> Iterator[str]:
    with exchange(MARKET, speed=0, gone_on_ms=6 * HOUR) as simulated:
        yield simulated.rest_url


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


def test_what_is_found_is_told_in_the_plural_and_in_the_words_of_the_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        begin = START // MINUTE
        for minute in (20, 31):
            connection.execute("DELETE FROM history WHERE period = 0 AND symbol = 1 AND minute = ?", (begin + minute,))
        connection.execute(
            "UPDATE history SET trade_count = trade_count + 1, taker_buy_volume = 0, taker_buy_turnover = 0 "
            "WHERE period = ? AND symbol = 1 AND minute = ?",
            (Period.M5.ordinal, begin + 40),
        )
    told = run("--db", path).stdout
    assert "2 holes" in told
    assert ": trades, taker volume, taker turnover\n" in told
    assert "_" not in told
    assert "trade_count, taker_buy_volume" in run("--db", path, "--json").stdout


def test_every_kind_that_has_a_plural_is_told_in_it() -> None:
    found = [Finding(kind, SYMBOL, None, 0, 0, "") for kind in Kind for _ in range(2)]
    kinds = _kinds(found)
    assert kinds.removeprefix(": ").split(", ") == [
        "2 holes",
        "2 overlaps",
        "2 off grid",
        "2 unreadable",
        "2 impossible",
        "2 states",
        "2 roll-ups",
        "2 spans",
        "2 differences",
        "2 extra",
    ]


def test_no_line_ends_in_blanks_in_a_pipe(path: Path) -> None:
    damage(path, TWELVE)
    lines = run("--db", path).stdout.splitlines()
    assert len(lines) > 12
    assert [line for line in lines if line != line.rstrip()] == []


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
        async with (
            venue().market_data(exchange_url, START + 6 * HOUR) as rest,
            await Store.open(path, periods=DEFAULT_PERIODS) as store,
        ):
            await rest.sync()
            async for batch in exchange_bars(rest, venue())(SYMBOL, Period.M1, START, START + HOURS * HOUR):
                await store.add_confirmed(batch)

    asyncio.run(fill())
    execute(
        path,
        f"INSERT INTO spans (symbol, first_id, last_id, from_ms, to_ms) VALUES (1, 1000, 2000, {START}, {START + HOURS * HOUR})",
    )
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


def _of_the_exchange(path: Path, exchange_url: str, *stretches: tuple[int, int], symbol: StoredSymbol) -> None:
    """A database with the exchange's own bars of some stretches of minutes."""

    async def fill() -> None:
        async with (
            venue().market_data(exchange_url, START + 6 * HOUR) as rest,
            await Store.open(path, periods=DEFAULT_PERIODS) as store,
        ):
            await rest.sync()
            for begin, end in stretches:
                asked = symbol.symbol, Period.M1, START + begin * MINUTE, START + end * MINUTE
                async for batch in exchange_bars(rest, venue())(*asked):
                    await store.add_confirmed(batch)
            await store.put_symbols([symbol])

    asyncio.run(fill())


def test_the_last_minutes_of_a_symbol_that_left_are_missed_and_fetched(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"
    _of_the_exchange(path, exchange_url, (0, 33), symbol=StoredSymbol(SYMBOL, active=False))
    asked = "--db", path, "--against", "exchange", "--rest-url", exchange_url, "--period", "1m,5m"
    found = json.loads(run(*asked, "--json").stdout)["findings"]
    holes = {(one["period"], one["from"]): one["text"] for one in found if one["kind"] == "hole"}
    # The minute under way is none; a larger bar over it, that is not over, too.
    assert holes == {("1m", START + 33 * MINUTE): "327 1m bars are missing that the exchange has"}
    result = run(*asked, "--repair")
    assert (result.exit_code, result.stdout.splitlines()[-1][:7]) == (0, "Clean: ")


def test_what_is_missing_in_between_is_told_once_and_fetched(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"
    _of_the_exchange(path, exchange_url, (0, 33), (77, 90), symbol=StoredSymbol(SYMBOL))
    asked = "--db", path, "--against", "exchange", "--rest-url", exchange_url, "--period", "1m"
    assert "1 found: 1 hole." in run(*asked).stdout
    result = run(*asked, "--repair")
    assert (result.exit_code, result.stdout.splitlines()[-1][:7]) == (0, "Clean: ")


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
        async with await Store.open(path, market="binance-um") as store:
            await store.add_confirmed([bar()])

    asyncio.run(fill())
    result = run("--db", path, "--repair", "--rest-url", exchange_url)
    assert isinstance(result.exception, OtherMarket)


def test_an_exchange_that_does_not_answer_is_one_sentence(path: Path) -> None:
    result = run("--db", path, "--against", "exchange", "--rest-url", "http://127.0.0.1:9")
    assert isinstance(result.exception, Unreachable)
    assert "nothing was compared" in str(result.exception)


def test_bars_that_the_exchange_does_not_have_yet_are_measured_by_nothing(tmp_path: Path, exchange_url: str) -> None:
    path = tmp_path / "klagg.db"

    async def fill() -> None:
        async with await Store.open(path, periods=(Period.M1,)) as store:
            await store.add_confirmed(bars(5, START + 7 * HOUR))

    asyncio.run(fill())
    result = run("--db", path, "--against", "exchange", "--rest-url", exchange_url)
    assert (result.exit_code, result.stdout) == (0, "Clean: 5 bars looked at.\n")


def test_more_findings_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"

    async def fill() -> None:
        async with await Store.open(path, periods=(Period.M1,)) as store:
            await store.add_confirmed(bars(700))

    asyncio.run(fill())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE history SET high = low - 1")
    result = run("--db", path)
    assert result.exit_code == 1
    assert result.stdout.count("impossible") == 500 + 1
    assert "... and 200 more; --json lists them all." in result.stdout
    assert len(json.loads(run("--db", path, "--json").stdout)["findings"]) == 700


def test_what_no_file_has_a_bar_for_stays_found_and_the_repair_ends(path: Path, tmp_path: Path) -> None:
    damage(path, TWELVE[:1])
    other_day = tmp_path / f"{SYMBOL}-1m-2024-08-09.csv"
    other_day.write_text("1723161600000,1,1,1,1,1,1723161659999,1,1,0,0,0\n")
    result = run("--db", path, "--repair", "--against", other_day)
    assert result.exit_code == 1
    assert "1 finding before" in result.stdout
    assert "1 found: 1 hole" in result.stdout


def test_rows_of_a_file_that_could_not_be_compared_are_told(path: Path, tmp_path: Path) -> None:
    theirs = tmp_path / f"{SYMBOL}-1m-2024-08-09.csv"
    theirs.write_text("1723161600000,1,1,1,1,1,1723161659999,1,1,0,0,0\n1723161660000,high\n")
    result = run("--db", path, "--against", theirs)
    assert f"Rows of {theirs} that could not be read, and so were not compared: 1; " in result.stderr


async def _empty(path: Path) -> None:
    await (await Store.open(path)).close()


def test_where_nothing_is_stored_nothing_is_called_clean(path: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    asyncio.run(_empty(empty))
    nothing = "No such bar is stored: there was nothing to look at.\n"
    assert (run("--db", empty).exit_code, run("--db", empty).stdout) == (0, nothing)
    assert run("--db", path, "--from", "2030-01-01").stdout == nothing


def test_an_audit_that_was_interrupted_never_says_clean(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Outcome(bars=1_200, is_interrupted=True), is_local=False)
    assert capsys.readouterr().out == "Interrupted: nothing found so far, 1,200 bars looked at.\n"
    print_json(Outcome(bars=1_200, is_interrupted=True))
    told = json.loads(capsys.readouterr().out)
    assert (told["clean"], told["interrupted"], told["bars"]) == (False, True, 1_200)
    found = [Finding(Kind.HOLE, SYMBOL, Period.M1, START, START + MINUTE, "a 1m bar is missing")]
    print_table(Outcome(found, bars=1, is_interrupted=True), is_local=False)
    assert capsys.readouterr().out.endswith("\nInterrupted: 1 found so far, 1 bar looked at: 1 hole.\n")


def test_no_repair_is_offered_for_bars_that_only_the_database_has(capsys: pytest.CaptureFixture[str]) -> None:
    extra = Finding(Kind.EXTRA, SYMBOL, Period.M1, START, START + MINUTE, "a 1m bar is confirmed, but ...")
    print_table(Outcome([extra]), is_local=False)
    assert capsys.readouterr().out.endswith("\n1 found: 1 extra.\n")
    print_table(Outcome([extra, extra._replace(kind=Kind.HOLE)]), is_local=False)
    assert capsys.readouterr().out.endswith(" --repair takes the exchange's bars.\n")


@pytest.mark.usefixtures("whole_program")
def test_ctrl_c_reports_what_was_found_so_far_and_has_status_130(path: Path) -> None:
    damage(path, TWELVE)
    with exchange(MARKET, faults="slow@0s+9h:1", gone_on_ms=6 * HOUR) as simulated:
        asks = partial(_is_asked, simulated)
        with once(asks, partial(signalled, signal.SIGINT)):
            result = run("--db", path, "--repair", "--rest-url", simulated.rest_url)
    assert result.exit_code == 130
    assert "Stopping: what was found so far is reported." in result.stderr
    assert "Interrupted: " in result.stdout
    assert "Clean" not in result.stdout


def _is_asked(simulated: SimulatedExchange) -> bool:
    """Whether an answer is under way."""
    return simulated.faults.counts["slow"] > 0


def test_bars_of_a_time_that_has_not_come_are_impossible(path: Path) -> None:
    async def fill() -> None:
        tomorrow_ms = (int(time.time()) // 60 + 1440) * MINUTE
        async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
            await store.add_confirmed(bars(5, tomorrow_ms, symbol="SOLUSDT"))

    asyncio.run(fill())
    result = run("--db", path, "--symbol", "SOLUSDT")
    assert result.exit_code == 1
    assert "it opens in the future" in result.stdout


def test_bars_that_ended_while_an_audit_went_on_are_not_of_the_future(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fill() -> None:
        soon_ms = (int(time.time()) // 60 + 10) * MINUTE
        async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
            await store.add_confirmed(bars(5, soon_ms, symbol="SOLUSDT"))

    asyncio.run(fill())
    assert "it opens in the future" in run("--db", path, "--symbol", "SOLUSDT").stdout
    hours = count()
    monkeypatch.setattr("klagg_tui.commands.audit.run.steady_ms", lambda: float(next(hours) * HOUR))
    assert "it opens in the future" not in run("--db", path, "--symbol", "SOLUSDT").stdout


def test_a_repair_from_files_removes_nothing_by_this_machines_clock_alone(path: Path, tmp_path: Path) -> None:
    archive = tmp_path / "SOLUSDT-1m-2024-08-08.csv"
    archive.write_text(f"{START},1,1,1,1,1,{START + MINUTE - 1},1,1,1,1,0\n")

    async def fill() -> None:
        tomorrow_ms = (int(time.time()) // 60 + 1440) * MINUTE
        async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
            await store.add_confirmed(bars(5, tomorrow_ms, symbol="SOLUSDT"))

    asyncio.run(fill())
    assert "in the future" not in run("--db", path, "--symbol", "SOLUSDT", "--repair", "--against", archive).stdout
    assert "in the future" in run("--db", path, "--symbol", "SOLUSDT").stdout


@pytest.mark.parametrize(
    ("market", "is_found"), [("binance-um", True), ("binance-spot", True), ("binance-um@simulated", False)]
)
def test_bars_of_the_future_are_found_in_every_real_market(tmp_path: Path, market: str, *, is_found: bool) -> None:
    path = tmp_path / "klagg.db"

    async def fill() -> None:
        async with await Store.open(path, market=market, periods=()) as store:
            await store.add_confirmed([bar(START + 5_000 * 24 * HOUR)])

    asyncio.run(fill())
    assert ("it opens in the future" in run("--db", path).stdout) is is_found
