"""`klagg export` where standard output is closed, missing, or given up by Ctrl+C."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.screens.state_file import StateFile, path_of
from klagg_tui.storage.store import Store
from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.preferences import Preferences
from tests.commands.beside import once, signalled, wait_for, written
from tests.makers import SYMBOL, bars
from tests.shell import Klagg

MANY = 5_000
"""More than a pipe holds when nobody reads it."""


@pytest.fixture
def filled(klagg: Klagg, tmp_path: Path) -> Klagg:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", periods=(Period.M1,)) as store:
            await store.add_confirmed(bars(MANY))

    asyncio.run(fill())
    return klagg


def test_names_are_typed_with_commas_or_several_times(filled: Klagg) -> None:
    for typed in (("-s", f"{SYMBOL}, {SYMBOL.lower()[:3]}*"), ("-s", SYMBOL, "-s", f"{SYMBOL[:3]}*,,")):
        said = filled("export", "--db", "a.db", *typed, "-o", "a.csv")
        assert (said.status, said.err) == (0, f"{MANY:,} bars in a.csv.\n")
    assert "There are no bars of NOBODY" in filled("export", "--db", "a.db", "-s", f"{SYMBOL},NOBODY").err


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("--for", "excel"), "Nothing is written for excel; --for takes backtesting, freqtrade, nautilus."),
        (("--for", "nautilus"), "--for nautilus fills a folder: name it with -o."),
        (
            ("--for", "backtesting"),
            "--for backtesting writes a file for each symbol and period: name a folder, -o bars/.",
        ),
        (("--for", "freqtrade", "-f", "csv"), "--for freqtrade says the whole format"),
        (("--for", "nautilus", "--numbers", "float"), "--for nautilus says the whole format"),
        (("--quote", "USDT"), "--quote is of --for freqtrade"),
    ],
)
def test_what_contradicts_files_of_another_program_is_said(
    filled: Klagg, typed: tuple[str, ...], sentence: str
) -> None:
    said = filled("export", "--db", "a.db", *typed)
    assert said.status == 2
    assert sentence in said.err


def test_files_of_another_program_are_told_of_as_others_are(klagg: Klagg, tmp_path: Path) -> None:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", market="binance-um") as store:
            await store.add_confirmed([*bars(5), *bars(5, symbol="BTCUSDC"), *bars(5, symbol="ETHBTC")])

    asyncio.run(fill())
    said = klagg("export", "--db", "a.db", "--for", "freqtrade", "--quote", "USDT", "-o", "data")
    assert said.status == 0
    assert said.err.startswith("5 bars in data/binance/futures/BTC_USDT_USDT-1m-futures.feather.\n")
    assert "Note: left out: No listing has told yet which coins BTCUSDC is of" in said.err
    assert "And 1 more.\n" in said.err
    said = klagg("export", "--db", "a.db", "--for", "backtesting", "--preset", "whole", "-o", "bars/")
    assert (said.status, said.err) == (0, "18 bars in 21 files in bars/.\n")
    said = klagg("export", "--db", "a.db", "--for", "backtesting", "-s", "BTCUSDT", "-o", "a.csv")
    assert said.err == "5 bars in a.csv.\n"


def test_a_pipe_that_nobody_reads_any_more_is_no_error(filled: Klagg) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe, redirect_stdout(pipe):
        said = filled("export", "--db", "a.db")
    assert (said.status, said.err) == (0, "")


def test_without_any_standard_output_a_file_has_to_be_named(filled: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as closed:
        closed.setattr(sys, "stdout", None)
        said = filled("export", "--db", "a.db")
        assert (said.status, said.err) == (2, "There is no standard output to write to; name a file with -o.\n")
        assert filled("export", "--db", "a.db", "-o", "a.csv").err == f"{MANY:,} bars in a.csv.\n"


@pytest.mark.usefixtures("whole_program")
def test_ctrl_c_ends_it_with_status_130_behind_a_whole_line(filled: Klagg) -> None:
    reader, writer = os.pipe()
    read: list[bytes] = []

    def interrupt_and_read() -> None:
        signalled(signal.SIGINT)
        wait_for(lambda: "Stopping: no half file is left." in written("stderr"))
        while part := os.read(reader, 65_536):
            read.append(part)

    def is_full() -> bool:
        return not select.select([], [writer], [], 0)[1]

    with once(is_full, interrupt_and_read), os.fdopen(writer, "w") as pipe, redirect_stdout(pipe):
        said = filled("export", "--db", "a.db", "-s", SYMBOL)
    os.close(reader)
    lines = b"".join(read).decode().splitlines()
    assert said.status == 130
    assert "bars in" not in said.err
    assert 1 < len(lines) < MANY
    assert {line.count(",") for line in lines} == {lines[0].count(",")}


@pytest.mark.parametrize("target", ["a.db", "./a.db", "a.db-wal", "a.db-shm", "a.db-lock"])
def test_a_database_is_no_target(filled: Klagg, tmp_path: Path, target: str) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    said = filled("export", "--db", "a.db", "-s", SYMBOL, "-o", target)
    what = "is a SQLite database" if target.endswith("a.db") else "belongs to the database a.db"
    shown = Path(target)
    assert (said.status, said.err) == (1, f"{shown} {what}: nothing was written; name another file.\n")
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["out.xyz", "out", "out.xyz.gz"])
def test_a_name_that_says_no_format_is_told_which_one_it_got(filled: Klagg, name: str) -> None:
    said = filled("export", "--db", "a.db", "-s", SYMBOL, "-o", name)
    told, note = said.err.splitlines()
    assert (said.status, told) == (0, f"{MANY:,} bars in {name}.")
    assert note == f"Note: the name {name} says no format, so it is csv; --format names another."


@pytest.mark.parametrize(
    "asked", [("out.csv",), ("OUT.CSV",), ("out.jsonl.gz",), ("out.xyz", "-f", "csv"), ("out/",), ("-",)]
)
def test_of_a_format_that_was_chosen_nothing_is_said(filled: Klagg, asked: tuple[str, ...]) -> None:
    assert "format" not in filled("export", "--db", "a.db", "-s", SYMBOL, "-o", *asked).err


# Presets.


@pytest.fixture
def presets(filled: Klagg) -> Klagg:
    """Presets as the terminal saves them."""
    preferences = Preferences(
        watchlists=(("Majors", (SYMBOL,)), ("Empty", ())),
        export_presets=(
            ExportPreset("ten", "1m", "2024-08-08T00:05", "2024-08-08T00:15", "whole", "★ Majors", "jsonl"),
            ExportPreset("gone", symbols="★ Gone"),
            ExportPreset("empty", symbols="★ Empty"),
            ExportPreset("nobody", symbols="NOBODY"),
            ExportPreset("odd", "7m"),
        ),
    )
    file = StateFile(path_of(), Preferences())
    file.update(preferences)
    file.flush()
    return filled


def test_a_preset_of_the_terminal_exports_what_its_form_would(presets: Klagg) -> None:
    said = presets("export", "--db", "a.db", "--preset", "ten")
    assert said.status == 0
    lines = said.out.splitlines()
    assert len(lines) == 10
    assert all(line.startswith("{") for line in lines)


def test_what_is_typed_beside_a_preset_goes_before_it(presets: Klagg, tmp_path: Path) -> None:
    assert presets("export", "--db", "a.db", "--preset", "ten", "-o", "a.csv").err == "10 bars in a.csv.\n"
    assert (tmp_path / "a.csv").read_text().startswith("open_time")
    assert presets("export", "--db", "a.db", "--preset", "ten", "--format", "csv").out.startswith("open_time")
    assert presets("export", "--db", "a.db", "--preset", "ten", "--to", "2024-08-08T00:02", "-o", "b.csv").err == (
        "2 bars in b.csv.\n"
    )
    assert "No bars match" in presets("export", "--db", "a.db", "--preset", "ten", "--state", "partial").err
    assert "There are no bars of ETH" in presets("export", "--db", "a.db", "--preset", "ten", "-s", "ETH").err


def test_all_periods_of_a_preset_are_those_that_are_stored(presets: Klagg) -> None:
    said = presets("export", "--db", "a.db", "--preset", "whole", "-o", "a.csv")
    assert (said.status, said.err) == (0, f"{MANY:,} bars in a.csv.\n")
    said = presets("export", "--db", "a.db", "--preset", "whole", "--resample", "1h", "-o", "b.csv")
    assert (said.status, said.err) == (0, "83 bars in b.csv.\n")


@pytest.mark.parametrize(
    ("name", "said", "status"),
    [
        ("tne", "There is no preset 'tne'; did you mean ten?", 2),
        ("zzz", "There is no preset 'zzz'; there are ten, gone, empty, nobody, odd, last-day, last-month, whole.", 2),
        ("gone", "The watchlist Gone of the preset gone is not there any more.", 2),
        ("empty", "The watchlist Empty of the preset empty is empty.", 2),
        ("nobody", "There are no bars of NOBODY", 1),
        ("odd", "7m", 2),
    ],
)
def test_a_preset_that_cannot_be_used_says_why(presets: Klagg, name: str, said: str, status: int) -> None:
    found = presets("export", "--db", "a.db", "--preset", name)
    assert said in found.err
    assert found.status == status


def test_presets_are_listed_and_mean_bars(presets: Klagg) -> None:
    said = presets("export", "--presets")
    rows = [line.split() for line in said.out.splitlines()]
    assert ["ten", "★", "Majors", "1m", "2024-08-08T00:05", "2024-08-08T00:15", "whole", "jsonl", "saved"] in rows
    assert any(row[:1] == ["last-day"] and row[-1] == "ready" for row in rows)
    assert "--preset chooses bars" in presets("export", "--db", "a.db", "--preset", "ten", "--what", "derivatives").err
    assert "--presets" in presets("export", "--help").out
