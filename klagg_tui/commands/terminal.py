"""`klagg` without a command: the terminal on the real market."""

from __future__ import annotations

from klagg_tui.commands.shared.settings import Chosen
from klagg_tui.commands.shared.watch import watch


def open_terminal(chosen: Chosen, *, is_served: bool = False) -> None:
    """Watch the market that the settings name; a simulated one where the person asks for it there.

    Raises:
        KlaggError: there is no terminal, or the engine cannot start.
    """
    from klagg_tui.runtime.plans import live_plan

    settings = chosen.load().settings
    if watch(live_plan(settings), settings, is_served=is_served):
        from klagg_tui.commands.demo import watch_demo

        watch_demo(settings)
