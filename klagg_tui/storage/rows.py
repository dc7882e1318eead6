"""Bars as rows of the database and back (see `schema` for the layout), and when a row replaces another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import Span
from klagg_tui.errors import StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.storage.connection import Insert, Row
from klagg_tui.storage.schema import COLUMNS

JSON_ROWS: Final = f"json_group_array(json_array({', '.join(f'h.{name}' for name in COLUMNS)}))"
"""All rows of a table called h as one text, for `Connection.json_rows`."""

_REPLACED: Final = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
_SET: Final = f"DO UPDATE SET {_REPLACED}"
EVIDENCE: Final = 14
"""From this bit of `scale` on stands the bar's `Evidence`."""
_IS_COUNT_UNKNOWN: Final = f"(excluded.scale | history.scale) & {Evidence.NO_COUNT.value << EVIDENCE} <> 0"
_KNOWS_AS_MUCH: Final = (
    f"(history.state <> {State.PARTIAL.value} OR excluded.trade_count >= history.trade_count OR {_IS_COUNT_UNKNOWN})"
)
"""A partial bar only lacks trades, it has none too many: of two, the one with more trades knows more; the newer one where it is
not known how many they are (see `recompute.knowing_most` for larger ones)."""

HISTORY: Final = Insert("history", f"ON CONFLICT (symbol, period, minute) {_SET}")
"""The new row takes the place of the old one."""
RANKED: Final = Insert(
    "history",
    f"{HISTORY.on_conflict} WHERE excluded.state > history.state OR (excluded.state = history.state AND {_KNOWS_AS_MUCH})",
)
"""A bar never loses rank; of equal rank the newer stays."""
DERIVED: Final = Insert(
    "history",
    f"{HISTORY.on_conflict} WHERE excluded.state > history.state "
    f"OR (excluded.state = history.state AND history.state < {State.CONFIRMED.value} AND {_KNOWS_AS_MUCH})",
)
"""As `RANKED`, but the exchange's own bar is not replaced by a roll-up."""
FORMING: Final = Insert("forming", f"ON CONFLICT (symbol, period) {_SET}")
SPANS: Final = Insert(
    "spans",
    "ON CONFLICT (symbol, contract, first_id) DO UPDATE SET last_id = excluded.last_id, from_ms = excluded.from_ms, "
    "to_ms = excluded.to_ms",
)
SPAN_COLUMNS: Final = "contract, first_id, last_id, from_ms, to_ms"
"""Behind the symbol, in order on the disk: for `span_of`."""


def span_row(symbol_id: int, span: Span) -> Row:
    """The span as a row."""
    return symbol_id, span.contract, *span[1:5]


def span_of(symbol: str, columns: Sequence[int]) -> Span:
    """The span of `SPAN_COLUMNS`."""
    contract, first_id, last_id, from_ms, to_ms = columns
    return Span(symbol, first_id, last_id, from_ms, to_ms, contract)


_PERIODS: Final = tuple(Period)
_STATES: Final = tuple(State)
HAS_TEXT: Final = 1 << 13
"""Bit of `scale`: a mantissa is a text."""
_FIELDS: Final = Evidence.CANDLE_ONLY - 1
_LATEST_MINUTE: Final = 4_000_000_000
"""The year 9575; what a calendar can hold ends soon after."""
_LARGEST: Final = (1 << 63) - 1


class Decimals(NamedTuple):
    """How many decimals the mantissas of a row have."""

    price: int
    quantity: int
    turnover: int


def decimals_of(scale: int) -> Decimals | None:
    """Those of a row with this scale (see `schema`), None where a mantissa is a text."""
    return None if scale & HAS_TEXT else decimals_in(scale)


def lacks_fields(scale: int) -> bool:
    """Whether fields of a row with this scale are unknown: its value for them is no value."""
    return scale >> EVIDENCE & _FIELDS != 0


def decimals_in(scale: int) -> Decimals:
    """Those of any row with this scale."""
    return Decimals(scale & 15, scale >> 4 & 15, scale >> 8 & 31)


class Scale(NamedTuple):
    """The decimals of mantissas, and the number that stands for them in a row."""

    decimals: Decimals
    code: int


class _Steps(NamedTuple):
    """One unit of each kind of mantissa, as an exact number."""

    price: Exact
    quantity: Exact
    turnover: Exact


