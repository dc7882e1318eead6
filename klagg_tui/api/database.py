"""A database, opened for scripts and notebooks."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeAlias, TypeVar

from klagg_tui.api.bars import STATE, Bar, public_bar
from klagg_tui.api.loop_thread import LoopThread
from klagg_tui.api.moments import Moment, moment_of, ms_of
from klagg_tui.engine import bar as engine_bar
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.exporting.selection import Selection, unknown_symbol
from klagg_tui.exporting.told import Derivative, derivative_of
from klagg_tui.names import Spellings, parted
from klagg_tui.paths import default_path
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from klagg_tui.api.frames import Frames

Numbers: TypeAlias = Literal["exact", "float"]
T = TypeVar("T")


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
        self._loop_thread = LoopThread()
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
            Series(held.symbol, str(held.period), held.rows, moment_of(held.first_ms), moment_of(held.last_ms))
            for held in self._loop_thread.run(self._store.summary())
        ]

    def frame(
        self,
        symbols: str | Sequence[str] = "*",
        period: str = "1m",
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        last: int | None = None,
        states: tuple[State, ...] | None = None,
        columns: Sequence[str] | None = None,
        numbers: Numbers = "float",
        closed: bool = True,
        wide: bool = False,
    ) -> pd.DataFrame:
        """Bars of one symbol or many as a frame of pandas; its index are the open times, in UTC.

        Args:
            symbols: a name or pattern, or several, as `klagg export --symbol` takes them; all of them without it.
            period: as at the exchange: `1m`, `4h`, `1d`, ...
            start: bars that open then or later. None: from the first one.
            end: bars that open before then. None: to the last one.
            last: only so many of each symbol, the newest.
            states: only bars of these states.
            columns: only these; None: all. As in the files of `klagg export`: `symbol`, `period`, `open_time`, `open`, `high`, `low`,
                `close`, `volume`, `close_time`, `quote_volume`, `count`, `taker_buy_volume`, `taker_buy_quote_volume`, `state`,
                and where there are several exchanges `venue` before them and `witness` behind.
            numbers: `float`, each the nearest one to its decimal, or `exact`: objects of `Decimal`.
            closed: only bars that are over; otherwise the forming ones too.
            wide: a row for each time and a column for each symbol, `frame["close"]["BTCUSDT"]`, instead of symbol below symbol;
                without `period` and `close_time`, NaN where a symbol has no bar.

        What is unknown is NaN or None.

        Raises:
            BadSymbol: a name or pattern matches no symbol; the message tells near ones.
            BadPeriod: there is no such period.
            BadTime: a text is not a time.
            ExportError: a symbol that is named has no bars of that period, there is no such column, a value has more than 38
                digits, or pandas is not installed: `pip install 'klagg-tui[notebook]'`.
        """
        from klagg_tui.api.frames import require_pandas

        require_pandas()
        made = self._frames(symbols, period, start, end, last, states, columns, numbers, closed, wide)
        return made.pandas()

    def polars(
        self,
        symbols: str | Sequence[str] = "*",
        period: str = "1m",
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        last: int | None = None,
        states: tuple[State, ...] | None = None,
        columns: Sequence[str] | None = None,
        numbers: Numbers = "float",
        closed: bool = True,
        wide: bool = False,
    ) -> pl.DataFrame:
        """The same as a frame of Polars: times are a column, `exact` numbers are `pl.Decimal`, wide columns are `close_BTCUSDT`."""
        made = self._frames(symbols, period, start, end, last, states, columns, numbers, closed, wide)
        return made.polars()

    def arrow(
        self,
        symbols: str | Sequence[str] = "*",
        period: str = "1m",
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        last: int | None = None,
        states: tuple[State, ...] | None = None,
        columns: Sequence[str] | None = None,
        numbers: Numbers = "float",
        closed: bool = True,
        wide: bool = False,
    ) -> pa.Table:
        """The same as a table of pyarrow, for DuckDB and others: `exact` numbers are `decimal128`. `pip install 'klagg-tui[parquet]'`."""
        from klagg_tui.api.frames import require_pyarrow

        require_pyarrow()
        made = self._frames(symbols, period, start, end, last, states, columns, numbers, closed, wide)
        return made.arrow()

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
        """Bars that open from `start` to before `end`, oldest first, read as they are asked for, the forming one among them.

        Args:
            symbol: as at the exchange, or `venue:symbol`, where `okx:` means `okx-swap` or `okx-spot`.
            period: as at the exchange: `1m`, `4h`, `1d`, ...
            start: None: from the first one.
            end: None: to the current one.
            last: only so many, the newest.
            states: only bars of these states.

        Raises:
            BadSymbol: there is no such symbol; the message tells near ones.
            BadPeriod: there is no such period.
            BadTime: a text is not a time.
            StorageError: several exchanges have a symbol of that name.
        """
        for page in self._pages(_Query(symbol, Period.parse(period), ms_of(start), ms_of(end), last, states)):
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
        """The same as plain tuples of `BAR_COLUMNS`, all at once."""
        found = self.bars(symbol, period, start, end, last=last, states=states)
        return [(*bar[:STATE], bar.state.label, *bar[STATE + 1 :]) for bar in found]

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
        """What `arrow(..., numbers="exact", closed=False)` gives; goes with the next release."""
        warnings.warn(
            "table is called arrow now, which takes several symbols, gives floats unless numbers='exact' and leaves the forming bar out "
            "unless closed=False; table goes with the next release.",
            DeprecationWarning,
            stacklevel=2,
        )
        meant = self._meant(symbol)
        return self.arrow(meant, period, start, end, last=last, states=states, numbers=numbers, closed=False)

    def derivatives(
        self, symbol: str, start: Moment | None = None, end: Moment | None = None, *, last: int | None = None
    ) -> Iterator[Derivative]:
        """What was told of a contract beside its trades, minute by minute from `start` to before `end`, oldest first.

        `last`: only so many, the newest. A symbol of which nothing was told gives none. Raises as `bars` does.
        """
        meant, from_ms, to_ms = self._meant(symbol), ms_of(start), ms_of(end)
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

    def _frames(
        self,
        symbols: str | Sequence[str],
        period: str,
        start: Moment | None,
        end: Moment | None,
        last: int | None,
        states: tuple[State, ...] | None,
        columns: Sequence[str] | None,
        numbers: str,
        closed: bool,
        wide: bool,
    ) -> Frames:
        # Late: Polars takes a quarter of a second. Here, in the caller's thread, so that Ctrl+C stays as it is (see `columnar`).
        from klagg_tui.api.frames import checked_columns, checked_numbers, read_frames

        selection = Selection(
            (symbols,) if isinstance(symbols, str) else tuple(symbols),
            (Period.parse(period),),
            ms_of(start),
            ms_of(end),
            None if states is None else frozenset(states),
            in_floats=checked_numbers(numbers),
            ended_only=closed,
        )
        chosen = checked_columns(columns)
        return self._loop_thread.run(read_frames(self._store, selection, chosen, last, is_wide=wide))

    def _named(self, symbol: str) -> tuple[str | None, str]:
        """The venue, None where nobody said it, and the exchange's own name of a stored symbol."""
        if self._store.is_qualified:
            return parted(symbol)
        return next(iter(self._store.venues), None), symbol

    def _public(self, bar: engine_bar.Bar) -> Bar:
        venue, symbol = self._named(bar.symbol)
        return public_bar(bar._replace(symbol=symbol), venue)

    def _meant(self, name: str) -> str:
        """The stored symbol that goes by a name."""
        known = self.symbols()
        meant = Spellings(known, next(iter(self._store.venues), "")).meant(name)
        if len(meant) > 1:
            raise StorageError(f"Several exchanges have {name}: name one of them, like {meant[0]}.")
        if not meant:
            raise unknown_symbol(name, known)
        return meant[0]

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


async def _next(pages: AsyncIterator[T]) -> T | None:
    return await anext(pages, None)
