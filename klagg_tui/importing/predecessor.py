"""Bars from the predecessor's database, which is only read.

Its layout: a table for each symbol and period, `k_btc_1m`, with the twelve columns `open_time` to `ignore` of the
exchange, values as texts. Names are in small letters and without USDT, so `k_btc_1m` is BTCUSDT, and `k_ethusdc_4h`
ETHUSDC; a table `symbols` says so where there is one. What it made from trades and what it fetched cannot be told
apart, so its bars come in as closed, not as confirmed, the newest of each table as partial, and never in the place of
bars that klagg has closed already.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFile, BadFrame, BadPeriod, BadRow
from klagg_tui.exchange.binance.archive import KlineColumn, read_kline
from klagg_tui.importing.tally import Tally
from klagg_tui.texts import is_printable

BATCH: Final = 5_000
_TABLE: Final = re.compile(r"k_(?P<symbol>.+)_(?P<period>\d{1,2}[mhdw])")
_DELIVERY: Final = re.compile(r"(.+)(_\d{6})")
_OTHER_QUOTES: Final = ("USDC", "BUSD", "FDUSD", "TUSD", "USD")
_HEAD: Final = tuple(KlineColumn)[:7]
"""Columns behind these had other names."""


class Table(NamedTuple):
    """One table of bars."""

    name: str
    symbol: str
    period: Period
    columns: tuple[str, ...]
    newest: str
    """Open time of its newest row, which may have been written before its time was over."""


class Predecessor:
    """A database of the predecessor, opened; to be used in a `with` block.

    Raises:
        BadFile: it is no such database, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notes: list[str] = []
        """A sentence for each table that holds no bars."""
        with self._translated_errors():
            self._connection = _opened(path)
        try:
            with self._translated_errors():
                self.tables = _tables(self._connection, self.notes)
            if not self.tables:
                raise BadFile(f"{path} holds no tables like k_btc_1m: it is no database of the predecessor.")
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def read_bars(self, tally: Tally) -> Iterator[tuple[int, list[Bar]]]:
        """Bars of one symbol, some thousand at a time, and the number of the table they are in, from 1."""
        with self._translated_errors():
            for number, table in enumerate(self.tables, 1):
                for rows in _rows(self._connection, table):
                    yield number, _bars(table, rows, tally)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BadFile(f"{self._path} cannot be read as a database ({error}); what came before is kept.") from error


def symbol_of(name: str, known: Mapping[str, str]) -> str:
    """The symbol that a table name stands for; `known` are symbols by their names without USDT."""
    if symbol := known.get(name.upper()):
        return symbol
    base = name.upper()
    if delivery := _DELIVERY.fullmatch(base):
        return f"{delivery[1]}USDT{delivery[2]}"
    is_whole = any(base.endswith(quote) and base != quote for quote in _OTHER_QUOTES)
    return base if is_whole else f"{base}USDT"


def _opened(path: Path) -> sqlite3.Connection:
    """Read-only; immutable as well unless its last writes stand in a log beside it, which would then be missed."""
    if not path.is_file():
        raise BadFile(f"{path} cannot be read: there is no such file.")
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    mode = "mode=ro" if has_log else "mode=ro&immutable=1"
    source = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
    source.text_factory = _text  # a text that is none must cost its row, not its table
    return source


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _tables(source: sqlite3.Connection, notes: list[str]) -> list[Table]:
    """The tables that hold bars, 1m first, since longer bars are made from them; others are noted."""
    names = [row[0] for row in source.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    known = _known_symbols(source) if "symbols" in names else {}
    tables = []
    for name in names:
        if name == "symbols" or name.startswith("sqlite_"):
            continue
        table = _table(source, name, known)
        if isinstance(table, str):
            notes.append(f"Table {name} was left out: {table}.")
        else:
            tables.append(table)
    return sorted(tables, key=lambda table: (table.period, table.symbol))


def _known_symbols(source: sqlite3.Connection) -> dict[str, str]:
    try:
        symbols = [str(row[0]).upper() for row in source.execute("SELECT symbol FROM symbols")]
    except sqlite3.OperationalError:
        return {}
    return {symbol.replace("USDT", ""): symbol for symbol in symbols}


def _table(source: sqlite3.Connection, name: str, known: Mapping[str, str]) -> Table | str:
    """What the table holds, or why it is left out."""
    found = _TABLE.fullmatch(name)
    if found is None:
        return "its name is none of a symbol and period"
    try:
        period = Period.parse(found["period"])
    except BadPeriod:
        return f"there is no period {found['period']}"
    columns = tuple(row[1] for row in source.execute(f"PRAGMA table_info({_quoted(name)})"))
    if columns[: len(_HEAD)] != _HEAD or len(columns) < len(KlineColumn):
        return "its columns are not the exchange's"
    if not is_printable(symbol := symbol_of(found["symbol"], known)):
        return f"{symbol} cannot be a symbol"
    newest = source.execute(f"SELECT max(open_time) FROM {_quoted(name)}").fetchone()[0]
    return Table(name, symbol, period, columns[: len(KlineColumn)], str(newest))


def _rows(source: sqlite3.Connection, table: Table) -> Iterator[list[list[str]]]:
    """Rows as texts, oldest first, some thousand at a time."""
    columns = ", ".join(map(_quoted, table.columns))
    cursor = source.execute(f"SELECT {columns} FROM {_quoted(table.name)} ORDER BY 1")
    while fetched := cursor.fetchmany(BATCH):
        yield [[str(value) for value in row] for row in fetched]


def _bars(table: Table, rows: list[list[str]], tally: Tally) -> list[Bar]:
    bars = []
    for row in rows:
        tally.rows += 1
        try:
            state = State.PARTIAL if row[0] == table.newest else State.CLOSED
            bars.append(read_kline(table.symbol, _period_of(table, row), row, state))
            tally.widen(table.symbol, row[4], row[5])
        except (ValueError, BadRow, BadFrame) as error:
            tally.reject(f"{table.name}, open_time {row[0]}", str(error))
    return bars


def _period_of(table: Table, row: list[str]) -> Period:
    """The predecessor wrote months in small letters too, into the table of the minutes."""
    is_month = table.period is Period.M1 and int(row[6]) - int(row[0]) > 27 * DAY_MS
    return Period.MO1 if is_month else table.period


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
