"""1m bars and the spans that prove them, merged with what is stored.

Pieces of a minute add up or replace each other by their ids (see `ledger`). Once spans have joined, a minute inside one
span is whole, and a minute inside one span that has no row had no trades: where two spans met, such minutes are to be
filled (see `quiet_minutes`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.confirming import confirmed_by, is_whole
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.engine.spans import Joint, Span, by_id, covers, edges, join, overlap
from klagg_tui.storage.ledger import Ledger


class Added(NamedTuple):
    """What came of bars: how many were not there, were there already, replaced others."""

    new: int = 0
    equal: int = 0
    changed: int = 0
    completed: int = 0
    """Of the exchange's own: replaced bars that were known to lack trades."""


OpensAt: TypeAlias = Callable[[Bar], Exact | None]
"""Where a bar of the exchange's own opens whatever was traded in it, None where at its first trade: for `confirmed_by`."""


class Junction(NamedTuple):
    """Where two spans met: minutes from the end of one to the beginning of the other."""

    symbol: str
    from_ms: int
    to_ms: int


RowKey: TypeAlias = tuple[str, int, int]
"""Symbol, contract and first id: which row of `spans` it is."""


def _row_key(span: Span) -> RowKey:
    return span.symbol, span.contract, span.first_id


def _is_grown_only(stored: Sequence[Span], joint: Joint) -> bool:
    """Whether one row changed and no other: nothing was taken in but what grew, and no later one is of another contract now."""
    is_alone = len(joint.taken) == 1 and joint.taken[0].key == joint.span.key
    return is_alone and stored[-1].contract == joint.spans[-1].contract


class Merge:
    """One batch of one run, being merged.

    Args:
        spans: all stored spans by symbol, in order of time; changed.
        ledgers: the run's, for every symbol of the batch; changed.
        opens_at: of the exchanges' own bars.
    """

    def __init__(self, spans: dict[str, tuple[Span, ...]], ledgers: Mapping[str, Ledger], opens_at: OpensAt) -> None:
        self.grown: dict[RowKey, Span] = {}
        """Spans to be stored."""
        self.absorbed: set[RowKey] = set()
        """Spans that went into others or are of another contract than was thought: to be deleted."""
        self.doubtful: set[BarKey] = set()
        """Minutes in which a span ended that has grown now."""
        self.junctions: list[Junction] = []
        self._spans = spans
        self._ledgers = ledgers
        self._opens_at = opens_at

    def join(self, span: Span) -> None:
        """Take a span into its ledger and, where it is clear, into the stored ones."""
        ledger = self._ledgers[span.symbol]
        before = ledger.own.get(span.key)
        if not ledger.take(span):
            return
        stored = self._spans.get(span.symbol, ())
        joint = join(stored, span, before)
        if joint.taken == (joint.span,):
            return
        self._spans[span.symbol] = joint.spans
        if _is_grown_only(stored, joint):
            self.grown[_row_key(joint.span)] = joint.span
        else:
            self._note_rows(stored, joint.spans)
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
            return self._with_fields_of(bar, current)
        if current and bar.state is State.CONFIRMED and bar.evidence:
            # The engine may have met the exchange's bar with less than what is stored: what is known here stays known.
            return confirmed_by(current, bar, is_whole=is_whole(current), opens_at=self._opens_at(bar))[0]
        result = ledger.merged(bar, base)
        if result.state is State.PARTIAL and covers(self._spans.get(bar.symbol, ()), bar.open_ms):
            return result._replace(state=State.CLOSED)
        return result

    def _with_fields_of(self, bar: Bar, confirmed: Bar) -> Bar:
        """The exchange's own bar, with what it lacks where a whole one of ours that agrees came after it."""
        if bar.state is not State.CLOSED or not confirmed.evidence:
            return confirmed
        joined, is_equal = confirmed_by(bar, confirmed, is_whole=True, opens_at=self._opens_at(confirmed))
        return joined if is_equal else confirmed

    def _note_rows(self, before: Sequence[Span], after: Sequence[Span]) -> None:
        """Remember which rows of a symbol's spans are to be written and which to be deleted."""
        rows = {_row_key(span): span for span in after}
        kept = set(before)
        gone = {_row_key(span) for span in before} - rows.keys()
        for key in gone:
            self.grown.pop(key, None)
        self.absorbed = (self.absorbed | gone) - rows.keys()
        self.grown.update({key: span for key, span in rows.items() if span not in kept})

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
