"""Any symbol in any locale: names are text and never markup, and no command ends in an encoding error."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from klagg_tui.commands.shared.plain_signs import plain
from klagg_tui.commands.shared.progress import ProgressLine
from klagg_tui.commands.shared.tables import console
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, bar
from tests.shell import Klagg

WIDE = "币安人生USDT"
MARKED = "[red]X[/red]USDT"
PICTURE = ":smile:USDT"
NAMES = (WIDE, MARKED, PICTURE)


@pytest.fixture
def odd(klagg: Klagg, tmp_path: Path) -> Klagg:
    """klagg beside a database with those symbols, each with a hole."""

    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db") as store:
            for name in NAMES:
                await store.add_confirmed([bar(START, symbol=name), bar(START + 2 * MINUTE, symbol=name)])

    asyncio.run(fill())
    return klagg


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are_and_mean_themselves(odd: Klagg, name: str) -> None:
    assert name in odd("symbols", "--db", "a.db").out
    assert name in odd("symbols", name.lower(), "--db", "a.db").out
    assert name in odd("db", "--symbols", "--db", "a.db").out
    assert name in odd("audit", "--db", "a.db").out
    (first, _) = json.loads(odd("bars", name, "--json", "--db", "a.db").out)
    assert first["symbol"] == name
    assert odd("bars", name, "--db", "a.db").status == 0
    assert len(odd("export", "-s", name, "--db", "a.db").out.splitlines()) == 3


def test_names_are_no_markup_in_tables_and_beside_a_bar_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(f"{MARKED} {PICTURE}")
    assert capsys.readouterr().out == f"{MARKED} {PICTURE}\n"
    times_s = iter((0.0, 20.0))
    with ProgressLine(clock=lambda: next(times_s)) as line:
        line.show(f"{MARKED}{PICTURE}", 1, 2, 3)
    assert capsys.readouterr().err.startswith(f"{MARKED}{PICTURE}: 50%")


LOCALES = {
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "UTF-8": {"PYTHONIOENCODING": "utf-8"},
}
ENCODINGS = {"C": "utf-8", "C without UTF-8": "ascii", "latin-1": "latin-1", "ascii": "ascii", "UTF-8": "utf-8"}
COMMANDS = [
    ("symbols",),
    ("bars", WIDE),
    ("bars", "*X*"),
    ("audit",),
    ("audit", "--symbol", WIDE),
    ("db", "--symbols"),
    ("export", "-s", WIDE, "-o", "out/"),
    ("symbols", b"\xff*".decode(errors="surrogateescape")),
    ("import", b"no\xff.csv".decode(errors="surrogateescape")),
    ("import", "币.csv"),
    ("import", "bars.csv", "--symbol", WIDE),
    ("db", "backup", b"copy\xff.db".decode(errors="surrogateescape")),
    ("config",),
    ("--help",),
    ("audit", "--help"),
]


_ONE_BY_ONE = """
import sys
from klagg_tui import cli

commands = " ".join(sys.argv[1:]).split(" ; ")
for command in commands:
    sys.argv = ["klagg", *command.split(" ")]
    try:
        cli.main()
    except SystemExit as left:
        status = left.code
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        stream.buffer.write(b"\\0%d\\0" % status)
        stream.buffer.flush()
"""
"""Commands parted by semicolons, in one process that has the locale: to start one takes longer than what most of them do."""


def typed(folder: Path, locale: str, *commands: tuple[str, ...]) -> list[tuple[int, bytes, bytes]]:
    """Commands as that locale has them: of each its status, and what it wrote."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHON", "LANG"))}
    environment |= {"KLAGG_CONFIG": str(folder / "empty.toml"), "XDG_STATE_HOME": str(folder), "COLUMNS": "200"}
    (folder / "empty.toml").touch()
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    given = [(*one, *(() if one[0] in {"config", "--help"} else ("--db", "a.db"))) for one in commands]
    words = " ; ".join(map(" ".join, given)).split(" ")
    done = subprocess.run(
        [*map(os.fsencode, (sys.executable, "-c", _ONE_BY_ONE, *words))],
        cwd=folder,
        env=environment | LOCALES[locale],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *out, _ = done.stdout.split(b"\0")
    *err, _ = done.stderr.split(b"\0")
    assert out[1::2] == err[1::2]
    assert len(out) == 2 * len(commands)
    return [*zip(map(int, out[1::2]), out[::2], err[::2], strict=True)]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.usefixtures("odd")
def test_no_command_ends_in_an_encoding_error(tmp_path: Path, locale: str) -> None:
    (tmp_path / "bars.csv").write_text(f"{START},1,1,1,1,1,{START + MINUTE - 1},1,1,0,0,0\n")
    for args, (status, out, err) in zip(COMMANDS, typed(tmp_path, locale, *COMMANDS), strict=True):
        told = (out + err).decode(ENCODINGS[locale])  # fails where a sign was written that this terminal does not know
        assert "unexpected" not in told, args
        assert "Error" not in told, args
        assert status in {0, 1}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.usefixtures("odd")
def test_a_sign_that_cannot_be_written_has_a_stand_in_as_wide_and_json_is_whole(tmp_path: Path, locale: str) -> None:
    (status, table, _), (_, listed, _), (_, exported, _) = typed(
        *(tmp_path, locale),
        ("symbols", WIDE),
        ("symbols", "--json", WIDE),
        ("export", "-s", WIDE, "-f", "jsonl"),
    )
    shown = table.decode(ENCODINGS[locale])
    assert status == 0
    assert (WIDE if ENCODINGS[locale] == "utf-8" else "????????USDT") in shown
    (known,) = json.loads(listed.decode(ENCODINGS[locale]))
    assert known["symbol"] == WIDE
    assert json.loads(exported.splitlines()[0])["symbol"] == WIDE, "files are UTF-8 everywhere"


@pytest.mark.parametrize(
    ("text", "stand_ins"),
    [
        ("▲ 币 – 1\u202f000 …", "^ ?? - 1 000 ."),
        ("▁▂▃▄▅▆▇█", "_.:-=+*#"),
        ("┌─┬│╭╮", "+-+|++"),
        ("e\u0301", "e"),
        (b"\xff".decode(errors="surrogateescape"), "\\xff"),
    ],
)
def test_stand_ins(text: str, stand_ins: str) -> None:
    assert plain(text) == stand_ins
