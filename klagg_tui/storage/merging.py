"""1m bars and the spans that prove them, merged with what is stored.

Pieces of a minute add up or replace each other by their ids (see `ledger`). Once spans have joined, a minute inside one
span is whole, and a minute inside one span that has no row had no trades: where two spans met, such minutes are to be
filled (see `quiet_minutes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.period import Period
from klagg_tui.engine.spans import Joint, Span, SpanKey, by_id, covers, edges, join, overlap
from klagg_tui.storage.ledger import Ledger


class Added(NamedTuple):
    """What came of bars: how many were not there, were there already, replaced others."""

    new: int = 0
    equal: int = 0
    changed: int = 0
    completed: int = 0
    """Of the exchange's own: replaced bars that were known to lack trades."""


class Junction(NamedTuple):
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
        self.grown: dict[SpanKey, Span] = {}
        """Spans to be stored."""
        self.absorbed: set[SpanKey] = set()
        """Spans that went into others: to be deleted."""
        self.doubtful: set[BarKey] = set()
        """Minutes in which a span ended that has grown now."""
        self.junctions: list[Junction] = []
        self._spans = spans
        self._ledgers = ledgers

    def join(self, span: Span) -> None:
        """Take a span into its ledger and, where it is clear, into the stored ones."""
        ledger = self._ledgers[span.symbol]
        before = ledger.own.get(span.first_id)
        if not ledger.take(span):
            return
        joint = join(self._spans.get(span.symbol, ()), span, before)
        if joint.taken == (joint.span,):
            return
        self._spans[span.symbol] = joint.spans
        for taken in joint.taken:
            self.grown.pop(taken.key, None)
            self.absorbed.add(taken.key)
        self.absorbed.discard(joint.span.key)
        self.grown[joint.span.key] = joint.span
        self._note_edges(joint, span)

    def merged(self, bars: Iterable[Bar], stored: Mapping[BarKey, Bar]) -> tuple[list[Bar], Added]:
        """What is to be written of a batch's bars and of doubtful minutes, given what is stored of all of them."""
        written: dict[BarKey, Bar] = {}
        new = equal = changed = 0
        for bar in bars:
            current = stored.get(bar.key)
            result = self._result(bar, current)
            if result == current:
                equal += 1
                continue
            written[bar.key] = result
            new, changed = (new + 1, changed) if current is None else (new, changed + 1)
        for key in sorted(self.doubtful):
            doubted = written.get(key) or stored.get(key)
            if doubted and doubted.state is State.PARTIAL and covers(self._spans[doubted.symbol], doubted.open_ms):
                written[key] = doubted._replace(state=State.CLOSED)
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

    def _note_edges(self, joint: Joint, span: Span) -> None:
        """Remember which minutes may be whole now, and between which there may be quiet ones."""
        parts = [*joint.taken]
        met = [part for part in joint.taken if not overlap(part, span)]
        if met:
            parts.append(span)
        for part in met:
            earlier, later = sorted((part, span), key=by_id)
            from_ms = edges(earlier)[1]
            self.junctions.append(Junction(span.symbol, from_ms, max(from_ms, edges(later)[0])))
        minutes = {minute_ms for part in parts for minute_ms in edges(part)}
        self.doubtful.update((span.symbol, Period.M1, at_ms) for at_ms in minutes if covers((joint.span,), at_ms))
