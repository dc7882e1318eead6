"""Stored bars put into a tape or a series, many at once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from klagg_tui.engine.bar import State
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.engine.period import Period
from klagg_tui.view.screener.tape import MOST, SOURCES, UNKNOWN, Ring, Tape

FRESH: Final = 5
"""The newest minutes, as they were seen, are not replaced by what was read meanwhile from a store that may lag behind."""
_ONE: Final = 10**PRICE_DECIMALS


def fill(tape: Tape, columns: BarColumns) -> bool:
    """Put stored minutes in their places; whether there were any to be held."""
    minutes = _places(columns.open_ms, tape.step_ms)
    if not minutes:
        return False
    tape.advance(minutes[-1] + 1)
    end = tape.end
    begin = bisect_left(minutes, end - tape.size)
    fresh = bisect_left(minutes, end - _fresh(tape), begin)
    close = tape.prices.get("close")
    kept = {minute for minute in minutes[fresh:] if close is not None and close.values[minute % close.size] != UNKNOWN}
    runs = [
        *_runs(minutes, begin, fresh),
        *((at, at + 1) for at in range(fresh, len(minutes)) if minutes[at] not in kept),
    ]
    seen = [at for at in range(fresh, len(minutes)) if minutes[at] in kept]
    for field, ring in tape.prices.items():
        ticks = _ticks(tape, getattr(columns, SOURCES[field][0]))
        ring.widen(max(ticks, default=0))
        _put(ring, minutes, ticks, [*runs, *_missed(ring, minutes, seen)], end)
    for field, ring in tape.sums.items():
        _put(ring, minutes, _SUMS[field](columns), [*runs, *_missed(ring, minutes, seen)], end)
    for first, last in runs:
        _note_partial(tape, columns.state[first:last], minutes[first:last])
    for listener in tape.listeners:
        listener.restart()
    return bool(runs) or any(
        ring.since > minutes[at] for at in seen for ring in (*tape.prices.values(), *tape.sums.values())
    )


def _missed(ring: Ring, minutes: Sequence[int], seen: Iterable[int]) -> list[tuple[int, int]]:
    """Of the minutes that others saw those that were over before there was this ring."""
    return [(at, at + 1) for at in seen if minutes[at] < ring.since]


def erase(tape: Tape, fields: Iterable[str], from_ms: int, to_ms: int) -> None:
    """Nothing is known any more of these fields in those minutes, but for the newest ones."""
    first, last = from_ms // tape.step_ms, min(to_ms // tape.step_ms, tape.end - _fresh(tape))
    rings = {**tape.prices, **tape.sums}
    for ring in (rings[field] for field in fields):
        ring.forget(max(first, tape.end - ring.size), last)
    tape.partial = {minute for minute in tape.partial if not first <= minute < last}
    for listener in tape.listeners:
        listener.restart()


def _note_partial(tape: Tape, states: Sequence[int], minutes: Sequence[int]) -> None:
    """Remember of which minutes trades are missing."""
    if tape.partial:
        tape.partial.difference_update(minutes)
    if _PARTIAL in states:
        tape.partial.update(minute for minute, state in zip(minutes, states, strict=True) if state == _PARTIAL)


def _fresh(tape: Tape) -> int:
    """Of longer bars the store lags behind with one at the most."""
    return FRESH if tape.period is Period.M1 else 1


def _places(opens: Sequence[int], step_ms: int) -> Sequence[int]:
    """When the bars opened, in minutes or longer steps; most often these follow each other."""
    if opens and opens[-1] - opens[0] == (len(opens) - 1) * step_ms:
        return range(opens[0] // step_ms, opens[-1] // step_ms + 1)
    return [open_ms // step_ms for open_ms in opens]


def _runs(minutes: Sequence[int], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of places whose minutes follow each other."""
    if begin >= end:
        return
    if minutes[end - 1] - minutes[begin] == end - 1 - begin:
        yield begin, end
        return
    breaks = [at for at in range(begin + 1, end) if minutes[at] != minutes[at - 1] + 1]
    yield from pairwise([begin, *breaks, end])


def _put(ring: Ring, minutes: Sequence[int], column: Sequence[float], runs: list[tuple[int, int]], end: int) -> None:
    if not column:
        return
    size, values = ring.size, ring.values
    for begin, stop in runs:
        first = max(begin, begin + end - size - minutes[begin])
        while first < stop:
            place = minutes[first] % size
            count = min(stop - first, size - place)
            values[place : place + count] = array(values.typecode, column[first : first + count])
            first += count


def _ticks(tape: Tape, prices: Sequence[float]) -> list[int]:
    """The prices in the tape's ticks, which are made fine enough for them."""
    if not prices:
        return []
    unit = tape.unit
    while unit > 1 and not _are_whole(prices, _ONE // unit):
        unit //= 10
    tape.refine(unit)
    scale = _ONE // unit
    return [min(round(price * scale), MOST) if price == price else UNKNOWN for price in prices]  # noqa: PLR0124


def _are_whole(prices: Sequence[float], scale: Exact) -> bool:
    """Whether each is the nearest float of a whole number of ticks."""
    return all(round(price * scale) / scale == price for price in prices if price == price)  # noqa: PLR0124


def _signed(bought: Sequence[float], total: Sequence[float]) -> array[float]:
    if not bought or not total:
        return array("f")
    return array("f", [2 * part - whole for part, whole in zip(bought, total, strict=True)])


_SUMS: Final[dict[str, Callable[[BarColumns], array[float]]]] = {
    "volume": lambda columns: array("f", columns.volume),
    "turnover": lambda columns: array("f", columns.turnover),
    "trades": lambda columns: array("f", columns.trade_count),
    "delta": lambda columns: _signed(columns.taker_buy_turnover, columns.turnover),
    "cvd": lambda columns: _signed(columns.taker_buy_volume, columns.volume),
}
_PARTIAL: Final = State.PARTIAL.value
