"""The local database: bars, the spans that prove them, and what is known of symbols.

One process writes; any number may read meanwhile. Writing and reading have a connection each, so neither waits for the
other. See `schema` for what is in the file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.errors import StorageError
from klagg_tui.names import Name
from klagg_tui.storage import confirming, debts, maintenance, metadata
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.debts import Answer, Hole
from klagg_tui.storage.delivery_log import forget_listeners
from klagg_tui.storage.disk_errors import missing, not_a_database, translate_errors
from klagg_tui.storage.ledger import Run
from klagg_tui.storage.maintenance import Retention
from klagg_tui.storage.merging import Added
from klagg_tui.storage.mirror import Mirrored, Rule, mirror
from klagg_tui.storage.news import HistoryNews
from klagg_tui.storage.opening import (
    Made,
    WriterLock,
    copy_of,
    has_database,
    open_reader,
    open_writer,
    owner_of,
    require_writable,
)
from klagg_tui.storage.reader import StoreReader
from klagg_tui.storage.series import ConfirmedSeries, add_series
from klagg_tui.storage.symbols import Pair, StoredSymbol
from klagg_tui.storage.unconfirmed import Unconfirmed
from klagg_tui.storage.venues import Naming, label_of, naming_of, venues_of
from klagg_tui.storage.writer import Writer


class Importing:
    """One engine's way into the store; it knows what this engine added and what was there before."""

    def __init__(self, writer: Writer, mark: Callable[[], Awaitable[None]]) -> None:
        self._writer = writer
        self._mark = mark
        self._run = Run(is_seeded=False)

    async def add(self, bars: Sequence[Bar], spans: Sequence[Span]) -> Added:
        """See `Store.add`; may be called again with grown spans and the bars changed since."""
        await self._mark()
        return await self._writer.add(self._run, bars, spans)


