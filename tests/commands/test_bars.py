"""`klagg bars` and `klagg symbols`."""

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from klagg_tui.storage.store import Store
from tests.importing.test_importer import event, file_of
from tests.makers import MINUTE, START, trades
from tests.shell import Klagg


@pytest.fixture
def filled(klagg: Klagg, tmp_path: Path) -> Klagg:
    made = [
        one
        for symbol in ("BTCUSDT", "牛来USDT")
        for one in trades(range(START, START + 60 * MINUTE, 20_000), symbol=symbol)
    ]
    file_of(tmp_path / "a.jsonl", map(event, made))
    assert klagg("import", "a.jsonl", "--db", "a.db").status == 0
    return klagg


def test_the_last_bars_are_a_table_with_a_line_of_closes(filled: Klagg) -> None:
    said = filled("bars", "btcusdt", "--db", "a.db", "-n", "5")
    assert said.status == 0
    assert [line.split()[1] for line in said.out.splitlines() if "2024-08-08" in line] == [
        "00:55",
        "00:56",
        "00:57",
        "00:58",
        "00:59",
    ]
    assert any(sign in said.out.splitlines()[-1] for sign in "▁▂▃▄▅▆▇█")
    assert "partial" in said.out


def test_bars_as_json_are_what_export_writes(filled: Klagg) -> None:
    shown = json.loads(filled("bars", "牛来USDT", "5m", "--json", "--db", "a.db").out)
    written = filled("export", "-s", "牛来USDT", "-p", "5m", "-f", "jsonl", "--db", "a.db").out
    assert shown == [json.loads(line) for line in written.splitlines()]


def test_a_pattern_of_several_symbols_shows_none_of_them_for_the_others(filled: Klagg) -> None:
    said = filled("bars", "*", "--db", "a.db")
    assert (said.status, said.out) == (2, "")
    assert "* is 2 symbols: name one of them, like BTCUSDT, 牛来USDT." in said.err
    assert filled("bars", "B*", "--db", "a.db").status == 0


def test_bars_before_a_time_end_there(filled: Klagg) -> None:
    said = filled("bars", "BTCUSDT", "1m", "--to", "2024-08-08T00:10", "-n", "2", "--json", "--db", "a.db")
    assert [bar["open_time"] for bar in json.loads(said.out)] == [START + 8 * MINUTE, START + 9 * MINUTE]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["bars", "BTCUSD"], "did you mean BTCUSDT"),
        (["bars", "BTCUSDT", "2h"], "There are no 2h bars"),
        (["symbols", "X*"], "There are no bars of X*"),
    ],
)
def test_what_is_not_there_is_one_sentence(filled: Klagg, args: list[str], sentence: str) -> None:
    said = filled(*args, "--db", "a.db")
    assert (said.status, said.out) == (1, "")
    assert sentence in said.err


def test_symbols_are_listed_with_their_first_and_last_bar(filled: Klagg) -> None:
    lines = filled("symbols", "--db", "a.db").out.splitlines()
    shown = [line.split()[:5] for line in lines if "USDT" in line]
    assert shown == [[symbol, "2024-08-08", "00:00", "2024-08-08", "00:59"] for symbol in ("BTCUSDT", "牛来USDT")]


def test_symbols_as_json_have_times_and_the_last_price(filled: Klagg) -> None:
    (found,) = json.loads(filled("symbols", "BTC*", "--json", "--db", "a.db").out)
    assert (found["from"], found["to"], found["active"]) == (START, START + 59 * MINUTE, True)
    bars = json.loads(filled("bars", "BTCUSDT", "-n", "1", "--json", "--db", "a.db").out)
    assert found["last_price"] == bars[0]["close"]


def test_local_times_name_their_zone(filled: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        said = filled("bars", "BTCUSDT", "--local", "-n", "1", "--db", "a.db")
        assert "open (JST)" in said.out
        assert "2024-08-08 09:59" in said.out
    finally:
        monkeypatch.undo()
        time.tzset()


async def _made(path: Path) -> None:
    await (await Store.open(path)).close()


def test_an_empty_database_has_no_symbols_and_no_bars(klagg: Klagg, tmp_path: Path) -> None:
    asyncio.run(_made(tmp_path / "a.db"))
    said = klagg("symbols", "--db", "a.db")
    assert (said.status, said.out) == (0, "")
    assert said.err.startswith("No symbol is stored yet: ")
    assert json.loads(klagg("symbols", "--json", "--db", "a.db").out) == []
    assert "There are no bars of BTCUSDT" in klagg("bars", "BTCUSDT", "--db", "a.db").err
    assert "There are no such bars" in klagg("export", "--db", "a.db").err


def test_a_narrow_terminal_gets_fewer_columns_and_whole_values(filled: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "klagg_tui.commands.shared.tables.Console", partial(Console, force_terminal=True, width=70, height=25)
    )
    lines = filled("bars", "BTCUSDT", "--db", "a.db").out.splitlines()
    assert max(cell_len(Text.from_ansi(line).plain) for line in lines) <= 70
    assert "…" not in "".join(lines)
    assert "takers" not in lines[1]
    assert all(name in lines[1] for name in ("high", "low", "close", "change", "state"))
