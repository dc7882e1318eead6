"""Writing: every batch is one transaction, so that bars and the spans that prove them agree at any moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS, Period, chain
from klagg_tui.engine.spans import Span
from klagg_tui.storage import delivery_log, derivatives
from klagg_tui.storage.connection import Connection, Insert
from klagg_tui.storage.ledger import Ledger, Run
from klagg_tui.storage.merging import Added, Merge
from klagg_tui.storage.news import HistoryNews
from klagg_tui.storage.notes import Kind, Notes, RowKey
from klagg_tui.storage.queries import bars_at, stored_spans
from klagg_tui.storage.quiet_minutes import quiet_bars
from klagg_tui.storage.recompute import knowing_most, recompute
from klagg_tui.storage.rows import FORMING, HISTORY, RANKED, SPANS, Packer, span_row
from klagg_tui.storage.symbols import Symbols, add_symbols
from klagg_tui.storage.venues import Naming

_LEFTOVERS: Final = f"""
SELECT f.symbol, f.minute FROM forming AS f LEFT JOIN history AS h
ON h.symbol = f.symbol AND h.period = f.period AND h.minute = f.minute
WHERE f.period = 0 AND f.volume <> 0 AND (h.state IS NULL OR h.state = {State.PARTIAL.value} AND f.trade_count > h.trade_count)
"""
_KEEP_LEFTOVERS: Final = f"""
INSERT INTO history SELECT f.symbol, f.period, f.minute, {State.PARTIAL.value}, f.scale, f.open, f.high, f.low, f.close, f.volume,
    f.turnover, f.trade_count, f.taker_buy_volume, f.taker_buy_turnover FROM forming AS f
