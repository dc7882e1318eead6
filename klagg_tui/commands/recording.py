"""`klagg record`: the same engine without a screen."""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Final

import typer

from klagg_tui.commands.settings import Chosen, with_settings

if TYPE_CHECKING:
    from klagg_tui.market.face import Status
    from klagg_tui.runtime.worker import Runtime

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg record

klagg record --quote USDT --db usdt.db

klagg record --symbols BTCUSDT,ETHUSDT --periods 1m,1h --history 1000
"""
_LINE_S: Final = 1.0
"""Between two status lines on a terminal."""
_PLAIN_LINE_S: Final = 30.0
"""The same where the output is a file."""
_LOOK_S: Final = 0.2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("record", epilog=_EXAMPLES)(record)


@with_settings("market", "storage", "log")
def record(chosen: Chosen) -> None:
    """Record the market into the database, without a screen. Ctrl+C or SIGTERM writes the last state and leaves."""
    from klagg_tui import logs
    from klagg_tui.runtime.plans import live_plan
    from klagg_tui.runtime.worker import Runtime

    settings = chosen.load().settings
    if trouble := logs.start(settings.log.path, settings.log.level):
        typer.echo(trouble, err=True)
    run_headless(Runtime(live_plan(settings)), f"Recording into {settings.storage.database}. Ctrl+C ends it.")


def run_headless(runtime: Runtime, greeting: str) -> None:
    """Run without a screen, with a status line now and then, until Ctrl+C or SIGTERM."""
    stop = _StopSignals()
    runtime.start()
    typer.echo(greeting)
    _report(runtime, stop)
    runtime.cancel()
    runtime.wait()
    typer.echo(f"{_clear()}{_line(runtime.status())}")
    typer.echo("Stopped; the last state is written.")


class _StopSignals:
    """Remembers that SIGINT or SIGTERM came."""

    def __init__(self) -> None:
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True


def _report(runtime: Runtime, stop: _StopSignals) -> None:
    """A status line now and then, and every new trouble at once, until a signal comes or the engine ends."""
    told: tuple[str, ...] = ()
    next_s = time.monotonic()
    while not stop.came and not runtime.has_ended:
        runtime.take_changes()
        status = runtime.status()
        for notice in status.notices:
            if notice not in told:
                typer.echo(f"{_clear()}{notice}", err=True)
        told = status.notices
        if time.monotonic() >= next_s:
            typer.echo(f"{_clear()}{_line(status)}", nl=not sys.stdout.isatty())
            next_s = time.monotonic() + (_LINE_S if sys.stdout.isatty() else _PLAIN_LINE_S)
        time.sleep(_LOOK_S)


def _line(status: Status) -> str:
    now = datetime.fromtimestamp(status.exchange_now_ms / 1000, UTC)
    counters, health = status.counters, status.health
    parts = [
        f"{now:%Y-%m-%d %H:%M:%S} UTC",
        status.market,
        status.connection,
        f"{counters.trades:,} trades",
        f"{counters.gaps_filled:,}/{counters.gaps:,} gaps repaired",
        f"{health.get('bars equal', 0):,.0f} bars confirmed",
        f"{health.get('bars amended', 0):,.0f} amended",
        f"{health.get('rows written', 0):,.0f} rows written",
    ]
    if status.progress:
        parts.append(f"{status.progress.what} {status.progress.done:,}/{status.progress.total:,}")
    return " · ".join(parts)


def _clear() -> str:
    """What makes a terminal write its line anew."""
    return "\r\x1b[K" if sys.stdout.isatty() else ""
