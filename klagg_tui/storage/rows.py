"""Bars as rows of the database, and back: see `schema` for the layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.schema import COLUMNS
from klagg_tui.storage.statements import Row

SELECTED: Final = ", ".join(f"h.{name}" for name in COLUMNS)
"""The columns of `bar`, of a table called h."""

_PERIODS: Final = tuple(Period)
_STATES: Final = tuple(State)
_HAS_TEXT: Final = 1 << 13
_LARGEST: Final = (1 << 63) - 1


class _Steps(NamedTuple):
    """One unit of each kind of mantissa, as an exact number."""

    price: Exact
    quantity: Exact
    turnover: Exact


@lru_cache(maxsize=1024)
def _steps(scale: int) -> _Steps:
    return _Steps(
        exact.unpacked(1, scale & 15), exact.unpacked(1, scale >> 4 & 15), exact.turnover_unpacked(1, scale >> 8 & 31)
    )


class Packer:
    """Turns bars into rows. Remembers the decimals each symbol needed so far, so that most rows need no counting."""

    def __init__(self) -> None:
        self._scales: dict[int, int] = {}

    def row(self, symbol_id: int, bar: Bar) -> Row:
        """The bar as a row of `COLUMNS`."""
        scale = self._scales.get(symbol_id, 0)
        mantissas = _mantissas(bar, _steps(scale))
        if mantissas is None:
            self._scales[symbol_id] = scale = _wide_enough(bar, scale)
            mantissas = _mantissas(bar, _steps(scale))
            assert mantissas is not None
        head = (symbol_id, bar.period.ordinal, bar.open_ms // MINUTE_MS, bar.state.value)
        if max(mantissas) > _LARGEST:
            return (*head, scale | _HAS_TEXT, *[m if m <= _LARGEST else str(m) for m in mantissas])
        return (*head, scale, *mantissas)


def bars(rows: Iterable[Row], names: Mapping[int, str]) -> list[Bar]:
    """The bars of rows of `COLUMNS`; `names` are those of the symbols by id."""
    made = []
    for row in rows:
        if row[4] & _HAS_TEXT:
            row = (*row[:5], *map(int, row[5:]))  # noqa: PLW2901 - the same row, read as it was meant
        symbol, period, minute, state, scale, first, high, low, close, volume, turnover, count, bought, paid = row
        price, quantity, product = _steps(scale)
        made.append(
            Bar(
                names[symbol],
                _PERIODS[period],
                minute * MINUTE_MS,
                first * price,
                high * price,
                low * price,
                close * price,
                volume * quantity,
                turnover * product,
                count,
                bought * quantity,
                paid * product,
                _STATES[state],
            )
        )
    return made


def _mantissas(bar: Bar, steps: _Steps) -> tuple[int, ...] | None:
    """The values in units of `steps`, None where these are too coarse."""
    price, quantity, product = steps
    first, high, low, close = bar[3:7]
    volume, turnover, count, bought, paid = bar[7:12]
    mantissas = (
        first // price,
        high // price,
        low // price,
        close // price,
        volume // quantity,
        turnover // product,
        count,
        bought // quantity,
        paid // product,
    )
    is_exact = (
        mantissas[0] * price == first
        and mantissas[1] * price == high
        and mantissas[2] * price == low
        and mantissas[3] * price == close
        and mantissas[4] * quantity == volume
        and mantissas[5] * product == turnover
        and mantissas[7] * quantity == bought
        and mantissas[8] * product == paid
    )
    return mantissas if is_exact else None


def _wide_enough(bar: Bar, scale: int) -> int:
    """The least scale that holds the bar and everything the given one holds."""
    price = max(scale & 15, *map(exact.decimals_of, bar[3:7]))
    quantity = max(scale >> 4 & 15, exact.decimals_of(bar.volume), exact.decimals_of(bar.taker_buy_volume))
    product = max(
        scale >> 8 & 31, exact.turnover_decimals_of(bar.turnover), exact.turnover_decimals_of(bar.taker_buy_turnover)
    )
    return price | quantity << 4 | product << 8
