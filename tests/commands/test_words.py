"""Words that stand for a command of another name."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from klagg_tui import cli
from klagg_tui.commands.shared.words import MEANT
from klagg_tui.storage.store import Store
from tests.makers import bars
from tests.shell import Klagg


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alerts list", "alerts"),
        ("alerts ls --json", "alerts --json"),
        ("alerts --json list", "alerts --json"),
        ("alert show", "alerts"),
        ("alerts rm 1", "alerts remove 1"),
        ("alerts list bogus", "alerts bogus"),
        ("db list", "db"),
        ("db --json info", "db --json"),
        ("db symbols", "db --symbols"),
        ("database missing", "db owed"),
        ("config show", "config"),
        ("settings path", "config --path"),
        ("config example", "config --example"),
        ("symbols list --json", "symbols --json"),
        ("symbols --json --db list list", "symbols --json --db list"),
        ("symbols --json A list", "symbols --json A list"),
        ("symbols ls *USDC", "symbols *USDC"),
        ("symbol BTCUSDT", "symbols BTCUSDT"),
        ("version", "--version"),
        ("help", "--help"),
        ("help export", "export --help"),
        ("alerts help add", "alerts add --help"),
        ("help alerts", "alerts --help"),
        ("watch", ""),
        ("live --sort nothing", "--sort nothing"),
    ],
)
def test_a_word_that_is_typed_for_another_one_does_what_that_does(klagg: Klagg, typed: str, meant: str) -> None:
    klagg("alerts", "add", "last>7")
    said = klagg(*typed.split())
    if "rm" in typed:
        klagg("alerts", "add", "last>7")
    assert said == klagg(*meant.split())


def test_symbols_are_named_one_by_one_or_with_commas(klagg: Klagg, tmp_path: Path) -> None:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db") as store:
            for name in ("AUSDT", "BUSDT", "CUSDT"):
                await store.add_confirmed(bars(2, symbol=name))

    asyncio.run(fill())
    for typed in (("AUSDT", "busdt"), ("AUSDT,BUSDT",), ("list", "[ab]*")):
        rows = klagg("symbols", "--db", "a.db", "--json", *typed)
        assert [row["symbol"] for row in json.loads(rows.out)] == ["AUSDT", "BUSDT"], typed
    assert len(json.loads(klagg("symbols", "--db", "a.db", "--json").out)) == 3


def test_what_is_no_word_for_anything_is_told_with_what_is_near(klagg: Klagg) -> None:
    assert klagg("exprot").err == "No such command 'exprot'. Did you mean 'export'? `klagg --help` says more.\n"
    assert klagg("db", "shrink").err == "No such command 'shrink'; `klagg db --help` says more.\n"
    assert klagg("config", "edit").status == 2


def test_no_such_word_hides_a_command_and_each_leads_to_one() -> None:
    def check(command: Any, name: str) -> None:
        subs = getattr(command, "commands", {})
        for word, instead in MEANT.get(name, {}).items():
            assert word not in subs
            assert not instead or instead[0] in subs or instead[0] in {opt for p in command.params for opt in p.opts}
        for sub in subs:
            check(subs[sub], sub)

    check(get_group(cli.app), "klagg")
    assert set(MEANT) <= {"klagg", *get_group(cli.app).commands}
