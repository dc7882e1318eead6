"""What one run of writing knows of a symbol: which trades it brought, which were there before, minute by minute.

A run is one engine's life: its spans grow and its bars come again and again, each time with all its trades. A minute in
which an earlier span ends and the run's begins has two pieces. Whether they add up, or one has all trades of the other,
follows from the ids; what was stored before the run is remembered, so that a piece that comes again is not added twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Self

from klagg_tui.engine.bar import Bar, State, merge
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.engine.spans import Span, by_id, covers, edges, has_more_of, overlap, touches

_REMEMBERED: Final = 4096
_REMEMBERED_MS: Final = 24 * 60 * MINUTE_MS
"""How far back a run may change its bars; an engine holds about an hour."""


class Relation(Enum):
    """How the trades of a run and those of earlier spans lie to each other, within one minute."""

    UNKNOWN = auto()
    """One of both has no spans."""
    APART = auto()
    """No trade is in both."""
    MORE = auto()
    """The run has all that was there."""
    LESS = auto()
    """All that the run has was there."""
    MIXED = auto()
    """Some trades are in both, and each has some of its own: bars cannot be told apart."""


@dataclass(slots=True)
class Ledger:
    """One symbol in one run.

    Args:
        others: the spans stored when the run came to the symbol.
        is_seeded: whether the run's bars hold what was stored of a minute (a live engine stands on stored bars).
    """

    others: tuple[Span, ...]
    is_seeded: bool = False
    own: dict[int, Span] = field(default_factory=dict)
    _unclear: dict[int, Span] = field(default_factory=dict)
    _waiting: dict[int, Bar] = field(default_factory=dict)
    """Pieces that belong to spans not clear yet."""
    _bases: dict[int, Bar | None] = field(default_factory=dict)

    def copy(self) -> Self:
        """A copy to go back to."""
        return type(self)(
            self.others, self.is_seeded, dict(self.own), dict(self._unclear), dict(self._waiting), dict(self._bases)
        )

    def take(self, span: Span) -> bool:
        """Take in a span of the run as it is now; returns whether it may be stored.

        A span that ends or begins in the middle of a minute's stored trades stays out until it has grown past it.
        """
        before = self.own.get(span.first_id)
        self.own[span.first_id] = span
        if not self._is_unclear(span):
            self._unclear.pop(span.first_id, None)
            return True
        self._unclear[span.first_id] = span
        if before is None:
            del self.own[span.first_id]
        else:
            self.own[span.first_id] = before
        return False

    def sifted(self, bars: Iterable[Bar]) -> list[Bar]:
        """The bars that may be stored, those held back before among them; others wait for their spans."""
        waiting = {**self._waiting, **{bar.open_ms: bar for bar in bars}}
        self._waiting = {minute_ms: bar for minute_ms, bar in waiting.items() if self._must_wait(bar)}
        return [bar for minute_ms, bar in sorted(waiting.items()) if minute_ms not in self._waiting]

    def base(self, minute_ms: int, stored: Bar | None) -> Bar | None:
        """What was stored of a minute before the run; `stored` is what is there now."""
        return self._bases.setdefault(minute_ms, stored)

    def merged(self, bar: Bar, base: Bar | None) -> Bar:
        """The minute of `bar`, as the run has it, with what was stored before; the state is the better known one."""
        if base is None or bar.state is State.CONFIRMED:
            return bar
        if base.state is State.CONFIRMED:
            return base
        minute_ms = bar.open_ms
        labels, owners = self._at(minute_ms)
        relation = _relation(labels, owners, minute_ms, is_seeded=self.is_seeded)
        if relation is Relation.APART and not (base.state is State.CLOSED and not covers(owners, minute_ms)):
            return _sum(bar, labels, base, owners)
        if bar.state is not base.state:
            return max(base, bar, key=_rank)
        if relation is not Relation.UNKNOWN:
            return bar if relation is Relation.MORE else base
        # Spans alone say later what is missing, so a piece without one gives way to a piece that has one.
        if labels and bar.state is State.PARTIAL:
            return bar
        return max(base, bar, key=_knowledge)

    def forget_old(self, newest_ms: int) -> None:
        """Let go of minutes that the run cannot change any more."""
        if len(self._bases) > _REMEMBERED:
            since_ms = newest_ms - _REMEMBERED_MS
            self._bases = {minute_ms: base for minute_ms, base in self._bases.items() if minute_ms >= since_ms}
        if len(self.own) > _REMEMBERED:
            since_ms = newest_ms - _REMEMBERED_MS
            self.own = {first_id: span for first_id, span in self.own.items() if span.to_ms >= since_ms}

    def _must_wait(self, bar: Bar) -> bool:
        return bar.state is State.PARTIAL and any(touches(span, bar.open_ms) for span in self._unclear.values())

    def _at(self, minute_ms: int) -> tuple[list[Span], list[Span]]:
        labels = [span for span in self.own.values() if touches(span, minute_ms)]
        return labels, [span for span in self.others if touches(span, minute_ms)]

    def _is_unclear(self, span: Span) -> bool:
        met = [other for other in self.others if overlap(span, other)]
        for minute_ms in {minute_ms for one in (span, *met) for minute_ms in edges(one)} if met else ():
            labels, owners = self._at(minute_ms)
            is_whole = covers(labels, minute_ms) or covers(owners, minute_ms)
            if not is_whole and _relation(labels, owners, minute_ms) is Relation.MIXED:
                return True
        return False


class Run:
    """One engine's life as its bars are written: a ledger for each of its symbols."""

    def __init__(self, *, is_seeded: bool) -> None:
        self.ledgers: dict[str, Ledger] = {}
        self._is_seeded = is_seeded

    def begin(self, symbols: Iterable[str], spans: Mapping[str, tuple[Span, ...]]) -> dict[str, Ledger | None]:
        """Have a ledger for each of the symbols; returns what to go back to where the batch fails."""
        before: dict[str, Ledger | None] = {}
        for symbol in symbols:
            ledger = self.ledgers.get(symbol)
            before[symbol] = ledger.copy() if ledger else None
            if ledger is None:
                self.ledgers[symbol] = Ledger(spans.get(symbol, ()), self._is_seeded)
        return before

    def go_back(self, before: Mapping[str, Ledger | None]) -> None:
        """Undo a batch."""
        for symbol, ledger in before.items():
            if ledger is None:
                del self.ledgers[symbol]
            else:
                self.ledgers[symbol] = ledger


