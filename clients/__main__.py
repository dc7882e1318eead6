"""`make clients`: lets well-known clients read the simulated exchange and says what each of them can make of it.

Four read the face of Binance USDⓈ-M, and ccxt reads every other one. `make clients ARGS="nautilus ccxt_pro:kraken"` asks those
only. Fails where a client reads something wrong, or not at all.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.table import Table

from clients.exchange import Exchange, simulated
from clients.judge import details, judged, misleading
from clients.readings import ACTIONS, CONTRACTS, Contract
from clients.truth import Judge
from clients.venues import NAMES, QUESTIONS, TRADES

CLIENTS: Final = ("ccxt_pro", "python_binance", "unicorn", "nautilus")
"""Of Binance USDⓈ-M."""
PATIENCE_S: Final = 180
"""For all that a client does; each action has a patience of its own."""
WIDTH: Final = 150
"""Where no terminal says."""
MOST_DETAILS: Final = 3
PYTHON: Final = Path(__file__).resolve().parents[1] / ".venv-clients" / "bin" / "python"

Judged = Callable[[str, list], Awaitable[str]]


@dataclass
class Report:
    """What came of one client."""

    name: str
    actions: Sequence[str] = ACTIONS
    """What is asked of it."""
    versions: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    troubles: dict[str, str] = field(default_factory=dict)
    """Of each action that was tried; empty where all is right."""
    details: list[str] = field(default_factory=list)
    wrong_details: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Other machines it looked for."""

    @property
    def is_good(self) -> bool:
        """Whether everything was tried and found right."""
        tried = all(self.troubles.get(action) == "" for action in self.actions)
        return tried and not self.wrong_details and not self.refused


def main(wanted: list[str]) -> int:
    """Ask the clients and show what they say."""
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    known = (*CLIENTS, *NAMES)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        console.print(f"There is no {', '.join(unknown)}; there are {', '.join(known)}.")
        return 2
    if not PYTHON.exists():
        console.print("The environment of the clients is missing; make clients makes it.")
        return 2
    asked_for = wanted or known
    own, venues = [name for name in CLIENTS if name in asked_for], [name for name in NAMES if name in asked_for]
    reports, odd = asyncio.run(asked(own, console)) if own else ([], [])
    others = asyncio.run(asked_of_venues(venues, console))
    show(reports, ACTIONS, "expiry and tick as read", console)
    show(others, QUESTIONS, "compared", console)
    tell([*reports, *others], odd, console)
    return 0 if not odd and all(report.is_good for report in [*reports, *others]) else 1


async def asked(names: list[str], console: Console) -> tuple[list[Report], list[str]]:
    """One after the other, all against one exchange; and what is odd with that."""
    async with simulated() as exchange:
        reports = []
        for name in names:
            console.print(f"· {name}")
            report = Report(name)
            lines = await asked_one(report, exchange, lambda action, read: judged(action, read, exchange))
            info = await exchange.ask("exchangeInfo")
            if read := lines.get(CONTRACTS):
                report.details, report.wrong_details = details([Contract(*row) for row in read], info)
            reports.append(report)
        return reports, misleading(await exchange.ask("exchangeInfo"))


async def asked_of_venues(names: list[str], console: Console) -> list[Report]:
    """One after the other, each against a face of its own."""
    reports = []
    for name in names:
        console.print(f"· {name}")
        venue = NAMES[name]
        report = Report(name, [question for question in QUESTIONS if venue.page or question != TRADES])
        async with simulated(venue.key) as exchange:
            judge = Judge(venue, exchange)
            await asked_one(report, exchange, judge.judged)
            report.details = judge.seen
        reports.append(report)
    return reports


async def asked_one(report: Report, exchange: Exchange, judge: Judged) -> dict[str, list]:
    """A client in a process of its own; what it read, by action."""
    read: dict[str, list] = {}
    with TemporaryDirectory() as folder:
        output, log = Path(folder) / "read.jsonl", Path(folder) / "log.txt"
        output.touch()
        await run(report.name, exchange, output, log)
        for line in output.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if "versions" in told:
                report.versions, report.notes = told["versions"], told["notes"]
            elif "refused" in told:
                report.refused.append(told["refused"])
            elif "trouble" in told:
                report.troubles[told["action"]] = told["trouble"]
            else:
                read[told["action"]] = told["read"]
                report.troubles[told["action"]] = await judge(told["action"], told["read"])
        if not report.troubles:
            said = log.read_text(encoding="utf-8", errors="replace").split("\n")
            report.troubles[CONTRACTS] = next((line for line in reversed(said) if line.strip()), "it said nothing")
    return read


async def run(name: str, exchange: Exchange, output: Path, log: Path) -> None:
    """Until it is through, or its time is up."""
    command = (str(PYTHON), "-m", "clients.child", name, exchange.rest_url, exchange.ws_url, str(output))
    with log.open("wb") as file:
        child = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=file, stderr=STDOUT)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await child.wait()
        except TimeoutError:
            pass  # What it did not reach is missing in its account.
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()


def show(reports: list[Report], actions: Sequence[str], last: str, console: Console) -> None:
    """A row a client."""
    if not reports:
        return
    table = Table("client", *actions, last, show_lines=True)
    for report in reports:
        versions = [f"{package} {version}" for package, version in report.versions.items()]
        cells = [word(report.troubles.get(action)) if action in report.actions else "–" for action in actions]
        seen = [*report.details, *(f"✗ {len(report.wrong_details)} wrong" for _ in report.wrong_details[:1])]
        table.add_row("\n".join([report.name, *versions]), *cells, "\n".join(seen))
    console.print(table, markup=False)


def tell(reports: list[Report], odd: list[str], console: Console) -> None:
    """What is wrong in full, and then what a client cannot do."""
    for line in [
        *(f"✗ exchangeInfo: {text}" for text in odd),
        *(line for report in reports for line in wrongs(report)),
    ]:
        console.print(line, markup=False, highlight=False)
    for report in reports:
        for note in report.notes:
            console.print(f"· {report.name}: {note}", markup=False, highlight=False)


def word(trouble: str | None) -> str:
    """For a cell of the table."""
    if trouble is None:
        return "✗ not reached"
    return f"✗ {shortened(trouble, 32)}" if trouble else "ok"


def wrongs(report: Report) -> list[str]:
    """A line for everything that is wrong with a client."""
    found = [f"{action}: {shortened(trouble, 300)}" for action, trouble in report.troubles.items() if trouble]
    found += report.wrong_details[:MOST_DETAILS]
    if more := report.wrong_details[MOST_DETAILS:]:
        found.append(f"and so on, {len(more)} more")
    found += [f"looked for {host} and was refused" for host in report.refused]
    return [f"✗ {report.name}: {text}" for text in found]


def shortened(text: str, most: int) -> str:
    """Its beginning."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
