"""`klagg demo`: simulated markets, a terminal on them, and a database that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.commands.shared.start import NOWHERE, FilterOption, ListOption, SortOption, Start, ViewOption
from klagg_tui.config.reading import flag_text, problems_of_flag
from klagg_tui.config.table import BY_NAME
from klagg_tui.errors import BadUsage, ConfigError
from klagg_tui.exchange.registry import DEFAULT, keys

if TYPE_CHECKING:
    from klagg_tui.config import Settings

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg demo

klagg demo --count 500 --speed 10 --faults all

klagg demo --venue binance-um,coinbase,kraken
"""
SYMBOLS: Final = 300
ACTIVITY: Final = 400.0
_VENUES: Final = BY_NAME["market.venues"]
_STATE: Final = "demo"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=_EXAMPLES)(demo)


@with_settings("screen", "log", "market.periods")
def demo(
    chosen: Chosen,
    venue: Annotated[
        list[str] | None,
        typer.Option(metavar=_VENUES.kind.metavar, help=f"Whose markets are made up: {', '.join(keys())}."),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", min=1, max=2000, metavar="NUMBER", help="Symbols that trade, at all of them.")
    ] = SYMBOLS,
    speed: Annotated[float, typer.Option(min=0.01, max=3600, metavar="X", help="Simulated seconds a second.")] = 1.0,
    activity: Annotated[
        float, typer.Option(min=0.01, max=50_000, metavar="N", help="Aggregate trades a second, the whole market.")
    ] = ACTIVITY,
    faults: Annotated[str, typer.Option(metavar="SPEC", help="What goes wrong; see klagg simulate --help.")] = "life",
    seed: Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Equal seeds give equal markets.")] = 1,
    filter_text: FilterOption = None,
    sort: SortOption = None,
    shown_list: ListOption = None,
    view: ViewOption = None,
) -> None:
    """Watch a made-up market: no network, no account, no bars kept."""
    _check_faults(faults)
    options = ("--speed", str(speed), "--faults", faults, "--seed", str(seed))
    markets = shares(_venues(venue or chosen.flags.get(_VENUES.name)), count, activity, options)
    watch_demo(chosen.load().settings, markets, Start(filter_text, sort, shown_list, view))


def shares(
    venues: Sequence[str] = (DEFAULT,), count: int = SYMBOLS, activity: float = ACTIVITY, also: Sequence[str] = ()
) -> dict[str, tuple[str, ...]]:
    """The options of each venue's market: it has its part of the symbols and of the trades."""
    each, more = divmod(count, len(venues))
    return {
        key: (
            *("--venue", key, "--symbols", str(max(1, each + (place < more)))),
            *("--activity", f"{activity / len(venues):g}", *also),
        )
        for place, key in enumerate(venues)
    }


def _check_faults(text: str) -> None:
    """Refuse what the simulated exchange would: it runs in a process of its own, whose words nobody sees.

    Raises:
        BadUsage: there is no such fault.
    """
    from klagg_tui.simulator import FACE_FAULTS, KINDS
    from klagg_tui.simulator.faults.schedule import parse_schedule

    try:
        parse_schedule(text, 0, {**KINDS, **FACE_FAULTS})
    except ConfigError as error:
        raise BadUsage(f"--faults {text}: {error}") from error


def _venues(typed: Sequence[str] | None) -> tuple[str, ...]:
    """What was typed, also before the command's name; what is set besides does not count, as it is about real exchanges."""
    if not typed:
        return (DEFAULT,)
    if problems := problems_of_flag(_VENUES, typed):
        raise BadUsage(*problems)
    read: tuple[str, ...] = _VENUES.kind.from_text(flag_text(_VENUES, typed), Path())
    return read


def watch_demo(settings: Settings, markets: Mapping[str, Sequence[str]] | None = None, start: Start = NOWHERE) -> None:
    """Run simulated exchanges and a terminal on them; everything goes when the person leaves.

    `markets`: options of `klagg simulate` by venue; see `shares`.
    """
    from klagg_tui.commands.shared.watch import require_terminal, watch_until
    from klagg_tui.runtime.simulation import simulated_exchanges
    from klagg_tui.runtime.stop_signals import StopSignals

    require_terminal("`klagg simulate` runs the simulated exchange without one")
    begin = start.begin(settings, settings.market.periods, _STATE)
    with (
        StopSignals() as stop,  # first, so that no signal leaves the folder behind
        tempfile.TemporaryDirectory(prefix="klagg-demo-") as folder,
        simulated_exchanges(markets or shares()) as urls,
    ):
        # Here, so that all processes load at once: this is half a second of a core.
        from klagg_tui.runtime.plans import several_demo_plan

        plan = several_demo_plan(urls, Path(folder) / "demo.db", settings.market.periods)
        watch_until(stop, plan, settings, begin, state_name=_STATE)
