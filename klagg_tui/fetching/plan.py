"""Which files to fetch: of each month its own file, where there is one and all of it is asked for, else its days. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from klagg_tui.exchange.binance.archive import published
from klagg_tui.fetching.parts import Part, days_between


class Wanted(NamedTuple):
    """A file to be fetched."""

    series: published.Series
    part: Part
    entry: published.Entry

    @property
    def name(self) -> str:
        """Without its folders."""
        return self.entry.key.rpartition("/")[2]


class Plan(NamedTuple):
    """What came of looking at the listing of one series."""

    series: published.Series
    files: list[Wanted]
    missing: list[Part]
    """Days that are in no file."""


def whole_months(months: Sequence[Part], first: date, after: date) -> list[Part]:
    """Those of which every day is asked for, and is over."""
    return [month for month in months if first <= month.first and month.after <= after]


def days_left(months: Sequence[Part], listed: Mapping[str, published.Entry], first: date, after: date) -> list[Part]:
    """The days that no file of a month brings."""
    left = [month for month in months if month.text not in listed]
    return [day for month in left for day in days_between(max(first, month.first), min(after, month.after))]


def plan(
    series: published.Series,
    months: Sequence[Part],
    days: Sequence[Part],
    monthly: Mapping[str, published.Entry],
    daily: Mapping[str, published.Entry],
) -> Plan:
    """The files of a stretch in order of time: those of months, and those of the days that they leave."""
    parts = sorted(
        [(part, entry) for part in months if (entry := monthly.get(part.text))]
        + [(part, entry) for part in days if (entry := daily.get(part.text))],
        key=lambda found: found[0].first,
    )
    files = [Wanted(series, part, entry) for part, entry in parts]
    return Plan(series, files, [day for day in days if day.text not in daily])
