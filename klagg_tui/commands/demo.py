"""`klagg demo`: a simulated market, a terminal on it, and a database that is thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.settings import Chosen, with_settings

if TYPE_CHECKING:
    from klagg_tui.config import Settings

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg demo

klagg demo --count 500 --speed 10 --faults all
"""
SYMBOLS: Final = 300


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=_EXAMPLES)(demo)


@with_settings("screen", "log", "market.periods")
def demo(
    chosen: Chosen,
    count: Annotated[
        int, typer.Option("--count", min=1, max=2000, metavar="NUMBER", help="Symbols that trade.")
    ] = SYMBOLS,
    speed: Annotated[float, typer.Option(min=0.01, max=3600, metavar="X", help="Simulated seconds a second.")] = 1.0,
    activity: Annotated[
        float, typer.Option(min=0.01, max=50_000, metavar="N", help="Aggregate trades a second, the whole market.")
    ] = 400.0,
    faults: Annotated[str, typer.Option(metavar="SPEC", help="What goes wrong; see klagg simulate --help.")] = "life",
    seed: Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Equal seeds give equal markets.")] = 1,
) -> None:
    """Watch a made-up market: no network, no account, no bars kept."""
    options = ("--symbols", str(count), "--speed", str(speed), "--activity", str(activity), "--faults", faults)
    watch_demo(chosen.load().settings, *options, "--seed", str(seed))


def watch_demo(settings: Settings, *options: str) -> None:
    """Run the simulated exchange and a terminal on it; everything goes when the person leaves."""
    from klagg_tui.commands.shared.watch import require_terminal, watch_until
    from klagg_tui.runtime.simulation import simulated_exchange
    from klagg_tui.runtime.stop_signals import StopSignals

    require_terminal("`klagg simulate` runs the simulated exchange without one")
    with (
        StopSignals() as stop,  # first, so that no signal leaves the folder behind
        tempfile.TemporaryDirectory(prefix="klagg-demo-") as folder,
        simulated_exchange(*(options or ("--symbols", str(SYMBOLS), "--activity", "400"))) as urls,
    ):
        # Here, so that both processes load at once: this is half a second of a core.
        from klagg_tui.runtime.plans import demo_plan

        plan = demo_plan(urls.rest, urls.ws, Path(folder) / "demo.db", settings.market.periods)
        watch_until(stop, plan, settings, state_name="demo")
