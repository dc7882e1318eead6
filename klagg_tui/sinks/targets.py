"""What an address means as the target of a sink."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from klagg_tui.errors import SinkError
from klagg_tui.sinks.target import Target

_POSTGRES: Final = ("postgresql", "postgres")
_NATS: Final = ("nats", "tls")
SCHEMES: Final = (*_POSTGRES, *_NATS)
"""Beginnings of addresses, before `://`."""
DATASETS: Final = ("s3", "gs", "file")
"""Of those of datasets."""


def target_of(address: str, database: Path, dataset_s: float = 0) -> Target:
    """The target at an address, for the bars of a database; datasets are looked after every `dataset_s` seconds.

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
    if address.partition("://")[0] in DATASETS:
        from klagg_tui.sinks.dataset import DatasetTarget
        from klagg_tui.sinks.places import place_of

        return DatasetTarget(place_of(address), database, dataset_s)
    raise SinkError(
        "Bars go to addresses like postgresql://USER:PASSWORD@HOST/DATABASE or nats://USER:PASSWORD@HOST, and whole "
        "days to s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or file:///FOLDER."
    )
