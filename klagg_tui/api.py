"""Stored bars for scripts and notebooks: `open_database`, then `bars`, `rows` or `table`. Read-only, beside a running klagg.

Every call waits for its answer, also where an event loop runs already, as in a notebook. Numbers are exact decimals.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, TypeAlias, TypeVar

from klagg_tui.engine import bar as engine_bar
from klagg_tui.engine.bar import State
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.exporting import arrow, tables
from klagg_tui.exporting.selection import StoredSeries
from klagg_tui.exporting.series import Series as StoredAs
from klagg_tui.exporting.told import Derivative, derivative_of
from klagg_tui.names import Spellings, parted
from klagg_tui.paths import default_path
from klagg_tui.storage.store import Store
from klagg_tui.timespec import parse_time

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "Bar", "Database", "Derivative", "Moment", "Series", "State", "open_database"]

Moment: TypeAlias = str | int | datetime
"""`2024-08-08T12:00` or `-3h` (see `klagg export --help`), milliseconds since the epoch, or a datetime; UTC by itself."""

Numbers: TypeAlias = Literal["exact", "float"]
T = TypeVar("T")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Bar(NamedTuple):
    """One bar; turnovers are in the quote coin."""

    symbol: str
    """As the exchange calls it."""
    period: str
    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal | None
    trade_count: int | None
    taker_buy_volume: Decimal | None
    taker_buy_turnover: Decimal | None
    """These four are None where they are unknown: the bars of some exchanges do not have them."""
    state: State
    """FORMING, PARTIAL (trades are missing), CLOSED or CONFIRMED (equal to the exchange's own)."""
    venue: str | None = None
    """Key of the exchange, as `klagg --venue` takes it; None where nobody said whose bars these are."""
    witness: str | None = None
    """Who vouches for a CONFIRMED bar: `ids`, where all its trades were seen, or `candle`, the exchange's bar alone, which has
    not all fields; None for all others."""

    @property
    def close_time(self) -> datetime:
        """Its last millisecond, as the exchange counts."""
        end_ms = Period.parse(self.period).end_ms(_milliseconds(self.open_time))
        return _moment(end_ms - 1)


_STATE: Final = Bar._fields.index("state")
COLUMNS: Final = Bar._fields
"""What the values of a row are."""


class Series(NamedTuple):
    """What is stored of one symbol and period, bars that are over only."""

    symbol: str
    """As in `Database.symbols`."""
    period: str
    bars: int
    first: datetime
    last: datetime
    """Open times."""


def open_database(path: str | Path | None = None) -> Database:
    """Open the database at `path`, or the one that klagg keeps by itself; close it, or use it in a `with` block.

    Raises:
        StorageError: there is none, or it cannot be read; the message says what to do.
    """
    return Database(default_path() if path is None else Path(path))


class Database:
    """A database, opened for reading."""

    def __init__(self, path: Path) -> None:
        """See `open_database`."""
        self.path = path
        self._loop_thread = _LoopThread()
        try:
            self._store = self._loop_thread.run(Store.open(path, read_only=True))
        except BaseException:
            self._loop_thread.close()
            raise

    def close(self) -> None:
        """Close it; closing again does nothing."""
        if self._loop_thread.is_open:
            self._loop_thread.run(self._store.close())
            self._loop_thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def symbols(self) -> list[str]:
        """All symbols, the oldest first; as `venue:symbol` where the file holds several exchanges."""
        return [known.symbol for known in self._loop_thread.run(self._store.symbols())]

    def series(self) -> list[Series]:
        """What there is; looks at every stored bar once."""
        return [
            Series(held.symbol, str(held.period), held.rows, _moment(held.first_ms), _moment(held.last_ms))
            for held in self._loop_thread.run(self._store.summary())
        ]

    def bars(
        self,
        symbol: str,
        period: str = "1m",
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        last: int | None = None,
        states: tuple[State, ...] | None = None,
    ) -> Iterator[Bar]:
        """Bars that open from `start` to before `end`, oldest first, read as they are asked for.

        Args:
            symbol: as at the exchange, or `venue:symbol`, where `okx:` means `okx-swap` or `okx-spot`; one that is not stored has
                no bars.
            period: as at the exchange: `1m`, `4h`, `1d`, ...
            start: None: from the first one.
            end: None: to the current one.
            last: only so many, the newest.
            states: only bars of these states.

        Raises:
            BadPeriod: there is no such period.
            BadTime: a text is not a time.
            StorageError: several exchanges have a symbol of that name.
        """
        for page in self._pages(_Query(symbol, Period.parse(period), _ms(start), _ms(end), last, states)):
            yield from map(self._public, page)

    def rows(
        self,
        symbol: str,
        period: str = "1m",
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        last: int | None = None,
        states: tuple[State, ...] | None = None,
    ) -> list[tuple[Any, ...]]:
        """The same as plain tuples of `COLUMNS`, all at once: for `pandas.DataFrame(rows, columns=COLUMNS)`."""
        found = self.bars(symbol, period, start, end, last=last, states=states)
        return [(*bar[:_STATE], bar.state.label, *bar[_STATE + 1 :]) for bar in found]

    def table(
        self,
        symbol: str,
        period: str = "1m",
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        last: int | None = None,
        states: tuple[State, ...] | None = None,
        numbers: Numbers = "exact",
    ) -> pa.Table:
        """The same as an Arrow table, columns as in `klagg export`, venue and witness where there are several exchanges: for `polars.from_arrow`, DuckDB, pandas.

        `numbers`: `exact` decimals, or `float`, each the nearest one to its decimal. Raises ExportError where pyarrow is not
        installed (`pip install 'klagg-tui[parquet]'`), or a value has more than 38 digits.
        """
        arrow.library()
        query = _Query(self._meant(symbol), Period.parse(period), _ms(start), _ms(end), last, states)
        venue, name = self._named(query.symbol)
        told = (venue if self._store.is_qualified else None) or ""
        series = StoredAs(name, query.period, Precision(), told, in_floats=numbers == "float")
        if last is not None:
            return tables.table_of(self._pages(query), series)
        wanted = query.from_ms, query.to_ms, None if states is None else frozenset(states)
        one = StoredSeries(series, query.symbol, query.period, 0, *wanted)
        return self._loop_thread.run(tables.stored_table(self._store, one))

    def derivatives(
        self, symbol: str, start: Moment | None = None, end: Moment | None = None, *, last: int | None = None
    ) -> Iterator[Derivative]:
        """What was told of a contract beside its trades, minute by minute from `start` to before `end`, oldest first.

        `last`: only so many, the newest. A symbol that has none, or is not stored, gives none. Raises as `bars` does.
        """
        meant, from_ms, to_ms = self._meant(symbol), _ms(start), _ms(end)
        pages = self._store.derivatives(meant, from_ms, to_ms, newest_first=last is not None, limit=last)
        venue, name = self._named(meant)
        newest: list[Derivative] = []
        while (page := self._loop_thread.run(_next(pages))) is not None:
            made = [derivative_of(minute._replace(symbol=name), venue) for minute in page]
            if last is None:
                yield from made
            newest += made
        if last is not None:
            yield from reversed(newest)

    def _named(self, symbol: str) -> tuple[str | None, str]:
        """The venue, None where nobody said it, and the exchange's own name of a stored symbol."""
        if self._store.is_qualified:
            return parted(symbol)
        return next(iter(self._store.venues), None), symbol

    def _public(self, bar: engine_bar.Bar) -> Bar:
        venue, symbol = self._named(bar.symbol)
        return _made_public(bar._replace(symbol=symbol), venue)

    def _meant(self, name: str) -> str:
        """The stored symbol that goes by a name; what is not stored as it is."""
        venues = self._store.venues
        if parted(name).venue in venues if self._store.is_qualified else not parted(name).venue:
            return name
        meant = Spellings(self.symbols(), next(iter(venues), "")).meant(name)
        if len(meant) > 1:
            raise StorageError(f"Several exchanges have {name}: name one of them, like {meant[0]}.")
        return meant[0] if meant else name

    def _pages(self, query: _Query) -> Iterator[list[engine_bar.Bar]]:
        pages = replace(query, symbol=self._meant(query.symbol)).pages(self._store)
        newest: list[list[engine_bar.Bar]] = []
        while (page := self._loop_thread.run(_next(pages))) is not None:
            if query.last is None:
                yield page
            else:
                newest.append(page[::-1])
        yield from reversed(newest)


@dataclass(frozen=True, slots=True)
class _Query:
    symbol: str
    period: Period
    from_ms: int | None
    to_ms: int | None
    last: int | None
    states: tuple[State, ...] | None

    def pages(self, store: Store) -> AsyncIterator[list[engine_bar.Bar]]:
        return store.pages(
            self.symbol,
            self.period,
            self.from_ms,
            self.to_ms,
            newest_first=self.last is not None,
            limit=self.last,
            states=self.states,
        )


class _LoopThread:
    """An event loop in a thread of its own, for callers that have none, or one that is busy."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="klagg-api", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        # Its end is also the end of what somebody began and did not wait for, as where ctrl+c was pressed meanwhile.
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    @property
    def is_open(self) -> bool:
        return not self._loop.is_closed()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            work.close()
            raise StorageError("This database was closed; open it again.")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


async def _next(pages: AsyncIterator[T]) -> T | None:
    return await anext(pages, None)


def _made_public(bar: engine_bar.Bar, venue: str | None) -> Bar:
    lacks = bar.evidence
    return Bar(
        bar.symbol,
        str(bar.period),
        _moment(bar.open_ms),
        price_as_decimal(bar.open),
        price_as_decimal(bar.high),
        price_as_decimal(bar.low),
        price_as_decimal(bar.close),
        quantity_as_decimal(bar.volume),
        None if lacks & Evidence.NO_TURNOVER else turnover_as_decimal(bar.turnover),
        None if lacks & Evidence.NO_COUNT else bar.trade_count,
        None if lacks & Evidence.NO_TAKER_VOLUME else quantity_as_decimal(bar.taker_buy_volume),
        None if lacks & Evidence.NO_TAKER_TURNOVER else turnover_as_decimal(bar.taker_buy_turnover),
        bar.state,
        venue,
        Evidence(lacks).witness if bar.state is State.CONFIRMED else None,
    )


def _ms(moment: Moment | None) -> int | None:
    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, datetime):
        return _milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return parse_time(moment, _milliseconds(datetime.now(UTC)))


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)
