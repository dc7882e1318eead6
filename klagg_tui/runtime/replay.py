"""Recorded trades as a market: files played through the same engine, at their own pace or as fast as it goes."""

from __future__ import annotations

import asyncio
import heapq
import logging
from bisect import bisect_left
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
from klagg_tui.runtime.player import LOOK_S, Player
from klagg_tui.runtime.source import SourceStatus

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Trades between two looks at the clock: about a millisecond of work, so that other tasks are not held up."""
_REPLAYED: Final = frozenset({FileKind.TRADES, FileKind.EVENTS})
_BY_TIME: Final = itemgetter(AggTrade._fields.index("traded_ms"))


class Replay:
    """A `Source` that reads files. `speed` is in recorded seconds a second to begin with; None: no waiting at all."""

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
            raise BadFile(
                " ".join(self._failures)
                or (
                    "These files hold bars, and a replay plays trades: archives of the exchange such as BTCUSDT-aggTrades-2024-08-08.zip, "
                    "or JSON lines of events. `klagg import` takes bars into a database."
                )
            )
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
        self.player = Player(speed)
        """Who may pause, change the speed, skip."""
        self._refused = tuple(self._failures)
        """Files that are not played, each with its sentence."""
        self._ends: dict[Path, tuple[float, float]] = {}
        """Of each file how much of it was read, at the most, and when its last trade was: reckoned from that."""
        self._first_ms: dict[Path, int] = {}
        self.market = "replay"
        self._begin(0)

    def _begin(self, until_ms: int) -> None:
        self._tally = Tally()
        self._failures = list(self._refused)
        self._now_ms = 0
        self._until_ms = until_ms
        """Up to then it was played before; 0: not at all."""
        self._due_ms = 0
        """When the next trade was."""
        self._known: set[str] = set()
        self.status = SourceStatus(Mode.REPLAY, "reading", Progress("replay", 0, 0))

    def anew(self, until_ms: int) -> Replay:
        """To be played from the beginning again, as if for the first time; up to then it was played before."""
        self._begin(until_ms)
        self.player.begin()
        return self

    @property
    def recorded_ms(self) -> tuple[int, int] | None:
        """When the first trade was, and when the last one is reckoned to be; None before the first."""
        firsts, ends = [*self._first_ms.values()], [*self._ends.values()]  # copies: another thread asks
        return (min(firsts), round(max(end_ms for _, end_ms in ends))) if ends else None

    def now_ms(self) -> int:
        """Time of the newest trade played."""
        return self._now_ms

    async def run(self, host: EngineHost) -> None:
        """Play all files, their trades in order of time."""
        self._note(host)
        for batch in self._batches():
            await self._play_in_time(host, batch)
        self._note(host)
        played_s = self._played_s(self._now_ms)
        self.status.connection = "ended"
        self.status.progress = Progress(f"the replay has ended: {_length(played_s)} played", played_s, played_s)
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

    async def _play_in_time(self, host: EngineHost, batch: list[AggTrade]) -> None:
        """Play trades that were to go together, or one part of them after the other where another pace was asked for meanwhile."""
        while batch:
            self._due_ms = batch[0].traded_ms
            await self._wait_for(self._due_ms)
            if self._until_ms and self._until_ms <= self._due_ms:
                await self._be_seen(host)
            count = bisect_left(batch, self.player.end_of_batch(self._due_ms), key=_BY_TIME)
            self._play(host, batch[:count])
            batch = batch[count:]

    async def _wait_for(self, at_ms: int) -> None:
        """Let other tasks run, and the time pass until a trade of this time is due."""
        loop, wait_s = asyncio.get_running_loop(), 1.0
        while wait_s:
            wait_s = self.player.wait_s(at_ms, loop.time())
            self._note_pace()
            await asyncio.sleep(wait_s)

    async def _be_seen(self, host: EngineHost) -> None:
        """Whoever looks is to have seen all that was played before, apart from what comes now."""
        self._until_ms = 0
        while not host.is_seen():  # noqa: ASYNC110 - a screen tells nobody when it looks
            await asyncio.sleep(LOOK_S)

    def _batches(self) -> Iterator[list[AggTrade]]:
        """Trades in order of time, some at once; at a given speed never more than 50 ms of real time."""
        end_ms = 0.0
        batch: list[AggTrade] = []
        for trade in self._in_order():
            if batch and (len(batch) >= BATCH or trade.traded_ms >= end_ms):
                yield batch
                batch = []
            if not batch:
                end_ms = self.player.end_of_batch(trade.traded_ms)
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
                if block.trades:
                    self._reckon_end(source, block.trades, block.read_bytes)
                yield from block.trades
        except BadFile as error:
            self._failures.append(str(error))

    def _reckon_end(self, source: SourceFile, trades: Sequence[AggTrade], read_bytes: int) -> None:
        first_ms = self._first_ms.setdefault(source.path, trades[0].traded_ms)
        share = min(1.0, read_bytes / source.size) if read_bytes else 1.0
        if share >= self._ends.get(source.path, (0.0, 0.0))[0]:
            self._ends[source.path] = share, first_ms + (trades[-1].traded_ms - first_ms) / share

    def _played_s(self, until_ms: float) -> int:
        """Recorded seconds from the first trade until then."""
        return max(0, round((until_ms - min(self._first_ms.values(), default=until_ms)) / 1_000))

    def _note_pace(self) -> None:
        """Say how fast it is, and how far by the time played."""
        pace, now_ms = self.player.pace, self._now_ms
        recorded = self.recorded_ms
        done = self._played_s(now_ms) if now_ms else 0
        total = max(done, self._played_s(recorded[1])) if recorded else done
        if self._due_ms < pace.skip_ms:
            self.status.connection = "reading"
            total = min(total, max(done, self._played_s(pace.skip_ms)))
            what = "replay on its way"
        else:
            self.status.connection = "paused" if pace.is_paused else "reading"
            what = "replay paused" if pace.is_paused else f"replay {pace}"
        self.status.progress = Progress(f"{what}, {_length(done)} of {_length(total)}", done, total)

    def _note(self, host: EngineHost) -> None:
        """Say how far it is, which files could not be read, and what was left out of the others."""
        self._note_pace()
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


def _length(seconds: int) -> str:
    """Hours, minutes, seconds: 26:00:59."""
    return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
