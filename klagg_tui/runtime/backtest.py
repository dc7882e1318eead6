"""Alerts tried on recorded trades: when each would have fired, without a screen, a database or any waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from klagg_tui.alert import Firing
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import Period
from klagg_tui.feed import Progress
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.replay import Replay
from klagg_tui.view.alerts.recording import AlertWatch
from klagg_tui.view.screener.figure import FigureCall


class Backtest:
    """One pass over the trades. Alerts are looked at after each recorded second, so the same files always give the same.

    Args:
        source: what is played; its speed does not matter.
        periods: those that the alerts may ask for.
        watch: watches the alerts, of which nothing is kept.
    """

    def __init__(self, source: Replay, periods: Collection[Period], watch: AlertWatch) -> None:
        sorted_periods = tuple(sorted(set(periods)))
        engine = KlineEngine(sorted_periods, holds_gaps=False)
        self._host = EngineHost(engine, sorted_periods, None, source.now_ms)
        self._source, self._watch = source, watch
        self.first_ms: int | None = None
        """Time of the first second's newest trade; None before it."""

    async def run(self) -> AsyncIterator[list[Firing]]:
        """What fires, a list for each recorded second."""
        for now_ms in self._source.seconds(self._host):
            if self.first_ms is None:
                self.first_ms = now_ms
            update = await self._host.update()
            fired, _ = self._watch.take(update, now_ms)
            yield fired

    @property
    def coverage(self) -> dict[FigureCall, float]:
        """Which part of what each figure looks at is known by now, 0 to 1, of the symbol of which most is."""
        watch = self._watch
        rows = watch.market.rows.values()
        return {call: max((row.coverage(call) for row in rows), default=0.0) for call in watch.book.alerts.calls}

    @property
    def trades(self) -> int:
        """Played so far."""
        return self._host.engine.counters.trades

    @property
    def symbols(self) -> int:
        """Met so far."""
        return len(self._host.engine.symbols())

    @property
    def progress(self) -> Progress:
        """Bytes read of all."""
        return self._source.status.progress or Progress("replay", 0, 0)

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be read, each one sentence."""
        return tuple(self._host.notices.values())
