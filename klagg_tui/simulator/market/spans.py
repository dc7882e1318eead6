"""Which klines a symbol has: their first minutes and the first minutes after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from klagg_tui.simulator.market.calendar import MINUTE_MS, ended, opened
from klagg_tui.simulator.market.market import Life


class Span(NamedTuple):
    """A kline's time in minutes since the epoch."""

    open_minute: int
    end_minute: int


def ascending_spans(life: Life, interval: str, first: int, last: int, now_ms: int) -> Iterator[Span]:
    """Klines that open from minute `first` to `last`, oldest first, the forming one included, of all contracts of the name."""
    for contract in life.contracts:
        for span in _of_contract(contract, interval, first, last, now_ms):
            yield span
            first = span.end_minute


def _of_contract(life: Life, interval: str, first: int, last: int, now_ms: int) -> Iterator[Span]:
    listed, anchor = life.listing.listed_minute, life.listing.three_day_anchor
    minute = max(opened(interval, listed, anchor), opened(interval, first, anchor))
    if minute < first:
        minute = max(ended(interval, minute), opened(interval, listed, anchor))
    last = min(last, now_ms // MINUTE_MS, life.until - 1)
    while minute <= last:
        end = ended(interval, minute)
        yield Span(minute, end)
        minute = end


def latest_spans(life: Life, interval: str, last: int, count: int, now_ms: int) -> list[Span]:
    """The last `count` klines that open at minute `last` or before, oldest first, of all contracts of the name."""
    found: list[Span] = []
    for contract in reversed(life.contracts):
        anchor = contract.listing.three_day_anchor
        first_open = opened(interval, contract.listing.listed_minute, anchor)
        minute = opened(interval, min(last, now_ms // MINUTE_MS, contract.until - 1), anchor)
        while len(found) < count and minute >= first_open:
            found.append(Span(minute, ended(interval, minute)))
            minute = opened(interval, minute - 1, anchor)
        last = min(last, first_open - 1)
    return found[::-1]
