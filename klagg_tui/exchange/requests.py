"""Which of the exchange's bars to ask for, as values. Pure.

What the forming larger bars of a symbol need at a minute is covered from long bars to short ones: whole days, then whole
hours of the day, then the minutes of the hour. Three requests of weight 1 or 2 stand for a month of minutes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, Period

_LONG_TO_SHORT: Final = (Period.D1, Period.H1, Period.M1)


class BarsWanted(NamedTuple):
    """One request for bars of a period that open from `start_ms` to `end_ms`, both included."""

    period: Period
    start_ms: int
    end_ms: int
    limit: int


def covering_requests(
    periods: tuple[Period, ...],
    minute_ms: int,
    anchor: int = DEFAULT_THREE_DAY_ANCHOR,
    had: Collection[Period] = frozenset(Period),
) -> tuple[BarsWanted, ...]:
    """The requests whose bars cover every forming bar of `periods` from its open to `minute_ms`, long bars first.

    `had`: periods of which the exchange has bars; where it has none of days or hours, shorter ones stand for them.
    """
    from_ms = min((period.open_ms(minute_ms, anchor) for period in periods), default=minute_ms)
    wanted = []
    for step in filter(had.__contains__, _LONG_TO_SHORT):
        until_ms = minute_ms if step is Period.M1 else step.open_ms(minute_ms)
        # Where a longer bar began within a step (never, on the exchange's grid), the shorter steps would have to start there.
        if until_ms > from_ms:
            wanted.append(BarsWanted(step, from_ms, until_ms - 1, (until_ms - from_ms) // step.nominal_ms))
            from_ms = until_ms
    return tuple(wanted)


def pages(period: Period, start_ms: int, end_ms: int, rows: int) -> tuple[BarsWanted, ...]:
    """Requests of at most `rows` bars for the bars that open from `start_ms` to before `end_ms`, newest first."""
    span_ms = rows * period.nominal_ms
    starts = range(end_ms - span_ms, start_ms - span_ms, -span_ms)
    return tuple(BarsWanted(period, max(start_ms, from_ms), from_ms + span_ms - 1, rows) for from_ms in starts)
