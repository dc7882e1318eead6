"""`klagg attach`: a window on the market that a klagg on another machine records."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.commands.shared.start import FilterOption, ListOption, SortOption, Start, ViewOption

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg attach http://192.0.2.1:8787 --token ...

KLAGG_SERVE_TOKEN=... klagg attach https://bars.example.org --view wall
"""
_STATE: Final = "attach"
"""The file of the preferences: alerts that somebody makes here belong to no database of this machine."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("attach", epilog=_EXAMPLES)(attach)


@with_settings("screen", "log")
def attach(
    chosen: Chosen,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where `klagg serve` is: the address of its page.")],
    token: Annotated[
        str | None, typer.Option(metavar="TOKEN", envvar="KLAGG_SERVE_TOKEN", help="What its readers need.")
    ] = None,
    filter_text: FilterOption = None,
    sort: SortOption = None,
    shown_list: ListOption = None,
    view: ViewOption = None,
) -> None:
    """Show the market that a klagg on another machine records and serves; the same screens, nothing kept here.

    On the machine that records, `klagg` alone does it. What is exported is exported there.
    """
    from klagg_tui.attach.link import RemoteDoor

    door = RemoteDoor(url, token)
    settings = chosen.load().settings

    from klagg_tui.attach.window import Window
    from klagg_tui.commands.shared.options import start_log
    from klagg_tui.commands.shared.output import tell
    from klagg_tui.commands.shared.watch import require_keymap, require_terminal
    from klagg_tui.runtime.stop_signals import StopSignals
    from klagg_tui.showing import run

    require_terminal("its page in a browser shows one symbol")
    require_keymap(settings)
    begin = Start(filter_text, sort, shown_list, view).begin(settings, settings.market.periods, _STATE)
    start_log(settings, None)
    with StopSignals() as stop:
        window = Window(door, patience_s=0.0)
        window.begin()
        # A name that nobody knows, or a host that says nothing, takes its seconds.
        tell(f"Asking {door.name} for its market.", err=True)
        run(
            window,
            stop,
            settings.screen,
            names=settings.names,
            state_name=_STATE,
            begin=begin,
            alerts=settings.alerts,
            attachment=window,
        )
