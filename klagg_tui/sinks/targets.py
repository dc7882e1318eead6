"""What an address means as the target of a sink."""

from __future__ import annotations

from typing import Final

from klagg_tui.errors import SinkError
from klagg_tui.sinks.target import Target

_POSTGRES: Final = ("postgresql", "postgres")
_NATS: Final = ("nats", "tls")
SCHEMES: Final = (*_POSTGRES, *_NATS)
"""Beginnings of addresses, before `://`."""


def target_of(address: str) -> Target:
    """The target at an address.

    Raises:
        SinkError: there is no such kind, or what it needs is not installed.
    """
    scheme = address.partition("://")[0]
    if scheme in _NATS:
        from klagg_tui.sinks.nats import NatsTarget

        return NatsTarget(address)
    if scheme in _POSTGRES:
        from klagg_tui.sinks.postgres import PostgresTarget

        return PostgresTarget(address)
    raise SinkError("Bars go to addresses like postgresql://USER:PASSWORD@HOST/DATABASE or nats://USER:PASSWORD@HOST.")
