"""Metrics and status of a live market, read from its parts twice a second."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from klagg_tui.exchange.session import ShardState
from klagg_tui.exchange.stream import MarketStream
from klagg_tui.metrics import Metric
from klagg_tui.runtime.live.backfill import Backfill
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.source import SourceStatus

_MEASURE_S: Final = 0.5


class LiveMetrics:
    """Keeps the metrics of exchange and repair, and the source's status, up to date."""

    def __init__(self, context: LiveContext, stream: MarketStream, backfill: Backfill, status: SourceStatus) -> None:
        self._host = context.host
        self._market_data = context.market_data
        self._stream = stream
        self._backfill = backfill
        self._status = status

    async def measure_forever(self) -> None:
        """Measure twice a second."""
        self._host.metrics.add(Metric.SILENT_SYMBOLS, 0)
        while True:
            self.show_status()
            self._measure_requests()
            self._measure_stream()
            await asyncio.sleep(_MEASURE_S)

    def show_status(self) -> None:
        """Say how the connections stand and how far history is."""
        self._status.connection = _connection(self._stream.states())
        self._status.progress = self._backfill.progress

    def _measure_requests(self) -> None:
        metrics, use, engine = self._host.metrics, self._market_data.use(), self._host.engine
        metrics.set(Metric.WEIGHT_USED, use.used)
        metrics.set(Metric.WEIGHT_LIMIT, use.limit)
        metrics.set(Metric.REQUESTS, use.requests)
        metrics.set(Metric.RETRIES, use.retries)
        metrics.set(Metric.SYMBOLS_WAITING, len(engine.waiting()))
        metrics.set(Metric.TRADES_HELD, engine.held_trades())
        if cut := engine.counters.held_cut:  # shown once it was met
            metrics.set(Metric.HELD_CUT, cut)

    def _measure_stream(self) -> None:
        metrics, counters, states = self._host.metrics, self._stream.counters, self._stream.states()
        metrics.set(Metric.FRAMES_PER_SECOND, (counters.frames - metrics[Metric.FRAMES]) / _MEASURE_S)
        metrics.set(Metric.FRAMES, counters.frames)
        metrics.set(Metric.BAD_FRAMES, counters.bad_frames)
        metrics.set(Metric.CONNECTIONS, sum(state.opened_ms is not None for state in states))
        metrics.set(Metric.RECONNECTS, sum(state.losses for state in states))
        metrics.set(Metric.ROTATIONS, sum(state.rotations for state in states))
        if trouble := self._stream.trouble():
            self._host.notices["stream"] = trouble
        else:
            self._host.notices.pop("stream", None)


def _connection(states: Sequence[ShardState]) -> str:
    symbols, covered = sum(state.symbols for state in states), sum(state.covered for state in states)
    if covered == symbols:
        return "connected"
    return f"{covered} of {symbols} symbols" if covered else "connecting"
