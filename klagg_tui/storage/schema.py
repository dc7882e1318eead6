"""How the database file is laid out, and how older files become newer ones.

`history` holds bars that are over, one row per (symbol, period, minute), in that order on the disk; `forming` holds the
current bar of each symbol and period, apart from it, because it is rewritten all the time. A row's values are whole
numbers: mantissas without their point, and `scale` says where the points are:

    scale = price decimals | quantity decimals << 4 | turnover decimals << 8 | 1 << 13 where a mantissa is a text

Bits 14 and up are the bar's `Evidence`: fields that are unknown, whose values are then 0, and who vouches for it. A mantissa
beyond 63 bits is stored as a text of its digits; the value columns therefore have no type (a numeric column would round such a
text). `minute` is the open time in minutes since the epoch. The view `bars` is the same for people: names, UTC times, numbers,
NULL where a field is unknown.

`venues` names whose bars these are: the key of a venue for the exchange itself, `key@address` for an imitation of it.

`derivatives` holds what was told beside trades, one row per (symbol, minute); NULL is unknown. Its `scale` says where the
points are as that of bars does, those of the rate in bits 14 and up; times are milliseconds. For people it is the view
`contract_minutes`.

`spans` are runs of aggregate ids whose trades are all in the bars, with the time for which they are complete; `contract` counts
the contracts that had the symbol's name one after the other, for the ids of each begin anew. `frontier` says how far the rows of
a series are known to be there without a hole, `unavailable` which bars the exchange itself does not have (see `debts`).

`alerts` are what is watched, `firings` what came true and when, `deliveries` on which way people were told of a firing, or are
still to be (see `alerts`). A price of a firing is the exact decimal text.

`delivery_log` says in order which stretches of `history` were changed, `sinks` who is to be told and how far that is done, `aged` up
to where bars were deleted for their age. `copied_from` is of a copy of several recorders: which of them told a bar (see `mirror`).
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.storage import views
from klagg_tui.storage.delivery_tables import COPIES, DELIVERY

APPLICATION_ID: Final = int.from_bytes(b"klag", "big")
"""Stands in the header of every klagg database, so that another program's file is known before it is touched."""

COLUMNS: Final = (
    "symbol",
    "period",
    "minute",
    "state",
    "scale",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "turnover",
    "trade_count",
    "taker_buy_volume",
    "taker_buy_turnover",
)

_VALUES: Final = """
    symbol INTEGER NOT NULL,
    period INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    state INTEGER NOT NULL,
    scale INTEGER NOT NULL,
    open NOT NULL,
    high NOT NULL,
    low NOT NULL,
    close NOT NULL,
    volume NOT NULL,
    turnover NOT NULL,
    trade_count INTEGER NOT NULL,
    taker_buy_volume NOT NULL,
    taker_buy_turnover NOT NULL"""


def _named(rows: list[tuple[int, str]]) -> str:
    return ", ".join(f"({number}, '{name}')" for number, name in rows)


