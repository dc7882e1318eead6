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
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFile, BadPeriod, BadRow
from klagg_tui.importing.bars import read_bar
from klagg_tui.importing.importer import Imported, OnProgress, Progress, ShouldStop
from klagg_tui.importing.trades import Tally
from klagg_tui.storage.store import Store

BATCH: Final = 5_000
_TABLE: Final = re.compile(r"k_(?P<symbol>.+)_(?P<period>\d{1,2}[mhdw])")
_DELIVERY: Final = re.compile(r"(.+)(_\d{6})")
_OTHER_QUOTES: Final = ("USDC", "BUSD", "FDUSD", "TUSD", "USD")
_HEAD: Final = ("open_time", "open", "high", "low", "close", "volume", "close_time")
_COLUMNS: Final = 12
_SURE: Final = frozenset({State.CLOSED, State.CONFIRMED})


class LegacyTable(NamedTuple):
    """One table of the predecessor."""

    name: str
    symbol: str
    period: Period
    columns: tuple[str, ...]
    newest: str
    """Open time of its newest row, which may have been written before its time was over."""


async def import_legacy(
    store: Store,
    path: Path,
    *,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = lambda: False,
) -> Imported:
    """Read a database of the predecessor into the store; tables that are none of its bars are listed in `notes`.

    Raises:
        BadFile: it is no such database, or cannot be read.
        StorageError: the store cannot be written to.
    """
    outcome = Imported()
    try:
        with closing(_opened(path)) as source:
            tables = _tables(source, outcome.notes)
            if not tables:
                raise BadFile(f"{path} holds no tables like k_btc_1m: it is no database of the predecessor.")
            batches = ((done, table, rows) for done, table in enumerate(tables, 1) for rows in _rows(source, table))
            for done, table, rows in batches:
                await _take(store, table, rows, outcome)
                on_progress(Progress(path, done, len(tables), outcome.tally.rows))
                outcome.is_stopped = should_stop()
                if outcome.is_stopped:
                    break
    except sqlite3.Error as error:
        raise BadFile(f"{path} cannot be read as a database ({error}); what came before is kept.") from error
    await store.widen_precisions(outcome.tally.grains)
    return outcome


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
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)


def _tables(source: sqlite3.Connection, notes: list[str]) -> list[LegacyTable]:
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


def _table(source: sqlite3.Connection, name: str, known: Mapping[str, str]) -> LegacyTable | str:
    """What the table holds, or why it is left out."""
    found = _TABLE.fullmatch(name)
    if found is None:
        return "its name is none of a symbol and period"
    try:
        period = Period.parse(found["period"])
    except BadPeriod:
        return f"there is no period {found['period']}"
    columns = tuple(row[1] for row in source.execute(f"PRAGMA table_info({_quoted(name)})"))
    if columns[: len(_HEAD)] != _HEAD or len(columns) < _COLUMNS:
        return "its columns are not the exchange's"
    newest = source.execute(f"SELECT max(open_time) FROM {_quoted(name)}").fetchone()[0]
    return LegacyTable(name, symbol_of(found["symbol"], known), period, columns[:_COLUMNS], str(newest))


def _rows(source: sqlite3.Connection, table: LegacyTable) -> Iterator[list[list[str]]]:
    """Rows as texts, oldest first, some thousand at a time."""
    columns = ", ".join(map(_quoted, table.columns))
    cursor = source.execute(f"SELECT {columns} FROM {_quoted(table.name)} ORDER BY 1")
    while fetched := cursor.fetchmany(BATCH):
        yield [[str(value) for value in row] for row in fetched]


async def _take(store: Store, table: LegacyTable, rows: list[list[str]], outcome: Imported) -> None:
    bars = _bars(table, rows, outcome.tally)
    fresh = await _not_there(store, bars)
    outcome.duplicates += len(bars) - len(fresh)
    outcome.bars += len(fresh)
    outcome.new += len(fresh)
    await store.add([bar for bar in fresh if bar.period is Period.M1], [])
    larger = tuple(bar for bar in fresh if bar.period is not Period.M1)
    await store.write(Changes(ended=larger))


def _bars(table: LegacyTable, rows: list[list[str]], tally: Tally) -> list[Bar]:
    bars = []
    for row in rows:
        tally.rows += 1
        try:
            state = State.PARTIAL if row[0] == table.newest else State.CLOSED
            bars.append(read_bar(table.symbol, _period_of(table, row), row, state))
            tally.widen(table.symbol, row[4], row[5])
        except (ValueError, BadRow) as error:
            tally.reject(f"{table.name}, open_time {row[0]}", str(error))
    return bars


def _period_of(table: LegacyTable, row: list[str]) -> Period:
    """The predecessor wrote months in small letters too, into the table of the minutes."""
    is_month = table.period is Period.M1 and int(row[6]) - int(row[0]) > 27 * DAY_MS
    return Period.MO1 if is_month else table.period


async def _not_there(store: Store, bars: list[Bar]) -> list[Bar]:
    """Those that klagg has not closed already."""
    there: set[tuple[Period, int]] = set()
    for period in {bar.period for bar in bars}:
        opens = [bar.open_ms for bar in bars if bar.period is period]
        async for page in store.pages(bars[0].symbol, period, min(opens), max(opens) + 1, states=_SURE):
            there.update((bar.period, bar.open_ms) for bar in page)
    return [bar for bar in bars if (bar.period, bar.open_ms) not in there]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
