"""`klagg replay`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from klagg_tui.commands.shared.options import periods_of, settings_of
from klagg_tui.errors import BadUsage

_EXAMPLES = """
[bold]Examples[/bold]

klagg replay BTCUSDT-aggTrades-2024-08-08.zip

klagg replay recorded.jsonl.gz --speed 60

klagg replay BTCUSDT-*.zip ETHUSDT-*.zip --speed max --periods 1m,15m,1h

klagg replay BTCUSDT-*.zip --alert 'chg(15m)>1 and rvol(5m)>3'
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", epilog=_EXAMPLES)(replay)


def replay(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Trades: archives of the exchange, or JSON lines of events.")],
    speed: Annotated[
        str | None,
        typer.Option(metavar="X|max", help="How many recorded seconds a second, by default 1; max: no waiting."),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", "-s", help="Symbol of CSV files whose name does not say it.")
    ] = None,
    periods: Annotated[
        list[str] | None,
        typer.Option("--periods", "-p", help="Periods to make, with commas; by default the usual seven."),
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option("--db", metavar="PATH", help="Keep the bars in this file; by default they are thrown away."),
    ] = None,
    alert: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPR",
            help="Print when this would have fired, without a terminal and as fast as it can be read; may be given again.",
        ),
    ] = None,
) -> None:
    """Play recorded trades into the terminal, through the same engine as live ones; or try alerts on them.

    A tried alert is looked at after each recorded second and fires for the same symbol again after a minute.
    """
    from klagg_tui.commands.shared.backtest import try_alerts
    from klagg_tui.commands.shared.watch import require_terminal
    from klagg_tui.engine.period import DEFAULT_PERIODS
    from klagg_tui.runtime.playback import ReplayPlayback, passes
    from klagg_tui.runtime.replay import Replay
    from klagg_tui.runtime.source import Plan
    from klagg_tui.runtime.stop_signals import StopSignals
    from klagg_tui.runtime.worker import Runtime
    from klagg_tui.showing import run

    wanted = periods_of(periods) if periods else DEFAULT_PERIODS
    if alert:
        if speed is not None or db is not None:
            raise BadUsage("--alert reads as fast as it can and keeps nothing: leave --speed and --db out.")
        try_alerts(Replay(files, None, symbol), alert, wanted, settings_of(ctx))
        return
    source = Replay(files, _speed(speed or "1"), symbol)
    require_terminal("`klagg import` takes the same files into a database without one")
    # The chart reads older bars from a database, so one is there in any case.
    with StopSignals() as stop, tempfile.TemporaryDirectory(prefix="klagg-replay-") as folder:
        runtime = Runtime(
            Plan(lambda: source, wanted, db, source.bars_of) if db else passes(source, wanted, Path(folder))
        )
        run(runtime, stop, state_name="replay", playback=ReplayPlayback(source, runtime))


def _speed(text: str) -> float | None:
    """Recorded seconds a second, None for no waiting."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1_000_000:
        raise BadUsage(f"--speed takes a number above 0 or max, not {text!r}.")
    return speed
