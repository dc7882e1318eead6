"""1m bars and the spans that prove them, merged with what is stored.

Pieces of a minute add up or replace each other by their ids (see `ledger`). Once spans have joined, a minute inside one
span is whole, and a minute inside one span that has no row had no trades: where two spans met, such minutes are to be
filled (see `seams`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.spans import Joint, Span, by_id, covers, edges, join, overlap
from klagg_tui.storage.ledger import Ledger

Minute = tuple[str, int]
"""Symbol and open time of a 1m bar."""


class Added(NamedTuple):
    """What came of bars: how many were not there, were there as they are, took the place of others."""

    new: int = 0
    equal: int = 0
    changed: int = 0
    completed: int = 0
    """Of the exchange's own: took the place of bars that were known to lack trades."""


class Seam(NamedTuple):
    """Where two spans met: minutes from the end of one to the beginning of the other."""

    symbol: str
    from_ms: int
    to_ms: int


class Merge:
    """One batch of one run, being merged.

    Args:
        spans: all stored spans by symbol; changed.
        ledgers: the run's, for every symbol of the batch; changed.
    """

    def __init__(self, spans: dict[str, tuple[Span, ...]], ledgers: Mapping[str, Ledger]) -> None:
        self.grown: dict[tuple[str, int], Span] = {}
        """Spans to be stored, by symbol and first id."""
        self.gone: set[tuple[str, int]] = set()
        """Spans to be taken away."""
        self.doubtful: set[Minute] = set()
        """Minutes in which a span ended that has grown now."""
        self.seams: list[Seam] = []
        self._spans = spans
        self._ledgers = ledgers

    def join(self, span: Span) -> None:
        """Take a span into its ledger and, where it is clear, into the stored ones."""
        symbol = span.symbol
        ledger = self._ledgers[symbol]
        told = ledger.own.get(span.first_id)
        if not ledger.take(span):
            return
        before = self._spans.get(symbol, ())
        joint = join(before, span, told)
        if joint.taken == (joint.span,):
            return
        self._spans[symbol] = joint.spans
        for taken in joint.taken:
            self.grown.pop((symbol, taken.first_id), None)
            self.gone.add((symbol, taken.first_id))
        self.gone.discard((symbol, joint.span.first_id))
        self.grown[symbol, joint.span.first_id] = joint.span
        self._look_again(joint, span)

    def judge(self, bars: Iterable[Bar], stored: Mapping[Minute, Bar]) -> tuple[list[Bar], Added]:
        """What is to be written of a batch's bars and of doubtful minutes, given what is stored of all of them."""
        written: dict[Minute, Bar] = {}
        new = equal = changed = 0
        for bar in bars:
            minute = bar.symbol, bar.open_ms
            current = stored.get(minute)
            result = self._result(bar, current)
            if result == current:
                equal += 1
                continue
            written[minute] = result
            new, changed = (new + 1, changed) if current is None else (new, changed + 1)
        for place in sorted(self.doubtful):
            doubted = written.get(place) or stored.get(place)
            if doubted and doubted.state is State.PARTIAL and covers(self._spans[place[0]], place[1]):
                written[place] = doubted._replace(state=State.CLOSED)
        return list(written.values()), Added(new, equal, changed)

    def _result(self, bar: Bar, current: Bar | None) -> Bar:
        ledger = self._ledgers[bar.symbol]
        base = ledger.base(bar.open_ms, current)
        if current and current.state is State.CONFIRMED and bar.state is not State.CONFIRMED:
            return current
        result = ledger.merged(bar, base)
        if result.state is State.PARTIAL and covers(self._spans.get(bar.symbol, ()), bar.open_ms):
            return result._replace(state=State.CLOSED)
        return result

    def _look_again(self, joint: Joint, span: Span) -> None:
        parts = [*joint.taken]
        met = [part for part in joint.taken if not overlap(part, span)]
        if met:
            parts.append(span)
        for part in met:
            earlier, later = sorted((part, span), key=by_id)
            from_ms = edges(earlier)[1]
            self.seams.append(Seam(span.symbol, from_ms, max(from_ms, edges(later)[0])))
        minutes = {minute_ms for part in parts for minute_ms in edges(part)}
        self.doubtful.update((span.symbol, at_ms) for at_ms in minutes if covers((joint.span,), at_ms))
