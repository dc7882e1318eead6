"""`klagg db`."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.commands.db.contents import holes
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.storage.maintenance import Holding
from klagg_tui.storage.opening import open_writer
from klagg_tui.storage.schema import MIGRATIONS
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing, StoredSymbol
from tests.importing.test_importer import file_of, row
from tests.makers import DAY, MINUTE, START, bar, trades
from tests.shell import Klagg


@pytest.fixture
def filled(klagg: Klagg, tmp_path: Path) -> Klagg:
    made = trades(
        [*range(START, START + 10 * MINUTE, 20_000), *range(START + 2 * DAY, START + 2 * DAY + MINUTE, 20_000)]
    )
    file_of(tmp_path / "a.csv", map(row, made[:30]))
    file_of(tmp_path / "b.csv", map(row, made[31:]))
    assert klagg("import", "a.csv", "b.csv", "-s", "BTCUSDT", "--db", "a.db").status == 0
    return klagg


def test_the_overview_says_where_how_large_and_what(filled: Klagg) -> None:
    lines = filled("db", "--db", "a.db").out.splitlines()
    assert lines[0].startswith("a.db, ")
    assert lines[1] == "1 symbol, 2 unbroken runs of trades, 0 forming bars"
    minutes = next(line.split() for line in lines if line.strip().startswith("1m"))
    assert minutes == ["1m", "1", "11", "2024-08-08", "00:00", "2024-08-10", "00:00", "2,870", "3", "8", "0"]


def test_a_line_for_each_symbol_and_period_may_be_asked_for(filled: Klagg) -> None:
    shown = [
        line.split()[:3] for line in filled("db", "--symbols", "--db", "a.db").out.splitlines() if "BTCUSDT" in line
    ]
    assert shown[:2] == [["BTCUSDT", "1m", "11"], ["BTCUSDT", "5m", "3"]]


def test_no_line_ends_in_blanks_in_a_pipe(filled: Klagg) -> None:
    for command in ("db", "bars"):
        told = filled(command, *(["BTCUSDT"] if command == "bars" else []), "--db", "a.db")
        assert told.status == 0
        assert [line for line in told.out.splitlines() if line != line.rstrip()] == []


def test_json_has_everything(filled: Klagg) -> None:
    found = json.loads(filled("db", "--json", "--db", "a.db").out)
    assert (found["path"], found["symbols"], found["spans"]) == ("a.db", 1, 2)
    assert found["holdings"][0] == {
        "symbol": "BTCUSDT",
        "period": "1m",
        "bars": 11,
        "from": START,
        "to": START + 2 * DAY,
        "holes": 2 * 1440 - 10,
        "partial": 3,
        "closed": 8,
        "confirmed": 0,
    }


def test_a_sound_file_is_called_sound_and_a_damaged_one_is_not(filled: Klagg, tmp_path: Path) -> None:
    assert filled("db", "check", "--db", "a.db").out == "a.db is sound.\n"
    damaged = bytearray((tmp_path / "a.db").read_bytes())
    damaged[-8192:-4096] = b"\xff" * 4096
    (tmp_path / "b.db").write_bytes(damaged)
    assert filled("db", "check", "--db", "b.db").status == 1


def test_damage_that_does_not_keep_it_from_being_read_is_listed(filled: Klagg, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        # An index that holds what it should not, as a torn write leaves it.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = sql || ' AND 0' WHERE name = 'unconfirmed'")
    said = filled("db", "check", "--db", "a.db")
    assert (said.status, said.err) == (1, f"{damage_of('a.db')}\n")
    assert "unconfirmed" in said.out


def damage_of(name: str) -> str:
    """The one sentence."""
    return f"{name} is damaged: restore a backup, or name another file with --db."


COMMANDS = (
    ("db",),
    ("db", "--symbols"),
    ("db", "check"),
    ("db", "backup", "copy.db"),
    ("db", "compact"),
    ("db", "prune", "--keep", "1m=1d"),
    ("symbols",),
    ("bars", "BTCUSDT"),
    ("export", "-o", "bars.csv"),
    ("audit",),
    ("import", "a.csv", "-s", "BTCUSDT"),
)


def _page_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0])


def _with_page(path: Path, number: int, page: bytes) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: (number - 1) * 4096] + page + content[number * 4096 :])


def _zero(path: Path) -> None:
    _with_page(path, _page_of(path, "history"), bytes(4096))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 3 * 4096])


def _undecodable(path: Path) -> None:
    """The schema's own text."""
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE history", b"CREATE TABLE h\xffstory", 1))


