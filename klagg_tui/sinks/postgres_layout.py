"""The tables in PostgreSQL, how older ones become newer ones, and the statements that deliver into them.

`klagg_bars` has one row a bar, numbers as exact `numeric`, NULL where a field is unknown. `klagg_recorders` has one row a recorder: how
far it came, written in the transaction that brings its bars. They lie in the first schema of the connection's search path. Where TimescaleDB
is there when they are made, `klagg_bars` is a hypertable.
"""

from __future__ import annotations

from typing import Final

_FIRST: Final = (
    # In order, so that they can be compared.
    "CREATE TYPE klagg_state AS ENUM ('forming', 'partial', 'closed', 'confirmed')",
    """CREATE TABLE klagg_recorders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    token text,
    number bigint,
    place text,
    delivered_at timestamptz NOT NULL DEFAULT now())""",
    """CREATE TABLE klagg_bars (
    venue text NOT NULL,
    symbol text NOT NULL,
    period text NOT NULL,
    open_time timestamptz NOT NULL,
    open numeric NOT NULL,
    high numeric NOT NULL,
    low numeric NOT NULL,
    close numeric NOT NULL,
    volume numeric NOT NULL,
    turnover numeric,
    trade_count bigint,
    taker_buy_volume numeric,
    taker_buy_turnover numeric,
    state klagg_state NOT NULL,
    witness text,
    recorder integer NOT NULL,
    PRIMARY KEY (venue, symbol, period, open_time))""",
    """DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_proc WHERE proname = 'create_hypertable' AND pg_function_is_visible(oid)) THEN
        PERFORM create_hypertable('klagg_bars', 'open_time', chunk_time_interval => interval '7 days');
    END IF;
END $$""",
    "CREATE INDEX klagg_forming ON klagg_bars (recorder) WHERE state = 'forming'",
)
MIGRATIONS: Final = (_FIRST,)
"""Step n turns tables of version n into those of version n + 1; only ever appended to."""

VERSION: Final = "SELECT version FROM klagg_layout"
HAS_VERSION: Final = "SELECT to_regclass('klagg_layout') IS NOT NULL"
MAKE_VERSION: Final = "CREATE TABLE klagg_layout (version integer NOT NULL)"
LOCK_LAYOUT: Final = "SELECT pg_advisory_xact_lock(hashtext('klagg_layout'))"

FIELDS: Final = (
    "venue", "symbol", "period", "open_time", "open", "high", "low", "close", "volume", "turnover", "trade_count",
    "taker_buy_volume", "taker_buy_turnover", "state", "witness",
)  # fmt: skip
_KEY: Final = FIELDS[:4]
_VALUES: Final = FIELDS[4:]

NEW: Final = f"""
CREATE TEMP TABLE IF NOT EXISTS klagg_new ON COMMIT DELETE ROWS AS SELECT {", ".join(FIELDS)} FROM klagg_bars WITH NO DATA
"""
NEW_KEY: Final = f"CREATE UNIQUE INDEX IF NOT EXISTS klagg_new_key ON klagg_new ({', '.join(_KEY)})"

ADD_RECORDER: Final = "INSERT INTO klagg_recorders (key) VALUES ($1) ON CONFLICT (key) DO NOTHING"
RECORDER: Final = "SELECT id, token, number, place FROM klagg_recorders WHERE key = $1 FOR UPDATE"
MOVE: Final = """
UPDATE klagg_recorders SET token = $2, number = $3, place = $4, delivered_at = now()
WHERE id = $1 AND token IS NOT DISTINCT FROM $5 RETURNING 1
"""

_IS_NEW: Final = f"EXISTS (SELECT FROM klagg_new AS n WHERE {' AND '.join(f'n.{name} = b.{name}' for name in _KEY)})"
SWEEP: Final = f"""
DELETE FROM klagg_bars AS b USING unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    AS s (venue, symbol, period, since, before)
WHERE b.venue = s.venue AND b.symbol = s.symbol AND b.period = s.period AND b.open_time >= s.since AND b.open_time < s.before
AND b.recorder = $1 AND b.state <> 'forming' AND NOT {_IS_NEW}
"""
SWEEP_SERIES: Final = """
DELETE FROM klagg_bars AS b WHERE b.recorder = $1 AND b.state <> 'forming' AND NOT EXISTS (
    SELECT FROM unnest($2::text[], $3::text[], $4::text[]) AS s (venue, symbol, period)
    WHERE s.venue = b.venue AND s.symbol = b.symbol AND s.period = b.period)
"""
SWEEP_FORMING: Final = f"""
DELETE FROM klagg_bars AS b WHERE b.recorder = $1 AND b.state = 'forming' AND NOT {_IS_NEW}
"""

_NULLABLE: Final = ("turnover", "trade_count", "taker_buy_volume", "taker_buy_turnover")
_KNOWS_AS_MUCH: Final = " AND ".join(f"(excluded.{name} IS NOT NULL OR b.{name} IS NULL)" for name in _NULLABLE)
_OLD: Final = ", ".join(f"b.{name}" for name in _VALUES)
_GIVEN: Final = ", ".join(f"excluded.{name}" for name in _VALUES)
_IS_SURER: Final = f"""(b.recorder = excluded.recorder OR excluded.state > b.state OR (excluded.state = b.state AND CASE excluded.state
    WHEN 'confirmed' THEN {_KNOWS_AS_MUCH}
    WHEN 'closed' THEN false
    ELSE excluded.volume > b.volume END))"""
UPSERT: Final = f"""
INSERT INTO klagg_bars AS b ({", ".join(FIELDS)}, recorder) SELECT {", ".join(FIELDS)}, $1 FROM klagg_new
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET ({", ".join(_VALUES)}, recorder) = ({_GIVEN}, excluded.recorder)
WHERE {_IS_SURER} AND ({_OLD}) IS DISTINCT FROM ({_GIVEN})
"""
"""As `sinks.surer` has it; a row that is the same already is left alone."""
