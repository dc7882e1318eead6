"""Smaller bars that are missing behind the last one: larger bars know more than these do.

That a larger bar ends behind the last smaller one proves nothing: a symbol may leave in its middle, and then has no more
smaller bars. It proves something where it has trades that none of them has, or lies behind all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from klagg_tui.auditing.findings import Finding, Kind, missing_text, of_bar
from klagg_tui.auditing.rows import Stretch, last_open_ms, outside
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.rows import EVIDENCE
from klagg_tui.storage.symbols import StoredSymbol

_COUNTED: Final = f"""
SELECT count(*), total(trade_count), min(minute), min(CASE WHEN state = {State.PARTIAL.value} THEN minute END),
    max(scale >> {EVIDENCE} & {Evidence.NO_COUNT.value}) FROM history
WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ?
AND state BETWEEN {State.PARTIAL.value} AND {State.CONFIRMED.value}
"""


class _Proof(NamedTuple):
    """That trades are missing from a larger bar's smaller ones."""

    bar: Bar
    """The larger one."""
    reason: str
    partial_ms: int | None = None
    """When the first smaller one opens that lacks trades itself."""


class Tail:
    """The end of a symbol's shortest series, and the larger bars that reach on behind it."""

    def __init__(self, number: int, known: StoredSymbol, period: Period, end_ms: int) -> None:
        self._number = number
        self._known = known
        self._period = period
        self._end_ms = end_ms
        self._last: Bar | None = None
        self._over: list[Bar] = []

    @classmethod
    async def of(cls, connection: Connection, number: int, known: StoredSymbol, period: Period) -> Tail | None:
        """That of the series of this period, where it has a row."""
        last_ms = await last_open_ms(connection, number, period)
        return None if last_ms is None else cls(number, known, period, period.end_ms(last_ms))

    def see(self, bar: Bar) -> None:
        """Remember a larger bar that is over and in order; one that lacks trades, or that the clock made, knows nothing."""
        is_known = bar.state is State.CONFIRMED or (bar.state is State.CLOSED and bar.is_traded)
        if not is_known or bar.end_ms <= self._end_ms or not self._period.divides(bar.period):
            return
        if bar.open_ms < self._end_ms:
            if not bar.evidence & Evidence.NO_COUNT:
                self._over.append(bar)
        elif self._last is None or bar.end_ms > self._last.end_ms:
            self._last = bar

    async def findings(
        self, connection: Connection, stretch: Stretch, lacked: Sequence[tuple[int, int]], wrong: Collection[int]
    ) -> list[Finding]:
        """One for what is missing, but for what the exchange lacks too (`lacked`).

        Args:
            connection: to the database.
            stretch: what is looked at.
            lacked: what the exchange is known not to have, in order of time.
            wrong: open times of smaller bars that were found wrong.
        """
        proofs = [proof for bar in self._over if (proof := await self._proof(connection, bar, lacked, wrong))]
        if self._last:
            proofs.append(_Proof(self._last, f"the last {self._last.period} bar there is {self._last.state.label}"))
        if not proofs:
            return []
        at_end = [proof for proof in proofs if proof.partial_ms is None or self._is_last(proof.partial_ms)]
        return list(self._missing(at_end, stretch, lacked)) if at_end else [self._too_small(proofs[0])]

    def _missing(
        self, proofs: Sequence[_Proof], stretch: Stretch, lacked: Sequence[tuple[int, int]]
    ) -> Iterator[Finding]:
        last = max(proofs, key=lambda proof: proof.bar.end_ms)
        # The last one may lack trades itself: then it is asked for again.
        from_ms = min(self._end_ms if proof.partial_ms is None else proof.partial_ms for proof in proofs)
        what = "missing" if from_ms == self._end_ms else "missing or partial"
        to_ms = last.bar.end_ms if stretch.to_ms is None else min(last.bar.end_ms, stretch.to_ms)
        for begin, end in outside(max(from_ms, stretch.from_ms or 0), to_ms, lacked):
            text = f"{missing_text(self._period, begin, end, what)} at the end: {last.reason}"
            yield Finding(Kind.HOLE, self._known.symbol, self._period, begin, end, text)

    def _too_small(self, proof: _Proof) -> Finding:
        return of_bar(
            Kind.ROLL_UP, proof.bar, f"{proof.reason}; some of these are partial, and the last may be missing"
        )

    async def _proof(
        self, connection: Connection, bar: Bar, lacked: Sequence[tuple[int, int]], wrong: Collection[int]
    ) -> _Proof | None:
        """What a larger bar over the end proves, where all before the end is there and none of it is wrong."""
        keys = self._number, self._period.ordinal, bar.open_ms // MINUTE_MS, self._end_ms // MINUTE_MS
        count, trades, first, partial, uncounted = (await connection.rows(_COUNTED, keys))[0]
        more = bar.trade_count - int(trades)
        if more <= 0 or not count or uncounted or any(bar.open_ms <= open_ms < bar.end_ms for open_ms in wrong):
            return None
        wanted = outside(self._begin_ms(bar, first * MINUTE_MS), self._end_ms, lacked)
        if count < sum(self._period.count(*piece) for piece in wanted):
            return None
        trades_text = "a trade" if more == 1 else f"{more:,} trades"
        reason = f"the {bar.period} bar there has {trades_text} that no {self._period} bar has"
        return _Proof(bar, reason, None if partial is None else partial * MINUTE_MS)

    def _is_last(self, open_ms: int) -> bool:
        return self._period.end_ms(open_ms) == self._end_ms

    def _begin_ms(self, bar: Bar, first_ms: int) -> int:
        """From when on the bar must be filled: nothing is missing before a symbol's listing (see `is_filled`)."""
        listed_ms = self._period.open_ms(self._known.first_open_ms, self._known.anchor)
        return bar.open_ms if first_ms < listed_ms else max(bar.open_ms, listed_ms)
