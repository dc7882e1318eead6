"""The views of the database, for people and other programs: names, UTC times, numbers as floats."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import State
from klagg_tui.evidence import Evidence

_POINTS: Final = ("b.scale & 15", "b.scale >> 4 & 15", "b.scale >> 8 & 31")
_OVER: Final = """NOT (b.state = 1 AND EXISTS (SELECT 1 FROM forming AS f
        WHERE f.symbol = b.symbol AND f.period = b.period AND f.minute = b.minute))"""
_CURRENT: Final = """NOT EXISTS (SELECT 1 FROM history AS h
        WHERE h.symbol = b.symbol AND h.period = b.period AND h.minute = b.minute AND h.state > 1)"""


def _shown(table: str, condition: str) -> str:
    """The rows of one table as a person wants them; a partial bar gives way to the current one of the same time."""
    price, quantity, turnover = (f"CAST('1e' || ({code}) AS REAL)" for code in _POINTS)
    return f"""
    SELECT symbols.name AS symbol, periods.name AS period,
        strftime('%Y-%m-%dT%H:%M:%SZ', b.minute * 60, 'unixepoch') AS open_time,
        b.open / {price} AS open, b.high / {price} AS high, b.low / {price} AS low, b.close / {price} AS close,
        b.volume / {quantity} AS volume, b.turnover / {turnover} AS turnover, b.trade_count AS trade_count,
        b.taker_buy_volume / {quantity} AS taker_buy_volume, b.taker_buy_turnover / {turnover} AS taker_buy_turnover,
        states.name AS state
    FROM {table} AS b
        JOIN symbols ON symbols.id = b.symbol
        JOIN periods ON periods.id = b.period
        JOIN states ON states.id = b.state
    WHERE {condition}"""


def _shown_of_venues(table: str, condition: str) -> str:
    """The rows of one table as a person wants them, whose they are and who vouches for them."""
    price, quantity, turnover = (f"CAST('1e' || ({code}) AS REAL)" for code in _POINTS)

    def known(lack: Evidence, value: str) -> str:
        return f"CASE WHEN b.scale >> 14 & {lack.value} THEN NULL ELSE {value} END"

    witness = f"CASE WHEN b.scale >> 14 & {Evidence.CANDLE_ONLY.value} THEN 'candle' ELSE 'ids' END"
    return f"""
    SELECT symbols.name AS symbol, periods.name AS period,
        strftime('%Y-%m-%dT%H:%M:%SZ', b.minute * 60, 'unixepoch') AS open_time,
        b.open / {price} AS open, b.high / {price} AS high, b.low / {price} AS low, b.close / {price} AS close,
        b.volume / {quantity} AS volume,
        {known(Evidence.NO_TURNOVER, f"b.turnover / {turnover}")} AS turnover,
        {known(Evidence.NO_COUNT, "b.trade_count")} AS trade_count,
        {known(Evidence.NO_TAKER_VOLUME, f"b.taker_buy_volume / {quantity}")} AS taker_buy_volume,
        {known(Evidence.NO_TAKER_TURNOVER, f"b.taker_buy_turnover / {turnover}")} AS taker_buy_turnover,
        states.name AS state,
        (SELECT substr(name, 1, instr(name || '@', '@') - 1) FROM venues WHERE id = symbols.venue) AS venue,
        CASE WHEN b.state = {State.CONFIRMED.value} THEN {witness} END AS witness
    FROM {table} AS b
        JOIN symbols ON symbols.id = b.symbol
        JOIN periods ON periods.id = b.period
        JOIN states ON states.id = b.state
    WHERE {condition}"""


def _derivative_view(besides: str = "") -> str:
    price, quantity, turnover = (f"CAST('1e' || ({code}) AS REAL)" for code in _POINTS)
    rate = "CAST('1e' || (b.scale >> 14 & 31) AS REAL)"
    return f"""
    SELECT symbols.name AS symbol, strftime('%Y-%m-%dT%H:%M:%SZ', b.minute * 60, 'unixepoch') AS open_time,
        b.mark_price / {price} AS mark_price, b.index_price / {price} AS index_price, b.funding_rate / {rate} AS funding_rate,
        strftime('%Y-%m-%dT%H:%M:%SZ', b.next_funding_ms / 1000, 'unixepoch') AS next_funding,
        {besides}b.open_interest / {quantity} AS open_interest,
        b.long_volume / {quantity} AS long_volume, b.long_turnover / {turnover} AS long_turnover, b.long_count AS long_count,
        b.short_volume / {quantity} AS short_volume, b.short_turnover / {turnover} AS short_turnover, b.short_count AS short_count,
        (SELECT substr(name, 1, instr(name || '@', '@') - 1) FROM venues WHERE id = symbols.venue) AS venue
    FROM derivatives AS b JOIN symbols ON symbols.id = b.symbol"""


BARS_AT_FIRST: Final = f"CREATE VIEW bars AS{_shown('history', _OVER)}\nUNION ALL{_shown('forming', _CURRENT)}"
_BARS: Final = f"{_shown_of_venues('history', _OVER)}\nUNION ALL{_shown_of_venues('forming', _CURRENT)}"
BARS_OF_VENUES: Final = f"CREATE VIEW bars AS{_BARS}"
MINUTES_AT_FIRST: Final = f"CREATE VIEW contract_minutes AS{_derivative_view()}"

NAMES: Final = (
    "DROP VIEW bars",
    f"""CREATE VIEW bars AS
    SELECT symbol, period, open_time, open, high, low, close, volume, turnover AS quote_volume, trade_count AS count,
        taker_buy_volume, taker_buy_turnover AS taker_buy_quote_volume, state, venue, witness,
        turnover, trade_count, taker_buy_turnover
    FROM ({_BARS})""",
    "DROP VIEW contract_minutes",
    f"""CREATE VIEW contract_minutes AS
    SELECT symbol, open_time, mark_price, index_price, funding_rate, next_funding AS next_funding_time, funding_interval_ms,
        open_interest, long_volume AS long_liquidated_volume, long_turnover AS long_liquidated_quote_volume,
        long_count AS long_liquidations, short_volume AS short_liquidated_volume,
        short_turnover AS short_liquidated_quote_volume, short_count AS short_liquidations, venue,
        next_funding, long_volume, long_turnover, long_count, short_volume, short_turnover, short_count
    FROM ({_derivative_view("b.funding_every_ms AS funding_interval_ms, ")})""",
)
"""The names that all files and answers have; those of before stay behind them for one release."""
