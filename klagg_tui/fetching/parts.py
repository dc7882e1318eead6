"""Months and days as archives are cut, and the stretch of them that a person asks for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from klagg_tui.errors import BadUsage
from klagg_tui.texts import printable

_FORM: Final = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_OLDEST: Final = date(2017, 7, 1)
"""Nothing was traded before."""


class Part(NamedTuple):
    """A month or a day."""

    text: str
    """`2024-01` or `2024-01-31`, as files are named."""
    first: date
    after: date
    """The first day behind it."""

    @property
    def is_month(self) -> bool:
        """Else it is a day."""
        return len(self.text) == len("2024-01")

    @property
    def from_ms(self) -> int:
        """When it begins."""
        return ms_of(self.first)

    @property
    def to_ms(self) -> int:
        """When it is over."""
        return ms_of(self.after)

    @property
    def days(self) -> Iterator[Part]:
        """Each day of it."""
        return days_between(self.first, self.after)


def asked(from_: str, to: str | None, now_ms: int) -> tuple[date, date]:
    """The first day of what `--from` and `--to` say, both included, and the first one behind it; without `--to` all until yesterday.

    Raises:
        BadUsage: one of them is no month and no day, or is not over, or nothing lies between them.
    """
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    first = max(_read(from_, "--from").first, _OLDEST)
    if first >= today:
        raise BadUsage(f"--from {from_} lies ahead: archives end with yesterday, {today - timedelta(days=1)}.")
    if to is None:
        return first, today
    last = _read(to, "--to")
    if last.first >= today:
        raise BadUsage(f"--to {to} lies ahead: archives end with yesterday, {today - timedelta(days=1)}.")
    if last.after <= first:
        raise BadUsage(f"Nothing lies between --from {from_} and --to {to}: the first must be the earlier one.")
    return first, min(last.after, today)


def months_between(first: date, after: date) -> list[Part]:
    """The months that have a day of the stretch."""
    found, month = [], first.replace(day=1)
    while month < after:
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        found.append(Part(f"{month:%Y-%m}", month, following))
        month = following
    return found


def days_between(first: date, after: date) -> Iterator[Part]:
    """Each day of the stretch."""
    for number in range((after - first).days):
        day = first + timedelta(days=number)
        yield Part(f"{day}", day, day + timedelta(days=1))


def in_words(days: Iterable[Part]) -> str:
    """Days in order as they are told: runs from … to …, of many the first and the last ones."""
    runs: list[tuple[Part, Part]] = []
    for day in days:
        if runs and runs[-1][1].after == day.first:
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    told = [begin.text if begin == end else f"{begin.text} to {end.text}" for begin, end in runs]
    return ", ".join(told if len(told) <= 6 else [*told[:4], f"… ({len(told) - 5} more)", told[-1]])


def ms_of(day: date) -> int:
    """Its midnight in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _read(text: str, option: str) -> Part:
    text = text.strip()
    try:
        if not _FORM.fullmatch(text):
            raise ValueError
        first = date.fromisoformat(text if text.count("-") == 2 else f"{text}-01")
    except ValueError:
        raise BadUsage(f"{option} {printable(text)} is no month and no day; write 2024-01 or 2024-01-31.") from None
    if text.count("-") == 1:
        return months_between(first, first + timedelta(days=1))[0]
    return Part(text, first, first + timedelta(days=1))
