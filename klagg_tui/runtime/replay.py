"""Recorded trades as a market: files played through the same engine, at their own pace or as fast as it goes."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from klagg_tui.engine.events import AddSymbol, AggTrade, TradeRejected
from klagg_tui.errors import BadFile
from klagg_tui.feed import Mode, Progress
from klagg_tui.importing.detect import FileKind, SourceFile, plan
from klagg_tui.importing.markets import settle
from klagg_tui.importing.read import read_trades
from klagg_tui.importing.tally import Tally
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import SourceStatus

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Trades between two looks at the clock: about a millisecond of work, so that other tasks are not held up."""
_REPLAYED: Final = frozenset({FileKind.TRADES, FileKind.EVENTS})
_BY_TIME: Final = itemgetter(AggTrade._fields.index("traded_ms"))


class Replay:
    """A `Source` that reads files. `speed` is in recorded seconds a second; None: no waiting at all."""

    is_live = False
    knows_time = True

    def __init__(self, paths: Sequence[Path], speed: float | None, symbol: str | None = None) -> None:
        """Look at the files.

        Raises:
            BadFile: none of them holds trades.
        """
        sources, failures = plan(paths, symbol)
        settled = settle([source for source in sources if source.kind in _REPLAYED], None, ())
        self._sources, self._failures = settled.files, failures + settled.failures
        if not self._sources:
            raise BadFile(" ".join(self._failures) or "Only trades can be replayed, and these files hold bars.")
        market = self._sources[0].market
        others = [file for file in self._sources if file.market != market]
        self._sources = [file for file in self._sources if file.market == market]
        self._failures += [
            f"{file.path} is of {file.market.name} and the others of {market.name}: one market is replayed at a time."
            for file in others
        ]
        if market.is_in_contracts:
            raise BadFile(f"Trades of {market.name} count contracts, which a replay does not; import them instead.")
        self.bars_of = market.key
        """Whose bars are made: how a database of theirs is marked."""
        self._speed = speed
        self._tally = Tally()
        self._now_ms = 0
        self._known: set[str] = set()
        self._read_bytes: dict[Path, int] = {}
        self._total_bytes = sum(source.size for source in self._sources)
        self.market = "replay"
        self.status = SourceStatus(Mode.REPLAY, "reading", Progress("replay", 0, self._total_bytes))

    def now_ms(self) -> int:
        """Time of the newest trade played."""
        return self._now_ms

    async def run(self, host: EngineHost) -> None:
        """Play all files, their trades in order of time."""
        self._note(host)
        began_s = asyncio.get_running_loop().time()
        first_ms: int | None = None
        for batch in self._batches():
            first_ms = batch[0].traded_ms if first_ms is None else first_ms
            await self._wait_for(batch[0].traded_ms - first_ms, began_s)
            self._play(host, batch)
        self._note(host)
        self.status.connection = "ended"
        self.status.progress = None
        log.info("replay ended: %d rows, %d bad", self._tally.rows, self._tally.bad)

    def seconds(self, host: EngineHost) -> Iterator[int]:
        """Play all files without any waiting, one recorded second with trades after the other; gives the time of the newest trade."""
        for _, trades in groupby(self._in_order(), lambda trade: trade.traded_ms // 1_000):
            self._play(host, list(trades))
            yield self._now_ms
        self._note(host)

    def _play(self, host: EngineHost, batch: list[AggTrade]) -> None:
        for symbol in {trade.symbol for trade in batch} - self._known:
            self._known.add(symbol)
            host.handle([AddSymbol(symbol, 0)])
        host.receive(batch)
        self._now_ms = max(self._now_ms, batch[-1].traded_ms)
        self._note(host)

    async def _wait_for(self, played_ms: int, began_s: float) -> None:
        """Let other tasks run, and at a given speed the time pass."""
        wait_s = 0.0
        if self._speed:
            wait_s = began_s + played_ms / 1000 / self._speed - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, wait_s))

    def _batches(self) -> Iterator[list[AggTrade]]:
        """Trades in order of time, some at once; at a given speed never more than 50 ms of real time."""
        reach_ms = 50 * self._speed if self._speed else float("inf")
        batch: list[AggTrade] = []
        for trade in self._in_order():
            if batch and (len(batch) >= BATCH or trade.traded_ms - batch[0].traded_ms > reach_ms):
                yield batch
                batch = []
            batch.append(trade)
        if batch:
            yield batch

    def _in_order(self) -> Iterator[AggTrade]:
        """The trades of all files in order of time."""
        return heapq.merge(*map(self._trades, self._sources), key=_BY_TIME)

    def _trades(self, source: SourceFile) -> Iterator[AggTrade]:
        """The trades of a file; an archive, of one symbol, may hold rows out of order, a recording is not."""
        try:
            for block in read_trades(source, self._tally):
                self._read_bytes[source.path] = min(block.read_bytes, source.size)
                yield from block.trades
        except BadFile as error:
            self._failures.append(str(error))

    def _note(self, host: EngineHost) -> None:
        """Say how far it is, which files could not be read, and what was left out of the others."""
        self.status.progress = Progress("replay", sum(self._read_bytes.values()), self._total_bytes)
        for report in host.engine.take_reports():
            if isinstance(report, TradeRejected) and not report.trade.is_placeholder:
                self._tally.reject(f"{report.trade.symbol}, aggregate id {report.trade.aggregate_id}", report.reason)
        sentences = list(self._failures)
        if self._tally.bad:
            sentences.append(f"Rows that could not be read and were left out: {self._tally.bad:,}.")
        if self._tally.placeholders:
            sentences.append(
                f"Placeholder records without a trade (price and quantity 0) skipped: {self._tally.placeholders:,}."
            )
        if self._tally.other_market:
            sentences.append(f"Trades of another market of the exchange left out: {self._tally.other_market:,}.")
        if sentences:
            host.notices["replay"] = " ".join(sentences)