def _other_page(path: Path) -> None:
    """A page that is one, but another one's."""
    content, other = path.read_bytes(), _page_of(path, "spans")
    _with_page(path, _page_of(path, "history"), content[(other - 1) * 4096 : other * 4096])


def _write(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(sql)


def _no_period(path: Path) -> None:
    _write(path, "UPDATE history SET period = 77 WHERE period = 0")


def _no_state(path: Path) -> None:
    _write(path, "UPDATE history SET state = 9")


def _no_calendar(path: Path) -> None:
    _write(path, "UPDATE history SET minute = minute + (1 << 60)")


def _no_symbol(path: Path) -> None:
    _write(path, "UPDATE symbols SET name = CAST(X'ff41' AS TEXT)")


@pytest.mark.parametrize(
    "harm", [_zero, _cut, _undecodable, _other_page, _no_period, _no_state, _no_calendar, _no_symbol]
)
def test_damage_ends_every_command_that_meets_it_with_the_same_sentence(
    filled: Klagg, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    whole = tmp_path / "a.db"
    harm(whole)
    content = whole.read_bytes()
    last_words = []
    for number, command in enumerate(COMMANDS):
        name = f"{number}.db"
        (tmp_path / name).write_bytes(content)
        said = filled(*command, "--db", name)
        last_words.append(said.err.splitlines()[-1].replace(name, "DB") if said.status and said.err else "")
    # Some do not meet it: an audit lists the rows that cannot be read, and bars of a wrong period are none of the asked one.
    assert {words for words in last_words if words and not words.startswith("There are no ")} == {damage_of("DB")}


async def _made(path: Path) -> None:
    await (await Store.open(path)).close()


def test_an_empty_database_is_a_place_and_no_table(klagg: Klagg, tmp_path: Path) -> None:
    asyncio.run(_made(tmp_path / "empty.db"))
    said = klagg("db", "--db", "empty.db")
    assert said.status == 0
    assert said.out.splitlines()[1:] == ["0 symbols, 0 unbroken runs of trades, 0 forming bars"]


def test_a_backup_is_the_same_database_and_overwrites_nothing(filled: Klagg) -> None:
    assert filled("db", "backup", "copy.db", "--db", "a.db").status == 0
    assert filled("export", "--db", "copy.db").out == filled("export", "--db", "a.db").out
    said = filled("db", "backup", "copy.db", "--db", "a.db")
    assert (said.status, "exists already" in said.err) == (1, True)


def test_compacting_keeps_every_bar(filled: Klagg) -> None:
    before = filled("export", "--db", "a.db").out
    assert "now." in filled("db", "compact", "--db", "a.db").out
    assert filled("export", "--db", "a.db").out == before


def test_pruning_says_first_and_then_does(filled: Klagg) -> None:
    age = f"{(int(time.time() * 1000) - START) // DAY - 1}d"
    said = filled("db", "prune", "--keep", f"1m={age}", "--dry-run", "--db", "a.db")
    assert said.out == "1m: 10 bars would be deleted\n"
    days = filled("export", "-p", "1d", "--db", "a.db").out
    assert filled("db", "prune", "--keep", f"1m={age}", "--db", "a.db").out == "1m: 10 bars deleted\n"
    assert len(filled("export", "-s", "BTCUSDT", "-p", "1m", "--db", "a.db").out.splitlines()) == 2
    assert filled("export", "-p", "1d", "--db", "a.db").out == days
    assert (
        filled("db", "prune", "--keep", f"1m={age}", "--dry-run", "--db", "a.db").out == "1m: 0 bars would be deleted\n"
    )


def test_what_is_missing_of_followed_symbols_is_listed(filled: Klagg, tmp_path: Path) -> None:
    assert filled("db", "owed", "--db", "a.db").out == "Nothing is owed.\n"
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("UPDATE symbols SET standing = 2")
    said = filled("db", "owed", "--db", "a.db").out
    assert "2024-08-08 00:10" in said
    assert said.splitlines()[-1] == "2,870 minutes of 1 symbol are still to be fetched: klagg does so while it runs."
    (hole,) = json.loads(filled("db", "owed", "--json", "--db", "a.db").out)["owed"]
    assert hole == {
        "symbol": "BTCUSDT",
        "period": "1m",
        "from": START + 10 * MINUTE,
        "to": START + 2 * DAY,
        "bars": 2_870,
    }
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        place = (hole["from"] // MINUTE, hole["to"] // MINUTE, START)
        connection.execute("INSERT INTO unavailable VALUES (1, 0, ?, ?, ?)", place)
    lines = filled("db", "owed", "--db", "a.db").out.splitlines()
    assert lines[-1] == "2,870 bars not to be had: the exchange was asked and does not have them."
    # It may have larger ones of that time still, which it is asked for next.
    owed = json.loads(filled("db", "owed", "--json", "--db", "a.db").out)["owed"]
    assert {one["period"] for one in owed} == {
        str(period) for period in DEFAULT_PERIODS if MINUTE < period.nominal_ms <= DAY
    }


def test_how_much_is_owed_is_measured_by_the_recording_and_not_by_this_machine_s_clock(
    filled: Klagg, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("UPDATE symbols SET standing = 1")
        connection.execute(
            "INSERT INTO symbols (name, first_open_ms, anchor, active, standing) VALUES ('ETHUSDT', 0, 0, 1, 1)"
        )
        few = "CREATE TEMP TABLE few AS SELECT * FROM history WHERE symbol = 1 AND period = 0 AND minute < ?"
        connection.execute(few, (START // MINUTE + 3,))
        connection.execute("UPDATE few SET symbol = 2")
        connection.execute("INSERT INTO history SELECT * FROM few")
    found = json.loads(filled("db", "owed", "--json", "--db", "a.db").out)
    end = START + 2 * DAY + MINUTE
    assert found["until"] == end
    assert [(one["symbol"], one["from"], one["to"]) for one in found["owed"]] == [
        ("BTCUSDT", START + 10 * MINUTE, START + 2 * DAY),
        ("ETHUSDT", START + 3 * MINUTE, end),
    ]
    *_, owed, until = filled("db", "owed", "--db", "a.db").out.splitlines()
    assert owed == "5,748 minutes of 2 symbols are still to be fetched: klagg does so while it runs."
    assert until == ("Recorded until 2024-08-10 00:01 UTC: the minutes since then come on top when klagg runs again.")


def test_each_exchange_owes_up_to_where_it_was_recorded_and_only_bars_that_it_has(
    filled: Klagg, tmp_path: Path
) -> None:
    eight_hours = Period.H8.nominal_ms

    async def fill() -> None:
        async with await Store.open(tmp_path / "b.db", markets=("binance-um", "okx-swap")) as store:
            for symbol, from_ms in (("binance-um:A", START), ("okx-swap:B", START + 9 * DAY)):
                await store.add_confirmed(
                    bar(at_ms, symbol=symbol, period=Period.H8)
                    for at_ms in (from_ms - 4 * eight_hours, from_ms - eight_hours)
                )
                await store.add_confirmed([bar(from_ms, symbol=symbol)])
                await store.put_symbols([StoredSymbol(symbol, standing=Standing.FOLLOWED)])

    asyncio.run(fill())
    found = json.loads(filled("db", "owed", "--json", "--db", "b.db").out)
    assert found["until"] == START + 9 * DAY + MINUTE
    assert [(one["venue"], one["period"], one["bars"]) for one in found["owed"]] == [("binance-um", "8h", 2)]


def test_nothing_is_owed_of_an_exchange_that_is_not_watched_any_more_until_it_is_again(
    klagg: Klagg, tmp_path: Path
) -> None:
    ours, theirs = "binance-um:A", "kraken:B/USD"

    async def watch(*venues: str) -> None:
        async with await Store.open(tmp_path / "b.db", markets=("binance-um", "kraken")) as store:
            await store.put_symbols(StoredSymbol(symbol, standing=Standing.FOLLOWED) for symbol in (ours, theirs))
            for symbol in (ours, theirs):
                await store.add_confirmed(bar(at_ms, symbol=symbol) for at_ms in (START, START + 2 * MINUTE))
            await store.note_watched(venues)

    def told() -> tuple[list[str], list[object]]:
        found = json.loads(klagg("db", "owed", "--json", "--db", "b.db").out)
        return [one["venue"] for one in found["owed"] if one["period"] == "1m"], found["not_watched"]

    asyncio.run(watch("binance-um"))
    resting = {"venue": "kraken", "symbols": 1, "until": START + 3 * MINUTE}
    assert told() == (["binance-um"], [resting])
    said = " ".join(klagg("db", "owed", "--db", "b.db").out.split())
    assert "1 minute of 1 symbol is still to be fetched" in said
    assert (
        "kraken is not watched any more: what is missing of its 1 symbol since 2024-08-08 00:03 UTC is fetched once it is"
        in said
    )
    asyncio.run(watch("kraken", "binance-um"))
    assert told() == (["binance-um", "kraken"], [])


def test_nothing_is_owed_of_the_only_exchange_where_another_one_is_watched_now(klagg: Klagg, tmp_path: Path) -> None:
    async def fill() -> None:
        async with await Store.open(tmp_path / "b.db", market="kraken") as store:
            await store.put_symbols([StoredSymbol("B/USD", standing=Standing.FOLLOWED), StoredSymbol("C/USD")])
            await store.add_confirmed(bar(at_ms, symbol="B/USD") for at_ms in (START, START + 2 * MINUTE))
            await store.note_watched(["coinbase"])

    asyncio.run(fill())
    found = json.loads(klagg("db", "owed", "--json", "--db", "b.db").out)
    assert (found["owed"], found["until"]) == ([], None)
    assert found["not_watched"] == [{"venue": "kraken", "symbols": 1, "until": START + 3 * MINUTE}]


def test_a_file_of_an_older_klagg_is_said_to_be_brought_up_to_date(klagg: Klagg, tmp_path: Path) -> None:
    asyncio.run(made_by_an_older_one(tmp_path / "old.db"))
    said = klagg("db", "--db", "old.db")
    assert (said.status, "by an older klagg" in said.err) == (1, True)
    said = klagg("db", "compact", "--db", "old.db")
    assert said.status == 0
    assert "old.db (" in said.err
    assert "a copy is kept as old.db.before-update" in said.err
    assert not (tmp_path / "old.db.before-update").exists()
    assert klagg("db", "compact", "--db", "old.db").err == ""


async def made_by_an_older_one(path: Path) -> None:
    await (await open_writer(path, MIGRATIONS[:1])).close()


def test_pruning_without_limits_is_refused(filled: Klagg) -> None:
    said = filled("db", "prune", "--db", "a.db")
    assert said.status == 2
    assert "Everything is kept" in said.err


@pytest.mark.parametrize(
    "command", [[], ["check"], ["owed"], ["compact"], ["backup", "x.db"], ["prune", "--keep", "1m=1d"]]
)
def test_where_there_is_no_database_every_command_says_so(klagg: Klagg, command: list[str]) -> None:
    said = klagg("db", *command, "--db", "none.db")
    assert said.status == 1
    assert "There is no database at none.db yet" in said.err


def test_holes_are_counted_over_months_of_any_length() -> None:
    january, april = 1_704_067_200_000, 1_711_929_600_000
    assert holes(Holding("BTCUSDT", Period.MO1, 2, january, april, 0, 2, 0)) == 2
    assert holes(Holding("BTCUSDT", Period.W1, 3, 0, 3 * 7 * DAY, 0, 3, 0)) == 1
