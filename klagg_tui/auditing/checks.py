"""Questions to bars that can be answered from the bars alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from klagg_tui.auditing.findings import Finding, Kind, differences, of_bar
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State, blanked
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.rollup import is_filled, roll_up
from klagg_tui.engine.spans import Span, meet
from klagg_tui.evidence import Evidence
from klagg_tui.storage.symbols import StoredSymbol

_KINDS_OF_EVIDENCE: Final = 2 * Evidence.CANDLE_ONLY


def jump(bar: Bar, before: Bar | None) -> str | None:
    """Whether a bar without trades stands elsewhere than the bar before it ended."""
    if bar.is_traded or bar.state is not State.CLOSED or before is None or before.state is State.PARTIAL:
        return None
    if before.end_ms != bar.open_ms or before.close == bar.close:
        return None
    return f"nothing was traded, but it stands at {exact.price_text(bar.close)} instead of {exact.price_text(before.close)}"


def fault_of_evidence(bar: Bar) -> str | None:
    """What a bar says of its fields and of who vouches for it that contradicts itself."""
    if not bar.evidence:
        return None
    if bar.evidence not in range(_KINDS_OF_EVIDENCE):
        return f"evidence {bar.evidence} is none"
    if blanked(bar) != bar:
        return "a field is called unknown and has a value"
    is_unknown = bar.evidence & ~Evidence.CANDLE_ONLY
    if bar.state is State.CONFIRMED and is_unknown and not bar.evidence & Evidence.CANDLE_ONLY:
        return "confirmed by its ids, but not all of its fields are known"
    return None


def roll_up_finding(parent: Bar, children: Sequence[Bar], child: Period, known: StoredSymbol) -> Finding | None:
    """Whether a bar is the sum of its children; nothing is said where these are not all there."""
    if not children or not is_filled(children, parent.period, parent.open_ms, known.first_open_ms, known.anchor):
        return None
    whole = roll_up(children, parent.period, parent.open_ms)
    if whole.state is State.PARTIAL:
        if parent.state is State.CLOSED:
            return of_bar(Kind.STATE, parent, f"closed, but a {child} bar in it is partial")
        return None
    if found := differences(parent, whole):
        names = ", ".join(difference.field for difference in found)
        return of_bar(Kind.ROLL_UP, parent, f"not the sum of its {len(children)} {child} bars: {names}", found)
    return None


def span_findings(spans: Sequence[Span]) -> Iterator[Finding]:
    """What spans of one symbol, contract after contract in order of id, say against themselves and each other."""
    before: Span | None = None
    for span in spans:
        ids = f"ids {span.first_id} to {span.last_id}"
        # A span of a single trade knows all from after it to before it.
        if span.last_id < span.first_id or span.to_ms < span.from_ms - 1:
            yield _of_span(span, f"{ids} end before they begin")
            continue
        if before and _contradict(before, span):
            yield _of_span(span, f"{ids} overlap {before.first_id} to {before.last_id}", Kind.OVERLAP)
        before = span


def _contradict(before: Span, span: Span) -> bool:
    """Whether of two spans in a row the later one goes back in time or in the ids of its contract, or should be one with it."""
    is_back = span.contract <= before.contract and span.first_id <= before.last_id
    return is_back or span.from_ms < before.to_ms or meet(before, span)


def _of_span(span: Span, text: str, kind: Kind = Kind.SPAN) -> Finding:
    low, high = sorted((span.from_ms, span.to_ms))
    return Finding(kind, span.symbol, None, low, high, text)


class Coverage:
    """Minutes in order of time, asked whether they lie inside one of some spans."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = sorted(spans, key=lambda span: span.from_ms)
        self._at = 0

    def holds(self, minute_ms: int) -> bool:
        """Whether the minute lies inside one span; not to be asked about earlier minutes afterwards."""
        while self._at < len(self._spans) and self._spans[self._at].to_ms < minute_ms + MINUTE_MS:
            self._at += 1
        return self._at < len(self._spans) and self._spans[self._at].from_ms <= minute_ms
