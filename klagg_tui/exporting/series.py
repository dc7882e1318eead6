"""A series that is written, and the names its files have."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exchange.binance.archive import period_in_name

_PLAIN: Final = frozenset("-_")


class Coins(NamedTuple):
    """What a symbol is traded in."""

    base: str
    quote: str
    is_inverse: bool = False
    """Whether volume counts contracts of a fixed worth in the quote, which are settled in the base."""


class Series(NamedTuple):
    """Bars of one symbol and period, as they are to be written."""

    symbol: str
    period: Period
    precision: Precision
    venue: str = ""
    """Label of its venue where files say it; empty where there is one venue and nobody asked."""
    is_witnessed: bool = False
    """Whether it was asked for that each bar says who vouches for it."""
    is_stated: bool = False
    """Whether it was asked for that each bar says its state, in formats that have no place for it."""
    in_floats: bool = False
    """Whether values are written as the nearest floats, in formats of columns, instead of as exact decimals."""
    coins: Coins | None = None
    """What is traded; None where nobody said it, or nobody asked."""

    @property
    def tells_witness(self) -> bool:
        """Whether each bar says who vouches for it, in formats of our own: where it was asked for, or the venue is told."""
        return self.is_witnessed or bool(self.venue)


PERIODS_IN_NAMES: Final = {period_in_name(period): period for period in Period}
"""As the names of files and folders have them."""


def flat_name(series: Series, suffix: str) -> Path:
    """The file of a series, all files in one folder: `BTCUSDT-1m.csv`."""
    return _of_venue(series) / f"{symbol_in_name(series.symbol)}-{period_in_name(series.period)}{suffix}"


def dataset_name(series: Series, name: str) -> Path:
    """The file of a series in folders that data-frame libraries read as columns: `symbol=BTCUSDT/period=1m/NAME`."""
    symbol, period = f"symbol={symbol_in_name(series.symbol)}", f"period={period_in_name(series.period)}"
    return _of_venue(series) / symbol / period / name


def _of_venue(series: Series) -> Path:
    """The folder of its venue, where files say it: `venue=KEY`."""
    return Path(f"venue={symbol_in_name(series.venue)}") if series.venue else Path()


def symbol_in_name(symbol: str) -> str:
    """The symbol in a file name: letters of any script as they are, other signs as in an address."""
    return "".join(
        sign if sign.isalnum() or sign in _PLAIN else quote(sign, safe="").replace(".", "%2E") for sign in symbol
    )
