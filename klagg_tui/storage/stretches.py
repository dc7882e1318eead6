"""Stretches of time in minutes since the epoch, from one to before another. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from klagg_tui.engine.period import MINUTE_MS, Period

Stretch: TypeAlias = tuple[int, int]


def without(wanted: Stretch, lacked: Iterable[Stretch]) -> Iterator[Stretch]:
    """The parts of a stretch that lie outside of others, which are in order."""
    begin, end = wanted
    for first, until in lacked:
        if first >= end:
            break
        if until > begin:
            if first > begin:
                yield begin, first
            begin = until
    if begin < end:
        yield begin, end


def whole_bars(stretches: Iterable[Stretch], period: Period, anchor: int, from_minute: int) -> Iterator[Stretch]:
    """The bars of a period that open from a minute on and lie inside of stretches, which are in order; those that touch are one."""
    for first, until in _joined(stretches):
        begin_ms = max(first, from_minute) * MINUTE_MS
        open_ms, end_ms = period.open_ms(begin_ms, anchor), period.open_ms(until * MINUTE_MS, anchor)
        if open_ms < begin_ms:
            open_ms = period.end_ms(open_ms)
        if open_ms < end_ms:
            yield open_ms // MINUTE_MS, end_ms // MINUTE_MS


def outside(wanted: Iterable[Stretch], lacked: Sequence[Stretch]) -> list[Stretch]:
    """The parts of stretches that lie outside of others, which are in order."""
    return [part for stretch in wanted for part in without(stretch, lacked)]


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches, those that touch as one, by time."""
    return list(_joined(sorted(stretches)))


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    last: Stretch | None = None
    for first, until in stretches:
        if last and first <= last[1]:
            last = last[0], max(last[1], until)
            continue
        if last:
            yield last
        last = first, until
    if last:
        yield last
