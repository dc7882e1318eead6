"""A series that is written, and the names its files have."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exchange.binance.archive import period_in_name

_PLAIN: Final = frozenset("-_")


class Series(NamedTuple):
    """Bars of one symbol and period, as they are to be written."""

    symbol: str
    period: Period
    precision: Precision


def flat_name(series: Series, suffix: str) -> Path:
    """The file of a series, all files in one folder: `BTCUSDT-1m.csv`."""
    return Path(f"{_symbol_name(series.symbol)}-{period_in_name(series.period)}{suffix}")


def dataset_name(series: Series, name: str) -> Path:
    """The file of a series in folders that data-frame libraries read as columns: `symbol=BTCUSDT/period=1m/NAME`."""
    return Path(f"symbol={_symbol_name(series.symbol)}", f"period={period_in_name(series.period)}", name)


def _symbol_name(symbol: str) -> str:
    """The symbol in a file name: letters of any script as they are, other signs as in an address."""
    return "".join(
        sign if sign.isalnum() or sign in _PLAIN else quote(sign, safe="").replace(".", "%2E") for sign in symbol
    )
