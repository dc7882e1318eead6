"""Which of the exchange's bars to ask for, as values. Pure.

What the forming larger bars of a symbol need at a minute is covered from long bars to short ones: whole days, then whole
hours of the day, then the minutes of the hour. Three requests of weight 1 or 2 stand for a month of minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, NamedTuple

from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, Period
from klagg_tui.exchange.limits import RequestLimits

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


def cheapest_cover(
    from_ms: int, minute_ms: int, limits: RequestLimits, reach_ms: Callable[[Period], int], had: Collection[Period]
) -> tuple[BarsWanted, ...]:
    """The requests of least cost, few of them and each of one page, whose bars cover a stretch up to a minute; none where pages are too short.

    `reach_ms`: from when on the exchange has bars of a period; `had`: of which periods.
    """
    steps = tuple(filter(had.__contains__, _LONG_TO_SHORT))
    ways = [tuple(_steps(from_ms, minute_ms, steps[place:])) for place in range(len(steps))]
    had_ways = [
        way
        for way in ways
        if way and all(one.limit <= limits.most_bars and one.start_ms >= reach_ms(one.period) for one in way)
    ]
    return min(had_ways, key=lambda way: (sum(limits.bars_cost(one.limit) for one in way), len(way)), default=())


def _steps(from_ms: int, minute_ms: int, steps: Iterable[Period]) -> Iterator[BarsWanted]:
    """One request a step, each for what the longer ones leave."""
    for step in steps:
        start_ms, until_ms = step.open_ms(from_ms), step.open_ms(minute_ms)
        if until_ms > start_ms:
            yield BarsWanted(step, start_ms, until_ms - 1, (until_ms - start_ms) // step.nominal_ms)
            from_ms = until_ms


def opens_wanted(period: Period, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int) -> tuple[int, int]:
    """When the first and the last of the bars open that are asked for, see `MarketData.bars`; none are where the last is the earlier.

    `period`: no longer than a day, so that bars open at multiples of their length.
    """
    step_ms, newest_ms = period.nominal_ms, period.open_ms(now_ms)
    last_ms = newest_ms if end_ms is None else min(newest_ms, period.open_ms(end_ms))
    if start_ms is None:
        return max(0, last_ms - (limit - 1) * step_ms), last_ms
    first_ms = -(-start_ms // step_ms) * step_ms
    return first_ms, min(last_ms, first_ms + (limit - 1) * step_ms)


def end_of(period: Period, start_ms: int, count: int) -> int:
    """When the last of so many bars ends, the first of which opens at a time or is the next to open."""
    open_ms = period.open_ms(start_ms)
    end_ms = open_ms if open_ms == start_ms else period.end_ms(open_ms)
    if period is not Period.MO1:
        return end_ms + count * period.nominal_ms
    for _ in range(count):
        end_ms = period.end_ms(end_ms)
    return end_ms


def pages(period: Period, start_ms: int, end_ms: int, rows: int) -> tuple[BarsWanted, ...]:
    """Requests of at most `rows` bars for the bars that open from `start_ms` to before `end_ms`, newest first."""
    span_ms = rows * period.nominal_ms
    starts = range(end_ms - span_ms, start_ms - span_ms, -span_ms)
    return tuple(BarsWanted(period, max(start_ms, from_ms), from_ms + span_ms - 1, rows) for from_ms in starts)
