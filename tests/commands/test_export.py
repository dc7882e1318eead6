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
from klagg_tui.storage.store import Store
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
