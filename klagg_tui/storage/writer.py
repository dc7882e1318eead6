"""The one that writes: every batch is one transaction, so that bars and the spans that prove them agree at any moment."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import MINUTE_MS, Period, chain
from klagg_tui.engine.spans import Span
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.ledger import Ledger, Run
from klagg_tui.storage.lookup import Place, bars_at, stored_spans
from klagg_tui.storage.merging import Added, Merge
from klagg_tui.storage.quiet_minutes import quiet_bars
from klagg_tui.storage.recompute import recompute
from klagg_tui.storage.rows import Packer
from klagg_tui.storage.statements import FORMING, HISTORY, RANKED, SPANS, Insert
from klagg_tui.storage.symbols import Symbols, add_symbols

_UNSETTLED: Final = """
SELECT f.symbol, f.minute FROM forming AS f LEFT JOIN history AS h
ON h.symbol = f.symbol AND h.period = f.period AND h.minute = f.minute
WHERE f.period = 0 AND f.volume <> 0 AND (h.state IS NULL OR h.state = 1 AND f.trade_count > h.trade_count)
"""
_SETTLE: Final = f"""
INSERT INTO history SELECT f.symbol, f.period, f.minute, 1, f.scale, f.open, f.high, f.low, f.close, f.volume,
    f.turnover, f.trade_count, f.taker_buy_volume, f.taker_buy_turnover FROM forming AS f
