"""`klagg` without a command: the terminal on the real market."""

from __future__ import annotations

from dataclasses import replace

import typer

from klagg_tui.commands.first_start import ask, is_first, remember
from klagg_tui.commands.shared.settings import Chosen
from klagg_tui.commands.shared.sinks import Sinks
from klagg_tui.commands.shared.start import NOWHERE, Start
from klagg_tui.commands.shared.watch import watch

_INTERRUPTED = 130


def open_terminal(chosen: Chosen, start: Start = NOWHERE, *, is_served: bool = False) -> None:
    """Watch the market that the settings name; a simulated one where the person asks for it there.

    Raises:
        KlaggError: there is no terminal, or the engine cannot start.
    """
    effective = chosen.load(watches=True)
    settings, wants_demo = effective.settings, False
    if is_first(effective):
        try:
            wish = ask(settings.market.proxy)
        except KeyboardInterrupt:
            raise typer.Exit(_INTERRUPTED) from None
        wants_demo = wish.wants_demo
        if wish.venues:
            if wish.is_answer:
                remember(effective.path, wish.venues)
            settings = replace(settings, market=replace(settings.market, venues=wish.venues))
    if not wants_demo:
        from klagg_tui.runtime.plans import live_plan

        with Sinks(settings) as sinks:
            plan = sinks.beside(live_plan(settings))
            wants_demo = watch(plan, settings, start, is_served=is_served, typed=chosen.flags)
    if wants_demo:
        from klagg_tui.commands.demo import watch_demo

        watch_demo(settings, start=start)