@lru_cache(maxsize=1024)
def _steps(scale: int) -> _Steps:
    decimals = decimals_in(scale)
    return _Steps(
        exact.price_unpacked(1, decimals.price),
        exact.quantity_unpacked(1, decimals.quantity),
        exact.turnover_unpacked(1, decimals.turnover),
    )


_COARSEST: Final = (0, _steps(0))


class Packer:
    """Turns bars into rows. Remembers the decimals each symbol needed so far, so that most rows need no counting."""

    def __init__(self) -> None:
        self._scales: dict[int, tuple[int, _Steps]] = {}

    def scale(self, symbol_id: int, decimals: tuple[int, int, int]) -> Scale:
        """The least that holds values of these decimals and whatever was packed of the symbol before."""
        known = decimals_in(self._scales.get(symbol_id, _COARSEST)[0])
        wide = Decimals(*map(max, zip(known, decimals, strict=True)))
        code = wide.price | wide.quantity << 4 | wide.turnover << 8
        self._scales[symbol_id] = code, _steps(code)
        return Scale(wide, code)

    def row(self, symbol_id: int, bar: Bar) -> Row:
        """The bar as a row of `COLUMNS`.

        Raises:
            StorageError: its count cannot be stored as a whole number; no source that is checked has such a one.
        """
        scale, steps = self._scales.get(symbol_id, _COARSEST)
        mantissas = _mantissas(bar, steps)
        if mantissas is None:
            scale = _wide_enough(bar, scale)
            self._scales[symbol_id] = scale, _steps(scale)
            mantissas = _mantissas(bar, _steps(scale))
            assert mantissas is not None
        first, high, low, close, volume, turnover, count, bought, paid = mantissas
        head = symbol_id, bar.period.ordinal, bar.open_ms // MINUTE_MS, int(bar.state)
        if count > _LARGEST:  # its column is one of integers, which would make a float of a text
            raise StorageError(f"A bar of {bar.symbol} counts {count} trades: more than there can be.")
        if (first | high | low | close | volume | turnover | count | bought | paid) >> 63:
            scale |= HAS_TEXT
            mantissas = tuple(m if m <= _LARGEST else str(m) for m in mantissas)  # type: ignore[misc]
        return (*head, scale | bar.evidence << EVIDENCE, *mantissas)


def open_ms_of(minute: int) -> int:
    """When a bar opens; raises ValueError where no calendar has that time, so that nothing further up meets it."""
    if not 0 <= minute <= _LATEST_MINUTE:
        raise ValueError(minute)
    return minute * MINUTE_MS


def bars(rows: Iterable[Row], names: Mapping[int, str]) -> list[Bar]:
    """The bars of rows of `COLUMNS`; `names` are those of the symbols by id."""
    made = []
    for row in rows:
        if row[4] & HAS_TEXT:
            row = (*row[:5], *map(int, row[5:]))  # noqa: PLW2901 - the same row, read as it was meant
        symbol, period, minute, state, scale, first, high, low, close, volume, turnover, count, bought, paid = row
        # Texts are found out before they are multiplied: a damaged row's, so many times over, would fill the memory.
        first - high, low - close, volume - turnover, bought - paid
        price, quantity, product = _steps(scale)
        # Without the named constructor, which takes a quarter of the time.
        made.append(
            _new(
                Bar,
                (
                    names[symbol],
                    _PERIODS[period],
                    open_ms_of(minute),
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
                    scale >> EVIDENCE,
                ),
            )
        )
    return made


_new: Final = tuple.__new__


def _mantissas(bar: Bar, steps: _Steps) -> tuple[int, ...] | None:
    """The values in units of `steps`, None where these are too coarse."""
    price, quantity, product = steps
    _, _, _, first, high, low, close, volume, turnover, count, bought, paid, _, _ = bar
    if (
        first % price
        or high % price
        or low % price
        or close % price
        or volume % quantity
        or bought % quantity
        or turnover % product
        or paid % product
    ):
        return None
    return (
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


def _wide_enough(bar: Bar, scale: int) -> int:
    """The least scale that holds the bar and everything the given one holds."""
    known = decimals_in(scale)
    price = max(known.price, *map(exact.price_decimals_of, bar[3:7]))
    quantity = max(
        known.quantity, exact.quantity_decimals_of(bar.volume), exact.quantity_decimals_of(bar.taker_buy_volume)
    )
    product = max(
        known.turnover, exact.turnover_decimals_of(bar.turnover), exact.turnover_decimals_of(bar.taker_buy_turnover)
    )
    return price | quantity << 4 | product << 8
