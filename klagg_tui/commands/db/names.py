"""Names of symbols in tables and JSON, which say the venue where a database has several."""

from __future__ import annotations

from klagg_tui.names import parted


def heads(*, is_qualified: bool) -> tuple[str, ...]:
    """The columns of `name_cells`."""
    return ("venue", "symbol") if is_qualified else ("symbol",)


def name_cells(symbol: str, *, is_qualified: bool) -> tuple[str, ...]:
    """The cells of a symbol: its venue too where there are several."""
    return parted(symbol) if is_qualified else (symbol,)


def name_json(symbol: str, *, is_qualified: bool) -> dict[str, str]:
    """The same as JSON has it."""
    return dict(parted(symbol)._asdict()) if is_qualified else {"symbol": symbol}