def _relation(labels: list[Span], owners: list[Span], minute_ms: int, *, is_seeded: bool = False) -> Relation:
    if not labels or not owners:
        return Relation.UNKNOWN
    if is_seeded and all(any(_knows_since(label, owner, minute_ms) for label in labels) for owner in owners):
        return Relation.MORE
    if not any(overlap(label, owner) for label in labels for owner in owners):
        return Relation.APART
    if all(_is_held(owner, labels, minute_ms) for owner in owners):
        return Relation.MORE
    if all(_is_held(label, owners, minute_ms) for label in labels):
        return Relation.LESS
    return Relation.MIXED


def _is_held(span: Span, by: Sequence[Span], minute_ms: int) -> bool:
    return any(overlap(span, other) and has_more_of(other, span, minute_ms) for other in by)


def _knows_since(label: Span, owner: Span, minute_ms: int) -> bool:
    """Whether the label's bar has every trade from the owner's first on.

    It says so by its time; or it is complete from the next minute on only, which is how an engine begins that was given
    a stored piece of a minute to stand on.
    """
    end_ms = minute_ms + MINUTE_MS
    begins = label.from_ms <= max(minute_ms, owner.from_ms) or label.from_ms == end_ms
    return begins and label.to_ms >= min(end_ms, owner.to_ms)


def _sum(bar: Bar, labels: list[Span], base: Bar, owners: list[Span]) -> Bar:
    """Both pieces as one bar, opened by the one with the lowest id and closed by the one with the highest."""
    if not (bar.is_traded and base.is_traded):
        return merge(base, bar)._replace(state=State.PARTIAL)
    first = min((*labels, *owners), key=by_id)
    last = max((*labels, *owners), key=by_id)
    return merge(base, bar)._replace(
        open=bar.open if first in labels else base.open,
        close=bar.close if last in labels else base.close,
        state=State.PARTIAL,
    )


def _rank(bar: Bar) -> int:
    return int(bar.state)


def _knowledge(bar: Bar) -> tuple[int, int]:
    return bar.trade_count, bar.volume