WHERE (f.symbol, f.minute) IN ({_LEFTOVERS}) AND f.period = 0
{HISTORY.on_conflict}
"""
_DELETE_FORMING: Final = """
DELETE FROM forming WHERE (symbol, period, minute) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?))
"""
_DELETE_SPANS: Final = """
DELETE FROM spans WHERE (symbol, contract, first_id) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?))
"""
_LARGER_REMEMBERED: Final = 50_000


class Writer:
    """Writes through one connection, one batch at a time.

    Args:
        connection: the connection.
        periods: those whose bars are made again where smaller ones change; 1m is always among them.
        naming: what symbols are called.
        previous_close: labels of the venues whose bars open at the close of the one before.
    """

    def __init__(
        self, connection: Connection, periods: tuple[Period, ...], naming: Naming, previous_close: Collection[str] = ()
    ) -> None:
        self.connection = connection
        self.naming = naming
        self.periods = chain(periods)
        self.packer = Packer()
        self.symbols = Symbols()
        self.news: HistoryNews | None = None
        """Told of what is written beside the live engine, once it is on disk; None: nobody asks."""
        self._notes = Notes()
        """Of the batch under way."""
        self._delivered: int | None = None
        """Up to which number every sink was given what is in the log; None: there is none, and nothing is logged."""
        self._previous_close = frozenset(previous_close)
        self._spans: dict[str, tuple[Span, ...]] = {}
        self._is_loaded = False
        self._has_kept_leftovers = False
        self._live = Run(is_seeded=True)
        self._closed_larger: dict[BarKey, None] = {}
        """Larger bars that the live engine closed, the newest of them."""
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def batch(self, names: Collection[str] = ()) -> AsyncIterator[None]:
        """One transaction in which all of `names` have numbers; what was read before a failure is read again."""
        async with self._lock:
            self._notes = Notes()
            try:
                async with self.connection.transaction():
                    self._delivered = await delivery_log.delivered(self.connection)
                    await self._load()
                    await self._add_symbols(names)
                    yield
                    if self._delivered is not None:
                        await delivery_log.append(self.connection, self._notes.entries(), self._delivered)
            except BaseException:
                self._is_loaded = False
                raise
            if self.news is not None:
                self.news.add(self._notes.news(self.symbols.names))

    @asynccontextmanager
    async def exclusively(self) -> AsyncIterator[None]:
        """Hold off all batches, for what cannot be done inside one."""
        async with self._lock:
            yield

    async def write(self, changes: Changes, told: Sequence[DerivativeMinute] = ()) -> int:
        """Write what changed in a live engine, and what was told beside trades; returns how many rows that were.

        Raises:
            DiskError: nothing of it was written; the same batch may be tried again.
        """
        minutes = [bar for bar in changes.ended if bar.period is Period.M1]
        larger = [bar for bar in changes.ended if bar.period is not Period.M1]
        names = {item.symbol for part in (*changes, told) for item in part}
        async with self._run_batch(self._live, names):
            await self._merge(self._live, minutes, changes.spans, is_rolled_up=True)
            await self._write_larger(larger)
            await self._end_forming(changes.ended)
            await self.insert(FORMING, changes.current)
            if told:
                await derivatives.put(self.connection, self.symbols, told)
        self._remember(larger)
        return sum(map(len, changes)) + len(told)

    async def add(self, run: Run, bars: Sequence[Bar], spans: Sequence[Span]) -> Added:
        """Merge 1m bars and their spans with what is stored, in one transaction."""
        names = {bar.symbol for bar in bars} | {span.symbol for span in spans}
        async with self._run_batch(run, names):
            return await self._merge(run, bars, spans, is_rolled_up=False)

    def note(self, keys: Iterable[BarKey], kind: Kind = Kind.BESIDE) -> None:
        """Inside a batch: the store holds other bars there than before, or none."""
        if self._is_noting(kind):
            self._notes.add(kind, self.symbols.row_keys(keys))

    def note_rows(self, rows: Iterable[RowKey], kind: Kind = Kind.TAKEN_BACK) -> None:
        """The same of rows."""
        if self._is_noting(kind):
            self._notes.add(kind, rows)

    def note_runs(self, symbol: int, period: Period, runs: Iterable[tuple[int, int]]) -> None:
        """The same of all bars of a symbol that open from one time to before another, written beside the live engine."""
        if self._is_noting(Kind.BESIDE):
            for from_ms, to_ms in runs:
                self._notes.add_run(symbol, period.ordinal, (from_ms // MINUTE_MS, to_ms // MINUTE_MS))

    def _is_noting(self, kind: Kind) -> bool:
        """Whether anybody is told of it; what the engine told only the sinks are."""
        return self._delivered is not None or (self.news is not None and kind is not Kind.TOLD)

    def opens_at(self, bar: Bar) -> Exact | None:
        """Inside a batch: see `OpensAt`."""
        return bar.open if self.symbols.labels[self.symbols.ids[bar.symbol]] in self._previous_close else None

    async def insert(self, insert: Insert, bars: Sequence[Bar]) -> None:
        """Write bars inside a batch, some hundred at a time so that the loop is never held long."""
        ids = self.symbols.ids
        for start in range(0, len(bars), 500):
            rows = [self.packer.row(ids[bar.symbol], bar) for bar in bars[start : start + 500]]
            await self.connection.insert(insert, rows)

    async def roll_up(self, touched: Iterable[BarKey], *, is_amended: bool = False, is_news: bool = True) -> None:
        """Inside a batch that changed these bars: make larger ones over them again; see `recompute` and `note`."""
        touched = list(touched)
        made: list[BarKey] = []
        by_period: dict[Period, dict[int, set[int]]] = {}
        for symbol, period, open_ms in touched:
            by_period.setdefault(period, {}).setdefault(self.symbols.ids[symbol], set()).add(open_ms)
        for period in sorted(by_period):
            made += await recompute(
                self.connection,
                self.symbols,
                self.packer,
                by_period[period],
                self.periods,
                opens_at=self.opens_at,
                of=period,
                is_amended=is_amended,
            )
        if is_news:
            self.note([*touched, *made])
        else:
            self.note(made, Kind.TOLD)

    async def _merge(self, run: Run, bars: Sequence[Bar], spans: Sequence[Span], *, is_rolled_up: bool) -> Added:
        """`is_rolled_up`: larger bars over bars that are written as given come from the engine itself."""
        merge = Merge(self._spans, run.ledgers, self.opens_at)
        for span in spans:
            merge.join(span)
        ready = _ready(run, bars)
        keys = {bar.key for bar in ready} | merge.doubtful
        stored = await bars_at(self.connection, self.symbols, keys) if keys else {}
        written, added = merge.merged(ready, stored)
        await self.insert(HISTORY, written)
        if is_rolled_up:
            self.note((bar.key for bar in written), Kind.TOLD)
            # a better one is stored than what is told
            self.note(bar.key for bar in ready if stored.get(bar.key, bar) != bar)
        quiet = await quiet_bars(self.connection, self.symbols, merge.junctions, self._spans)
        await self.insert(HISTORY, quiet)
        await self._write_spans(merge)
        given = set(ready) if is_rolled_up else set()
        await self.roll_up(bar.key for bar in (*written, *quiet) if bar not in given)
        return added

    async def _write_larger(self, bars: Sequence[Bar]) -> None:
        """A bar that this run closed may turn out to lack trades: then, and only then, does it lose its rank."""
        doubted = {bar.key: bar for bar in bars if bar.state is State.PARTIAL and bar.key in self._closed_larger}
        known = await knowing_most(self.connection, self.symbols, bars, self.opens_at)
        await self.insert(RANKED, known)
        self.note((bar.key for bar in known), Kind.TOLD)
        # Of one that lacks trades a better one may be stored.
        self.note(bar.key for bar, told in zip(known, bars, strict=True) if bar != told or bar.state is State.PARTIAL)
        if doubted:
            stored = await bars_at(self.connection, self.symbols, doubted)
            closed = [key for key, bar in stored.items() if bar.state is State.CLOSED]
            await self.insert(HISTORY, [doubted[key] for key in closed])

    async def _end_forming(self, ended: Sequence[Bar]) -> None:
        if ended:
            keys = self.symbols.row_keys(bar.key for bar in ended)
            await self.connection.rows(_DELETE_FORMING, (json.dumps(keys),))

    async def _write_spans(self, merge: Merge) -> None:
        ids = self.symbols.ids
        if merge.absorbed:
            await self.connection.rows(
                _DELETE_SPANS, (json.dumps([(ids[symbol], *rest) for symbol, *rest in merge.absorbed]),)
            )
        await self.connection.insert(SPANS, [span_row(ids[span.symbol], span) for span in merge.grown.values()])

    def _remember(self, larger: Sequence[Bar]) -> None:
        for bar in larger:
            if bar.state is State.CLOSED:
                self._closed_larger[bar.key] = None
            else:
                self._closed_larger.pop(bar.key, None)
        while len(self._closed_larger) > _LARGER_REMEMBERED:
            del self._closed_larger[next(iter(self._closed_larger))]

    @asynccontextmanager
    async def _run_batch(self, run: Run, names: Collection[str]) -> AsyncIterator[None]:
        before: dict[str, Ledger | None] = {}
        try:
            async with self.batch(names):
                before = run.begin(names, self._spans)
                yield
        except BaseException:
            run.roll_back(before)
            raise

    async def _load(self) -> None:
        if self._is_loaded:
            return
        self.symbols = await Symbols.read(self.connection, self.naming)
        self._spans = await stored_spans(self.connection, self.symbols)
        self._is_loaded = True
        if not self._has_kept_leftovers:
            await self._keep_leftovers()
            self._has_kept_leftovers = True

    async def _keep_leftovers(self) -> None:
        """What an earlier run left as its current minutes becomes history, partial, before anything is written over it."""
        rows = await self.connection.rows(_LEFTOVERS)
        if rows:
            await self.connection.rows(_KEEP_LEFTOVERS)
            await self.roll_up((self.symbols.names[number], Period.M1, minute * MINUTE_MS) for number, minute in rows)

    def name_by(self, naming: Naming) -> None:
        """Call symbols otherwise from the next batch on."""
        self.naming = naming
        self._is_loaded = False

    def read_again(self) -> None:
        """What is remembered of the file is read again before the next batch: it was changed beside it."""
        self._is_loaded = False

    async def reload_symbols(self) -> None:
        """Inside a batch, after symbols were changed."""
        self.symbols = await Symbols.read(self.connection, self.naming)

    async def _add_symbols(self, names: Collection[str]) -> None:
        if new := [name for name in names if name not in self.symbols.ids]:
            await add_symbols(self.connection, self.naming, new)
            await self.reload_symbols()


def _ready(run: Run, bars: Sequence[Bar]) -> list[Bar]:
    """What may be written now; a bar that is still forming is stored as partial, for its later trades are missing."""
    by_symbol: dict[str, list[Bar]] = {symbol: [] for symbol in run.ledgers}
    for bar in bars:
        by_symbol[bar.symbol].append(bar._replace(state=State.PARTIAL) if bar.state is State.FORMING else bar)
    ready: list[Bar] = []
    for symbol, of_symbol in by_symbol.items():
        ledger = run.ledgers[symbol]
        ready += ledger.ready(of_symbol)
        if of_symbol:
            ledger.forget_old(max(bar.open_ms for bar in of_symbol))
    return ready
