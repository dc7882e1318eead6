"""The ways of telling people that the settings name."""

from __future__ import annotations

from klagg_tui.alerting.command import Command
from klagg_tui.alerting.desktop import Desktop
from klagg_tui.alerting.way import Way
from klagg_tui.config import Alerts


def unsent_text(settings: Alerts, market: str) -> str:
    """What of the settings is not used by a market whose alerts nobody keeps, as a sentence; empty where nothing is set."""
    named = ["desktop"] * settings.desktop + ["command"] * bool(settings.command) + ["webhook"] * bool(settings.webhook)
    if not named:
        return ""
    what = " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    are = "are" if len(named) > 1 else "is"
    return f"{market} sends no alerts: {what} of the settings {are} not used. `klagg alerts test` tries what is set."


def ways_of(settings: Alerts) -> tuple[Way, ...]:
    """Those beside the terminal, which whoever has one writes to."""
    ways: list[Way] = []
    if settings.desktop:
        ways.append(Desktop())
    if settings.command:
        ways.append(Command(settings.command))
    if settings.webhook:
        from klagg_tui.alerting.webhook import Webhook  # a HTTP client that the others do not need

        ways.append(Webhook(settings.webhook))
    return tuple(ways)
