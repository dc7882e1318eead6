"""What windows are told, in slices that are soon encoded: the engine has to wait for the one that is, as both are Python. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeVar

from klagg_tui.attach.standing import Told
from klagg_tui.engine.changes import Changes
from klagg_tui.feed import FeedUpdate

K = TypeVar("K")
V = TypeVar("V")

MOST: Final = 200
"""Bars of one slice, or of whatever else there is: 0.3 ms (docs/measurements.md)."""
_MOST_NUMBERS: Final = 10 * MOST
"""Names and times take a tenth of that."""


def slices_of(told: Told) -> Iterator[Told]:
    """Laid over each other in their order they come to the whole, and only then are they one moment.

    What holds no more goes first; what the store holds goes last, behind the bars that were written beside it.
    """
    update = told.update
    if update.symbols_removed or update.anew_until_ms:
        yield Told(FeedUpdate(symbols_removed=update.symbols_removed, anew_until_ms=update.anew_until_ms))
    for before in _slices(told.before):
        yield Told(FeedUpdate(), before)
    yield from map(Told, _slices_of(update))


def _slices_of(update: FeedUpdate) -> Iterator[FeedUpdate]:
    for bars in _slices(update.changes.current):
        yield FeedUpdate(Changes(bars))
    for bars in _slices(update.changes.ended):
        yield FeedUpdate(Changes(ended=bars))
    for symbols in _slices(update.symbols_added, _MOST_NUMBERS):
        yield FeedUpdate(symbols_added=symbols)
    for traded in _parts(update.last_trade_ms, _MOST_NUMBERS):
        yield FeedUpdate(last_trade_ms=traded)
    for instruments in _parts(update.instruments):
        yield FeedUpdate(instruments=instruments)
    for tickers in _parts(update.tickers):
        yield FeedUpdate(tickers=tickers)
    for minutes in _slices(update.derivatives):
        yield FeedUpdate(derivatives=minutes)
    for stored in _slices(update.stored, _MOST_NUMBERS):
        yield FeedUpdate(stored=stored)


def _slices(items: Sequence[V], most: int = MOST) -> Iterator[tuple[V, ...]]:
    for at in range(0, len(items), most):
        yield tuple(items[at : at + most])


def _parts(items: Mapping[K, V], most: int = MOST) -> Iterator[dict[K, V]]:
    left = iter(items.items())
    while part := dict(islice(left, most)):
        yield part