class Store(StoreReader):
    """A database file, opened. Every method may raise `DiskError`; a failed write changes nothing."""

    def __init__(self, path: Path, reader: Connection, writer: Writer | None, lock: WriterLock | None) -> None:
        """Use `open`."""
        super().__init__(reader, Naming())
        self.path = path
        self._writer = writer
        self._lock = lock
        self._has_failed = False
        self._made: Made | None = None
        """What goes again when nothing was written."""
        self._markets: tuple[str, ...] = ()
        """Marks of the venues whose bars are to be written."""

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        read_only: bool = False,
        periods: Sequence[Period] = DEFAULT_PERIODS,
        market: str | None = None,
        markets: Sequence[str] = (),
        previous_close: Collection[str] = (),
        is_kept_empty: bool = True,
    ) -> Self:
        """Open the database at `path`; a writer makes it, and its folder, where there is none.

        Args:
            path: the file.
            read_only: change nothing, and let another process write meanwhile.
            periods: those whose bars are made again where smaller ones are added or changed.
            market: one more of `markets`.
            markets: whose bars are to be written, or at least may be there, as `venues.mark_of` marks them; none: whatever
                is there. A file may hold several venues, but only one address of each. The first bars written mark a
                file that nobody marked; one without any bar takes any. Where file and markets are several venues
                together, symbols go by `venue:symbol`.
            previous_close: labels of the venues whose bars open at the close of the one before, as their `CandleFacts` have it.
            is_kept_empty: where not, a file that was made for this is removed when it is closed without any bar.

        Raises:
            NotADatabase: the file is something else.
            NewerDatabase: a newer klagg wrote it.
            DatabaseBusy: another klagg writes to it.
            DatabaseLocked: another program holds a lock on it.
            OtherMarket: it holds the bars of another address of one of the venues.
            DiskError: it cannot be read, or not be written to.
        """
        markets = (*((market,) if market else ()), *markets)
        if read_only:
            return await cls._open_to_read(path, markets)
        is_there = has_database(path)
        if not is_there and owner_of(path):  # what belongs to a database is no place for another
            raise not_a_database(path)
        with translate_errors(path):
            made = None if is_kept_empty else Made(path)
            path.parent.mkdir(parents=True, exist_ok=True)
        if is_there:
            require_writable(path)
        lock = WriterLock(path)
        try:
            connection = await open_writer(path)
        except BaseException:
            lock.release()
            raise
        store: Self | None = None
        try:
            await forget_listeners(connection)
            writer = Writer(connection, tuple(periods), Naming(), previous_close)
            store = cls(path, await open_reader(path), writer, lock)
            await store._settle_markets(markets)
        except BaseException:
            await (store.close() if store else _give_up(connection, lock))
            raise
        store._made = made
        return store

    @classmethod
    async def _open_to_read(cls, path: Path, markets: Sequence[str]) -> Self:
        if not has_database(path):
            raise missing(path)
        store = cls(path, await open_reader(path), None, None)
        try:
            await store._settle_markets(markets)
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Close the file; closing again does nothing."""
        lock, self._lock = self._lock, None
        made: Made | None = None
        # Run to its end also where a step fails or whoever closes is cancelled: a lock goes back when nothing is open any more.
        async with AsyncExitStack() as last:
            if lock:
                last.callback(lock.release)
            if self._writer:
                last.push_async_callback(self._writer.connection.close)
            last.push_async_callback(self._reader.close)
            if lock and self._made and await self._is_unused():
                made = self._made
            await self._reader.close()
            if self._writer and lock:
                # Who still reads beside us would be the last to close, and a reader leaves the log as it is.
                with suppress(StorageError):
                    await self._writer.connection.rows("PRAGMA wal_checkpoint(TRUNCATE)")
                await self._writer.connection.close()
                if not self._has_failed:
                    copy_of(self.path).unlink(missing_ok=True)
            if made:
                made.remove_files()
        if made:
            made.remove_folders()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._has_failed = isinstance(error, StorageError)
        await self.close()

    async def write(self, changes: Changes, told: Sequence[DerivativeMinute] = ()) -> int:
        """Write what changed in a live engine, in one transaction; returns how many rows that were.

        Ended bars go to the history, where they never lose rank (confirmed, closed, partial); of equal rank the newer
        stays. Current bars replace each other. Larger bars are taken as the engine gives them, but made again where a
        minute turned out to be more than the engine knew. After a failure the same batch may be written again.
        `told`: minutes of what was told beside trades, each merged with what is stored of it.
        """
        if changes.current or changes.ended or told:
            await self._mark()
        return await self._require_writer().write(changes, told)

    def collect_news(self) -> None:
        """From now on, keep for `take_news` which stretches of history change."""
        self._require_writer().news = HistoryNews()

    def take_news(self) -> tuple[StoredStretch, ...]:
        """Stretches of history of which the store holds something else than before: since the last call, and on disk.

        What `write` was given is none where it was written as given: that the engine tells. Nor is what is deleted for its age.
        """
        news = self._require_writer().news
        return news.take() if news else ()

    def require_in_place(self) -> None:
        """Check that what is written stays where it is looked for; every write does it too.

        Raises:
            DiskError: the database was removed, replaced or moved since it was opened.
        """
        self._require_writer().connection.require_in_place()

    async def market(self) -> str | None:
        """Whose bars are stored, of several the first; None where none are, or nobody has said whose they are."""
        return next(iter(await self.markets()), None)

    async def markets(self) -> tuple[str, ...]:
        """Marks of all venues whose bars are stored, as `venues.mark_of` marks them."""
        return tuple(row.mark for row in await venues_of(self._reader) if row.mark and row.has_bars)

    async def claim(self, market: str) -> None:
        """Hold the bars of this market too, from the first ones on that are written; symbols may have other names then.

        Raises:
            OtherMarket: those of another address of its venue are there.
        """
        await self._settle_markets((market,))

    def importing(self) -> Importing:
        """A way in for one engine that reads files: its batches may repeat and grow, as `drain` gives them."""
        return Importing(self._require_writer(), self._mark)

    async def add(self, bars: Sequence[Bar], spans: Sequence[Span]) -> Added:
        """Merge 1m bars made of trades, and the spans that say of which, with what is stored.

        Within each minute, bars of trades not stored yet are added to what is there, bars of trades stored already
        change nothing, and bars with all that is there and more replace it. Spans that meet are joined; minutes
        inside one span are then closed, those without a row flat. A bar still forming is stored as partial. Larger
        bars are made again. One call is one engine's whole work: use `importing` where it comes in parts.
        """
        return await self.importing().add(bars, spans)

    async def add_confirmed(self, bars: Iterable[Bar]) -> Added:
        """Store the exchange's own bars, of any periods; they replace all others, and larger bars are made again.

        Where they lack fields, as their `evidence` says, a stored bar that agrees with them in all others keeps its own;
        see `engine.confirming`.
        """
        await self._mark()
        bars = tuple(bars)
        if shown := metadata.shown_anchors(bars):
            await self.learn_anchors(shown)
        return await confirming.add_confirmed(self._require_writer(), bars)

    async def add_series(self, series: ConfirmedSeries) -> Added:
        """The same of bars of one symbol and period by columns; no three-day or longer ones."""
        await self._mark()
        return await add_series(self._require_writer(), series)

    async def mirror(self, told: Sequence[Mirrored], key: str, value: str, rule: Rule | None = None) -> None:
        """Write bars as they are in other databases, and in the same transaction a text to keep: how far that is."""
        await self._mark()
        await mirror(self._require_writer(), told, key, value, rule)

    def called(self, mark: str, symbol: str) -> str:
        """What a symbol of a venue is called here, `claim` having been asked for that where there is a mark."""
        return str(Name(label_of(mark), symbol)) if mark and self._naming.is_qualified else symbol

    async def find_owed(
        self, settled_ms: int, periods: Collection[Period] = tuple(Period), *, venue: str | None = None
    ) -> list[Hole]:
        """Move every frontier as far as the rows say, and give the bars that are missing behind it.

        Args:
            settled_ms: bars that ended by then are final at the exchange.
            periods: those to look at; 1m alone is looked through in milliseconds.
            venue: label of the one whose symbols are looked at; None: all.
        """
        return await debts.find_owed(self._require_writer(), settled_ms, periods, venue)

    async def settle(self, answer: Answer) -> Added:
        """Store what the exchange answered about missing bars, in one transaction."""
        await self._mark()
        return await debts.settle(self._require_writer(), answer)

    async def discard_flat(self, run: Unconfirmed) -> int:
        """Delete bars without trades, behind all traded ones, that the exchange does not have; returns how many there were."""
        return await confirming.discard_flat(self._require_writer(), run)

    async def discard_unshown(self, run: Unconfirmed, *, is_passed_over: bool = False) -> int:
        """Delete bars without trades that the exchange does not have, see `confirming`; returns how many there were."""
        return await confirming.discard_unshown(self._require_writer(), run, is_passed_over=is_passed_over)

    async def remove_future(self, now_ms: int, *, venue: str | None = None) -> int:
        """Delete bars that open after a time, and doubt those that end after it; returns how many rows that were."""
        return await maintenance.remove_future(self._require_writer(), now_ms, venue)

    async def discard_between(self, symbol: str, from_ms: int, to_ms: int) -> int:
        """Delete bars without trades between two contracts of one name that the exchange does not have; how many there were."""
        return await confirming.discard_between(self._require_writer(), symbol, from_ms, to_ms)

    async def put_symbols(self, symbols: Iterable[StoredSymbol]) -> None:
        """Store the exchange's facts of symbols; three-day bars follow a changed anchor."""
        await metadata.put_symbols(self._require_writer(), list(symbols))

    async def learn_anchors(self, found: Mapping[str, int]) -> None:
        """Keep on which days modulo 3 the exchange's own three-day bars open, by symbol; ours follow."""
        await metadata.learn_anchors(self._require_writer(), found)

    async def learn_stored_anchors(self, symbols: Iterable[str]) -> None:
        """The same by the confirmed three-day bars that are stored, all of which stay."""
        await metadata.learn_stored_anchors(self._require_writer(), symbols)

    async def put_meta(self, key: str, value: str) -> None:
        """Keep a text."""
        await metadata.put_meta(self._require_writer(), key, value)

    async def widen_precisions(self, seen: Mapping[str, Precision]) -> None:
        """Keep decimals that were seen, beside what is known already."""
        await metadata.widen_precisions(self._require_writer(), seen)

    async def learn_pairs(self, listed: Mapping[str, Pair]) -> None:
        """Keep what a listing says of symbols: shown before the next one has come."""
        await metadata.learn_pairs(self._require_writer(), listed)

    async def note_watched(self, venues: Collection[str]) -> None:
        """Keep which venues are watched from now on, by their labels. What others lack is not owed until they are watched again."""
        await metadata.note_watched(self._require_writer(), venues)

    async def delete_before(self, period: Period, before_ms: int, at_most: int = 5000) -> int:
        """Delete at most so many bars of a period that opened before; returns how many rows: 0 when there are none left.

        Larger bars over them are made first where they are missing, and no bar is taken from a larger one that
        reaches beyond `before_ms`. Spans stay: the larger bars still hold their trades. With 1m bars go the minutes of what was
        told beside trades.
        """
        return await maintenance.delete_before(self._require_writer(), period, before_ms, at_most)

    def retention(self, keep: Mapping[Period, int]) -> Retention:
        """What deletes, step by step, bars that are older than they are to be kept: milliseconds by period."""
        return Retention(self._require_writer(), keep)

    async def compact(self) -> None:
        """Give the space of deleted bars back to the disk; writers wait as long as the file takes to be copied."""
        await maintenance.compact(self._require_writer())

    async def _is_unused(self) -> bool:
        """Nothing was written that tells of a bar; where that cannot be read, it may have been."""
        try:
            return not await self.has_bars()
        except StorageError:
            return False

    def _require_writer(self) -> Writer:
        if self._writer is None:
            raise StorageError(f"{self.path} was opened for reading only: nothing was changed.")
        return self._writer

    async def _settle_markets(self, markets: Sequence[str]) -> None:
        """Settle what symbols are called when bars of these come too."""
        wanted = tuple(dict.fromkeys((*self._markets, *markets)))
        naming = naming_of(self.path, await venues_of(self._reader), wanted)
        self._markets, self._naming = wanted, naming
        if self._writer:
            self._writer.name_by(naming)

    async def _mark(self) -> None:
        """Say whose bars these are, before the first of them: an address that answers nothing leaves no mark."""
        if self._naming.claims:
            writer = self._require_writer()
            async with writer.batch():
                await self._naming.mark(writer.connection)
            self._naming.claims.clear()


async def _give_up(connection: Connection, lock: WriterLock) -> None:
    try:
        await connection.close()
    finally:
        lock.release()
