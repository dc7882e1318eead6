"""The ways of telling people that the settings name."""

from __future__ import annotations

from klagg_tui.alerting.command import Command
from klagg_tui.alerting.desktop import Desktop
from klagg_tui.alerting.way import Way
from klagg_tui.config import Alerts


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
