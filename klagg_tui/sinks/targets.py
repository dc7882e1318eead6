"""What an address means as the target of a sink."""

from __future__ import annotations

from typing import Final

from klagg_tui.errors import SinkError
from klagg_tui.sinks.target import Target

SCHEMES: Final = ("postgresql", "postgres")
"""Beginnings of addresses, before `://`."""


def target_of(address: str) -> Target:
    """The target at an address.

    Raises:
        SinkError: there is no such kind, or what it needs is not installed.
    """
    if address.partition("://")[0] in SCHEMES:
        from klagg_tui.sinks.postgres import PostgresTarget

        return PostgresTarget(address)
    raise SinkError("Bars go to addresses like postgresql://USER:PASSWORD@HOST/DATABASE.")
