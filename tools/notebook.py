"""Runs what docs/notebook.md shows, section by section, in a folder with a database, and looks at what came of it.

`make notebooks` does it with every library that the document is about; `make test` with those that are there anyway.
"""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shlex
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.storage.store import Store

ROOT: Final = Path(__file__).resolve().parents[1]
DOCUMENT: Final = ROOT / "docs" / "notebook.md"
_SECTION: Final = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

START_MS: Final = 1_723_075_200_000
"""2024-08-08 00:00:00 UTC."""
MINUTES: Final = 2_880

CHECKS: Final = {
    "pandas": "assert days['close'].tolist() == [102.0, 105.8] and close.shape == (48, 2)",
    "Polars": "assert paid['count'].to_list() == [2880 * 5] * 2 and isinstance(paid['quote_volume'].dtype, pl.Decimal)",
    "DuckDB": "assert [row[:2] for row in paid.fetchall()] == [('BTCUSDT', 111), ('ETHUSDT', 55.5)]",
    "backtrader": "assert len(feed) == 576 and feed.close[0] == 105.8 and cerebro.broker.getvalue() != 10_000",
    "backtesting.py": "assert len(bars) == 576 and stats['# Trades'] == 1",
    "vectorbt": "assert portfolio.wrapper.shape == (576, 2)",
    "nautilus_trader": "assert len(bars) == 48 and str(bars[-1].close) == '105.8' and bars[-1].ts_init == 1723248000000000000",
    "freqtrade": "assert len(bars) == 48 and bars['close'].iloc[-1] == 105.8 and str(bars['date'].iloc[0]) == '2024-08-08 00:00:00+00:00'",
    "mplfinance": "assert open('bars.png', 'rb').read(4)[1:] == b'PNG'",
    "lightweight-charts": "assert chart.candle_data.shape == (48, 6)",
}
"""What has to be so behind a section, by its name."""


class Block(NamedTuple):
    """A block of code."""

    language: str
    text: str


class Section(NamedTuple):
    """What the document shows of one library."""

    name: str
    blocks: tuple[Block, ...]

    @property
    def python(self) -> str:
        """Its lines of Python."""
        return "".join(block.text for block in self.blocks if block.language == "python")

    @property
    def commands(self) -> list[list[str]]:
        """Its command lines."""
        lines = "".join(block.text for block in self.blocks if block.language == "sh").splitlines()
        return [shlex.split(line) for line in lines]

    def missing(self) -> list[str]:
        """The libraries and commands of it that are not installed here."""
        wanted = {"pandas", "pyarrow"} if "db.frame" in self.python or "db.arrow" in self.python else set()
        for node in ast.walk(ast.parse(self.python)):
            if isinstance(node, ast.Import):
                wanted |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                wanted.add(str(node.module).partition(".")[0])
        programs = {command[0] for command in self.commands} - {"klagg"}
        there = Path(sys.executable).parent
        return sorted(
            [*(name for name in wanted if find_spec(name) is None), *(p for p in programs if not (there / p).exists())]
        )


def sections() -> tuple[str, list[Section]]:
    """The lines with which everything begins, and what follows on them."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, *parts = _SECTION.split(text)
    opening = "".join(code for _, code in _BLOCK.findall(before))
    found = [
        Section(name, tuple(Block(*block) for block in _BLOCK.findall(part)))
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    ]
    return opening, found


def make_database(path: Path) -> None:
    """Two days of two symbols, the second half as dear as the first."""
    asyncio.run(_fill(path))


async def _fill(path: Path) -> None:
    async with await Store.open(path, periods=DEFAULT_PERIODS, market="binance-um") as store:
        await store.add_confirmed([*_bars("BTCUSDT", 2), *_bars("ETHUSDT", 1)])


def _bars(symbol: str, worth: int) -> list[Bar]:
    return [_bar(symbol, worth, at) for at in range(MINUTES)]


def _bar(symbol: str, worth: int, at: int) -> Bar:
    """A price that goes up and down every five hours."""
    swing = abs(at % 600 - 300)
    price = parsing.price(f"{50 + swing // 60}.{swing // 6 % 10}") * worth
    high, low = price + parsing.price("0.5") * worth, price - parsing.price("0.5") * worth
    volume = parsing.quantity(f"{1 + at % 3}.5")
    open_ms = START_MS + at * MINUTE_MS
    sums = volume, volume * price, 5, volume, volume * price
    return Bar(symbol, Period.M1, open_ms, price, high, low, price, *sums, State.CONFIRMED)


def run(opening: str, section: Section, folder: Path) -> str:
    """What went wrong, empty where nothing did; `folder` gets the database and whatever is written."""
    make_database(folder / "klagg.db")
    script = folder / "section.py"
    script.write_text(f"{opening}\n{section.python}\n{CHECKS[section.name]}\n", encoding="utf-8")
    for command in [*section.commands, ["python", str(script)]]:
        done = subprocess.run(
            _here(command), cwd=folder, env=_environment(), capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode:
            return f"{' '.join(command)}\n{done.stdout[-2_000:]}{done.stderr[-4_000:]}"
    return ""


def _here(command: list[str]) -> list[str]:
    program, *arguments = command
    if program == "klagg":
        return [sys.executable, "-m", "klagg_tui", *arguments]
    if program == "python":
        return [sys.executable, *arguments]
    return [str(Path(sys.executable).parent / program), *arguments]


def _environment() -> dict[str, str]:
    """A library that the document uses as it will soon not be used any more is an error too."""
    ours = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::DeprecationWarning:__main__", "MPLBACKEND": "Agg"}
    return os.environ | ours


def main(wanted: list[str]) -> int:
    """Run the sections that are named, or all of them; a library that is missing is a failure."""
    opening, found = sections()
    unknown = set(wanted) - {section.name for section in found}
    if unknown:
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(section.name for section in found)}.")
        return 2
    is_good = True
    for section in found:
        if wanted and section.name not in wanted:
            continue
        began = time.monotonic()
        with TemporaryDirectory() as folder:
            missing = section.missing()
            trouble = f"{', '.join(missing)} is not installed" if missing else run(opening, section, Path(folder))
        print(f"{'✗' if trouble else '·'} {section.name}  {time.monotonic() - began:.1f} s", flush=True)
        if trouble:
            is_good = False
            print(trouble)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