_FIRST: Final = (
    """CREATE TABLE symbols (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    first_open_ms INTEGER NOT NULL DEFAULT 0,
    anchor INTEGER NOT NULL DEFAULT 1,
    active INTEGER NOT NULL DEFAULT 1)""",
    "CREATE TABLE periods (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    f"INSERT INTO periods VALUES {_named([(period.ordinal, period.value) for period in Period])}",
    "CREATE TABLE states (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    f"INSERT INTO states VALUES {_named([(state.value, state.label) for state in State])}",
    f"CREATE TABLE history ({_VALUES}, PRIMARY KEY (symbol, period, minute)) WITHOUT ROWID",
    # Only bars that are not confirmed are in it: some hours' worth in a file of years.
    f"CREATE INDEX unconfirmed ON history (symbol, period, minute) WHERE state < {State.CONFIRMED.value}",
    f"CREATE TABLE forming ({_VALUES}, PRIMARY KEY (symbol, period)) WITHOUT ROWID",
    """CREATE TABLE spans (
    symbol INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    PRIMARY KEY (symbol, first_id)) WITHOUT ROWID""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    views.BARS_AT_FIRST,
)

_NUMBERS: Final = COLUMNS[5:]
_IS_FLOAT: Final = f"'real' IN ({', '.join(f'typeof({name})' for name in _NUMBERS)})"
_NO_FLOATS: Final = f",\n    CHECK (NOT {_IS_FLOAT})"
"""A float remembers fifteen digits of a number: none may get in, whatever writes."""


def _without_floats(table: str) -> tuple[str, ...]:
    """Have a table refuse floats from now on; rows that hold some are none, so their minutes are owed again.

    By the procedure for changes that leave what is on the disk as it is (https://sqlite.org/lang_altertable.html, section 7):
    five million rows need not be written anew.
    """
    return (
        f"DELETE FROM {table} WHERE {_IS_FLOAT}",
        "PRAGMA writable_schema = ON",
        f"""UPDATE sqlite_schema SET sql = replace(sql, ', PRIMARY KEY', '{_NO_FLOATS.replace("'", "''")}, PRIMARY KEY')
        WHERE type = 'table' AND name = '{table}'""",
        "PRAGMA writable_schema = RESET",
    )


_CONTRACTS: Final = (
    """CREATE TABLE spans_of_contracts (
    symbol INTEGER NOT NULL,
    contract INTEGER NOT NULL DEFAULT 0,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    PRIMARY KEY (symbol, contract, first_id)) STRICT, WITHOUT ROWID""",
    # Ids that go back while time goes on begin another contract: as `engine.spans.numbered` has it.
    """INSERT INTO spans_of_contracts
SELECT symbol, sum(is_back) OVER (PARTITION BY symbol ORDER BY from_ms, first_id), first_id, last_id, from_ms, to_ms FROM (
    SELECT *, first_id <= coalesce(lag(last_id) OVER (PARTITION BY symbol ORDER BY from_ms, first_id), -1) AS is_back FROM spans)""",
    "DROP TABLE spans",
    "ALTER TABLE spans_of_contracts RENAME TO spans",
)


_SECOND: Final = (
    "DROP VIEW bars",
    # Named by the first who writes bars of a market; before that nobody knows whose they are.
    "CREATE TABLE venues (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT",
    "INSERT INTO venues SELECT 1, (SELECT value FROM meta WHERE key = 'market')",
    "DELETE FROM meta WHERE key = 'market'",
    "ALTER TABLE symbols RENAME TO symbols_before",
    """CREATE TABLE symbols (
    id INTEGER PRIMARY KEY,
    venue INTEGER NOT NULL DEFAULT 1 REFERENCES venues,
    name TEXT NOT NULL,
    first_open_ms INTEGER NOT NULL DEFAULT 0,
    anchor INTEGER NOT NULL DEFAULT 1,
    active INTEGER NOT NULL DEFAULT 1,
    standing INTEGER NOT NULL DEFAULT 0,
    ended_ms INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, venue)) STRICT""",
    # That one is not traded any more was written before its last bars were fetched: all are asked for once more.
    "INSERT INTO symbols SELECT id, 1, name, first_open_ms, anchor, active, 1, 0 FROM symbols_before",
    "DROP TABLE symbols_before",
    """CREATE TABLE frontier (
    symbol INTEGER NOT NULL,
    period INTEGER NOT NULL,
    first INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (symbol, period)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE unavailable (
    symbol INTEGER NOT NULL,
    period INTEGER NOT NULL,
    first INTEGER NOT NULL,
    until INTEGER NOT NULL,
    asked_ms INTEGER NOT NULL,
    PRIMARY KEY (symbol, period, first)) STRICT, WITHOUT ROWID""",
    *_without_floats("history"),
    *_without_floats("forming"),
    *_CONTRACTS,
    views.BARS_AT_FIRST,
)


_THIRD: Final = (
    "DROP VIEW bars",
    # Until then there was one venue, and any other market went by its address alone, the demo's by a word.
    """UPDATE venues SET name = 'binance-um@' || name WHERE name = 'simulated' OR name LIKE '%://%'""",
    # Contracts on coins had a mark of their own while only archives brought them.
    "UPDATE venues SET name = 'binance-coinm' WHERE name = 'binance-cm'",
    views.BARS_OF_VENUES,
)

DERIVATIVE_COLUMNS: Final = (
    "symbol",
    "minute",
    "scale",
    "mark_price",
    "index_price",
    "funding_rate",
    "next_funding_ms",
    "funding_every_ms",
    "open_interest",
    "long_volume",
    "long_turnover",
    "long_count",
    "short_volume",
    "short_turnover",
    "short_count",
)
_WHOLE: Final = ("next_funding_ms", "funding_every_ms", "long_count", "short_count")


def _derivative_columns() -> str:
    """Amounts may be texts, where they are beyond 63 bits, and never floats."""
    amounts = [name for name in DERIVATIVE_COLUMNS[3:] if name not in _WHOLE]
    columns = [f"{name} {'INTEGER' if name in _WHOLE else 'ANY'}" for name in DERIVATIVE_COLUMNS[3:]]
    return ", ".join([*columns, f"CHECK (NOT 'real' IN ({', '.join(f'typeof({name})' for name in amounts)}))"])


_FOURTH: Final = (
    f"""CREATE TABLE derivatives (
    symbol INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    scale INTEGER NOT NULL,
    {_derivative_columns()},
    PRIMARY KEY (symbol, minute)) STRICT, WITHOUT ROWID""",
    views.MINUTES_AT_FIRST,
)

_ALERTS: Final = (
    """CREATE TABLE alerts (
    text TEXT PRIMARY KEY,
    period TEXT NOT NULL,
    repeat TEXT NOT NULL,
    pause_ms INTEGER NOT NULL,
    until_ms INTEGER,
    name TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_ms INTEGER,
    has_ended INTEGER NOT NULL) STRICT""",
    """CREATE TABLE firings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    text TEXT NOT NULL,
    name TEXT NOT NULL,
    price TEXT NOT NULL,
    value TEXT NOT NULL,
    number INTEGER NOT NULL) STRICT""",
    """CREATE TABLE deliveries (
    firing INTEGER NOT NULL REFERENCES firings,
    way TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    queued_ms INTEGER NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (firing, way)) STRICT, WITHOUT ROWID""",
    # Only what is still to be sent is in it.
    "CREATE INDEX waiting ON deliveries (way, firing) WHERE state = 'waiting'",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    _FIRST, _SECOND, _THIRD, (*_FOURTH, *_ALERTS), views.NAMES, DELIVERY, COPIES,
)  # fmt: skip
"""Step n turns a file of version n into one of version n + 1; version 0 is an empty file. Only ever appended to.

Files made before December 2026 have an empty table `progress` besides, which nothing has ever read.
"""

READABLE: Final = 3
"""From this version on a file is read as it is: what it lacks is empty."""
