"""What others wrote, on its way through a command to the terminal and into the database: printable, or not let in."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.errors import KlaggError
from klagg_tui.texts import is_printable
from tests.importing.test_importer import HEADER, file_of, row
from tests.makers import START, trades
from tests.shell import Klagg, Said

EVIL = "\x1b[2J\r\u202eX\u200b\u3164\u2028"
SHOWN = r"\x1b[2J\r\u202eX\u200b\u3164\u2028"


def readable(said: Said) -> bool:
    """Whether nothing but ends of lines is in it that cannot be seen."""
    return all(map(is_printable, (said.out + said.err).split("\n")))


def lines() -> list[str]:
    return [HEADER, *map(row, trades([START, START + 1000]))]


def test_a_member_of_an_archive_is_named_printably(klagg: Klagg, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(f"no{EVIL}\nname.csv", "\n".join([*lines(), "damaged,row,x,1,2,3,true"]))
    said = klagg("import", "a.zip", "-s", "BTCUSDT", "--db", "a.db")
    assert said.status == 0
    assert rf"no{SHOWN}\nname.csv, line 4" in said.err
    assert readable(said)


def test_a_file_is_named_printably(klagg: Klagg, tmp_path: Path) -> None:
    file_of(tmp_path / f"no{EVIL}.csv", lines())
    said = klagg("import", f"no{EVIL}.csv", "--db", "a.db")
    assert said.status == 1
    assert f"no{SHOWN}.csv does not say which symbol it is about" in said.err
    assert readable(said)


@pytest.mark.parametrize("name", [f"BTC{EVIL[:4]}-aggTrades-2024-08-08.csv", "BTC\u3164USDT-aggTrades-2024-08-08.csv"])
def test_a_name_that_cannot_be_seen_is_no_symbol(klagg: Klagg, tmp_path: Path, name: str) -> None:
    file_of(tmp_path / name, lines())
    said = klagg("import", name, "--db", "a.db")
    assert said.status == 1
    assert "cannot be a symbol" in said.err
    assert readable(said)
    assert not (tmp_path / "a.db").exists()


def test_a_symbol_typed_that_cannot_be_seen_is_none(klagg: Klagg, tmp_path: Path) -> None:
    file_of(tmp_path / "a.csv", lines())
    said = klagg("import", "a.csv", "-s", "BTC\u202eUSDT", "--db", "a.db")
    assert (said.status, r"BTC\u202eUSDT, which cannot be a symbol" in said.err) == (1, True)


@pytest.mark.parametrize(
    "command", [("symbols",), ("symbols", "--json"), ("db", "--symbols"), ("db", "--symbols", "--json"), ("audit",)]
)
def test_a_name_in_somebody_elses_database_is_shown_printably(
    klagg: Klagg, tmp_path: Path, command: tuple[str, ...]
) -> None:
    file_of(tmp_path / "a.csv", [HEADER, *map(row, trades([START, START + 1000, START + 180_000]))])
    assert klagg("import", "a.csv", "-s", "BTCUSDT", "--db", "a.db").status == 0
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("UPDATE symbols SET name = ?", (EVIL,))
        connection.execute(
            "DELETE FROM history WHERE (period, minute) = (SELECT 0, min(minute) + 1 FROM history WHERE period = 0)"
        )
    said = klagg(*command, "--db", "a.db")
    assert readable(said)
    if "--json" in command:
        assert EVIL in {entry["symbol"] for entry in _entries(json.loads(said.out))}
    else:
        assert SHOWN in said.out


def _entries(document: object) -> list[dict[str, object]]:
    found = document["holdings"] if isinstance(document, dict) else document
    assert isinstance(found, list)
    return found


def test_what_is_typed_wrongly_is_told_printably(klagg: Klagg) -> None:
    assert readable(klagg("bars", EVIL, "--db", "none.db"))
    assert readable(klagg("bars", "BTCUSDT", f"--{EVIL}"))


def test_each_of_several_faults_has_a_line_and_none_makes_more(klagg: Klagg) -> None:
    for rest in ("foo", "fo\no"):
        said = klagg("record", "--db", "a.db", "--rest-url", rest, "--ws-url", "bar")
        first, second = said.err.splitlines()
        assert first.startswith("--rest-url is ")
        assert second.startswith("--ws-url is ")
        assert r"\n--ws-url" not in said.err


def test_only_lines_of_our_own_are_lines() -> None:
    assert str(KlaggError("one\nstill one", "two")) == "one\\nstill one\ntwo"
