"""`klagg import`: what was typed wrong is told as that, whoever holds the database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from klagg_tui.storage.store import Store
from tests.shell import Klagg


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("none.csv",), "none.csv cannot be read: No such file or directory."),
        (("--legacy", "none.db"), "none.db cannot be read: there is no such file."),
        (("none.csv", "-m", "mars"), "There is no market mars"),
        (("none.csv", "--contract-value", "x"), "--contract-value takes a positive number"),
    ],
)
def test_a_slip_is_told_before_another_klagg_that_holds_the_database(
    klagg: Klagg, tmp_path: Path, args: tuple[str, ...], told: str
) -> None:
    with asyncio.Runner() as beside:
        store = beside.run(Store.open(tmp_path / "a.db"))
        said = klagg("import", *args, "--db", "a.db")
        beside.run(store.close())
    assert told in said.err
    assert "Another klagg" not in said.err