WHERE (f.symbol, f.minute) IN ({_UNSETTLED}) AND f.period = 0
{HISTORY.on_conflict}
"""
_OVER: Final = """
DELETE FROM forming WHERE (symbol, period, minute) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?))
"""
_FORGET_SPANS: Final = """
DELETE FROM spans WHERE (symbol, first_id) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))
"""
_LARGER_REMEMBERED: Final = 50_000


class Written(NamedTuple):
    """What a live batch cost."""

    rows: int
    ms: float


class Writer:
    """Writes through one connection, one batch at a time.

    Args:
        link: the connection.
        periods: those whose bars are made again where smaller ones change; 1m is always among them.
    """

    def __init__(self, link: Connection, periods: tuple[Period, ...]) -> None:
        self.link = link
        self.periods = chain(periods)
        self.packer = Packer()
        self.symbols = Symbols()
        self._spans: dict[str, tuple[Span, ...]] = {}
        self._is_current = False
        self._is_settled = False
        self._live = Run(is_seeded=True)
        self._closed_larger: dict[BarKey, None] = {}
        """Larger bars that the live engine closed lately."""
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def batch(self, names: Collection[str] = ()) -> AsyncIterator[None]:
        """One transaction in which all of `names` have numbers; what was read before is read again after a failure."""
        async with self._lock:
            try:
                async with self.link.transaction():
                    await self._refresh()
                    await self._number(names)
                    yield
            except BaseException:
                self._is_current = False
                raise

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Between two batches, for what cannot be done inside one."""
        async with self._lock:
            yield

    async def write(self, changes: Changes) -> Written:
        """Write what a live engine changes.

        Raises:
            DiskTrouble: nothing of it was written; the same batch may be tried again.
        """
        began = time.perf_counter()
        minutes = [bar for bar in changes.ended if bar.period is Period.M1]
        larger = [bar for bar in changes.ended if bar.period is not Period.M1]
        names = {item.symbol for part in changes for item in part}
        async with self._batch_of(self._live, names):
            await self._merge(self._live, minutes, changes.spans, is_rolled_up=True)
            await self._write_larger(larger)
            await self._end_forming(changes.ended)
            await self.insert(FORMING, changes.current)
        self._remember(larger)
        rows = len(changes.ended) + len(changes.current) + len(changes.spans)
        return Written(rows, (time.perf_counter() - began) * 1000)

    async def add(self, run: Run, bars: Sequence[Bar], spans: Sequence[Span]) -> Added:
        """Merge 1m bars and their spans with what is stored, in one transaction."""
        names = {bar.symbol for bar in bars} | {span.symbol for span in spans}
        async with self._batch_of(run, names):
            return await self._merge(run, bars, spans, is_rolled_up=False)

    async def insert(self, insert: Insert, bars: Sequence[Bar]) -> None:
        """Write bars inside a batch, some hundred at a time so that the loop is never held long."""
        ids = self.symbols.ids
        for start in range(0, len(bars), 500):
            rows = [self.packer.row(ids[bar.symbol], bar) for bar in bars[start : start + 500]]
            await self.link.insert(insert, rows)

    async def roll_up(self, touched: Iterable[Place], *, of: Period = Period.M1, is_amended: bool = False) -> None:
        """Make larger bars again inside a batch; see `recompute`."""
        by_number: dict[int, set[int]] = {}
        for symbol, open_ms in touched:
            by_number.setdefault(self.symbols.ids[symbol], set()).add(open_ms)
        if by_number:
            await recompute(self.link, self.symbols, self.packer, by_number, self.periods, of=of, is_amended=is_amended)

    async def _merge(self, run: Run, bars: Sequence[Bar], spans: Sequence[Span], *, is_rolled_up: bool) -> Added:
        """`is_rolled_up`: the larger bars over what is merely as given come from the engine itself."""
        merge = Merge(self._spans, run.ledgers)
        for span in spans:
            merge.join(span)
        sifted = _sifted(run, bars)
        places = {(bar.symbol, bar.open_ms) for bar in sifted} | merge.doubtful
        stored = await bars_at(self.link, self.symbols, Period.M1, places) if places else {}
        written, added = merge.judge(sifted, stored)
        await self.insert(HISTORY, written)
        quiet = await quiet_bars(self.link, self.symbols, merge.seams, self._spans)
        await self.insert(HISTORY, quiet)
        await self._write_spans(merge)
        given = set(sifted) if is_rolled_up else set()
        await self.roll_up((bar.symbol, bar.open_ms) for bar in (*written, *quiet) if bar not in given)
        return added

    async def _write_larger(self, bars: Sequence[Bar]) -> None:
        """A bar that this run closed may turn out to lack trades: then, and only then, does it lose its rank."""
        doubted = [bar for bar in bars if bar.state is State.PARTIAL and bar.key in self._closed_larger]
        await self.insert(RANKED, bars)
        for period in {bar.period for bar in doubted}:
            places = [(bar.symbol, bar.open_ms) for bar in doubted if bar.period is period]
            stored = await bars_at(self.link, self.symbols, period, places)
            closed = {place for place, bar in stored.items() if bar.state is State.CLOSED}
            await self.insert(HISTORY, [bar for bar in doubted if (bar.symbol, bar.open_ms) in closed])

    async def _end_forming(self, closed: Sequence[Bar]) -> None:
        if closed:
            ids = self.symbols.ids
            keys = [(ids[bar.symbol], bar.period.ordinal, bar.open_ms // MINUTE_MS) for bar in closed]
            await self.link.rows(_OVER, (json.dumps(keys),))

    async def _write_spans(self, merge: Merge) -> None:
        ids = self.symbols.ids
        if merge.gone:
            await self.link.rows(_FORGET_SPANS, (json.dumps([(ids[symbol], first) for symbol, first in merge.gone]),))
        await self.link.insert(SPANS, [(ids[span.symbol], *span[1:]) for span in merge.grown.values()])

    def _remember(self, larger: Sequence[Bar]) -> None:
        for bar in larger:
            if bar.state is State.CLOSED:
                self._closed_larger[bar.key] = None
            else:
                self._closed_larger.pop(bar.key, None)
        while len(self._closed_larger) > _LARGER_REMEMBERED:
            del self._closed_larger[next(iter(self._closed_larger))]

    @asynccontextmanager
    async def _batch_of(self, run: Run, names: Collection[str]) -> AsyncIterator[None]:
        before: dict[str, Ledger | None] = {}
        try:
            async with self.batch(names):
                before = run.begin(names, self._spans)
                yield
        except BaseException:
            run.go_back(before)
            raise

    async def _refresh(self) -> None:
        if self._is_current:
            return
        self.symbols = await Symbols.read(self.link)
        self._spans = await stored_spans(self.link, self.symbols)
        self._is_current = True
        if not self._is_settled:
            await self._settle()
            self._is_settled = True

    async def _settle(self) -> None:
        """What an earlier run left as its current minutes becomes history, partial, before anything is laid over it."""
        rows = await self.link.rows(_UNSETTLED)
        if rows:
            await self.link.rows(_SETTLE)
            await self.roll_up((self.symbols.names[number], minute * MINUTE_MS) for number, minute in rows)

    async def reread_symbols(self) -> None:
        """Inside a batch, after symbols were changed."""
        self.symbols = await Symbols.read(self.link)

    async def _number(self, names: Collection[str]) -> None:
        if new := [name for name in names if name not in self.symbols.ids]:
            await add_symbols(self.link, new)
            await self.reread_symbols()


def _sifted(run: Run, bars: Sequence[Bar]) -> list[Bar]:
    """What may be written now; a bar whose time is not over where its run ends lacks what comes."""
    by_symbol: dict[str, list[Bar]] = {symbol: [] for symbol in run.ledgers}
    for bar in bars:
        by_symbol[bar.symbol].append(bar._replace(state=State.PARTIAL) if bar.state is State.FORMING else bar)
    sifted: list[Bar] = []
    for symbol, of_symbol in by_symbol.items():
        ledger = run.ledgers[symbol]
        sifted += ledger.sifted(of_symbol)
        if of_symbol:
            ledger.forget_old(max(bar.open_ms for bar in of_symbol))
    return sifted
