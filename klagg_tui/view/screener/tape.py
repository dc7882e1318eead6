"""The closed minutes of one symbol, as far back as the figures in use look: a ring of numbers for each field in use.

Minutes are counted since the epoch and lie dense in time. A minute that is not known is unknown, not zero; a quiet one has
sums of zero and the close carried on. Prices are kept as whole ticks, so that they come out as they went in; sums in four bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Final, Protocol

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS, Exact
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence

UNKNOWN: Final = 0
"""A price that is not known."""
NAN: Final = float("nan")
"""A sum that is not known."""
SPARE: Final = 8
"""Minutes kept beyond those that are looked at, so that what is read late still finds what has left."""
_AT_ONCE: Final = 64
_PRUNED_AT: Final = 256
"""Minutes noted as partial before those that have left are looked for."""
_WIDTHS: Final = {"H": 2**16 - 1, "I": 2**32 - 1, "Q": 2**64 - 1}
"""Kinds of arrays that hold ticks, with the most that each can hold: prices of four or five digits need two bytes."""
MOST: Final = _WIDTHS["Q"]
"""The highest price that can be held, in ticks."""

_ONE_QUANTITY: Final = 10**QUANTITY_DECIMALS
_ONE_TURNOVER: Final = 10**TURNOVER_DECIMALS


def _volume(bar: Bar) -> float:
    return bar[7] / _ONE_QUANTITY


def _turnover(bar: Bar) -> float:
    return NAN if bar[13] & _NO_TURNOVER else bar[8] / _ONE_TURNOVER


def _trades(bar: Bar) -> float:
    return NAN if bar[13] & _NO_COUNT else bar[9]


def _delta(bar: Bar) -> float:
    return NAN if bar[13] & _NO_PAID_SIDE else (2 * bar[11] - bar[8]) / _ONE_TURNOVER


def _cvd(bar: Bar) -> float:
    return NAN if bar[13] & _NO_SIDE else (2 * bar[10] - bar[7]) / _ONE_QUANTITY


# Plain numbers: an `IntFlag` costs a Python call at each `&`.
_NO_TURNOVER: Final = Evidence.NO_TURNOVER.value
_NO_COUNT: Final = Evidence.NO_COUNT.value
_NO_SIDE: Final = Evidence.NO_TAKER_VOLUME.value
_NO_PAID_SIDE: Final = Evidence.NO_TURNOVER.value | Evidence.NO_TAKER_TURNOVER.value

PRICES: Final[Mapping[str, Callable[[Bar], Exact]]] = {
    "close": itemgetter(6),
    "high": itemgetter(4),
    "low": itemgetter(5),
}
"""Fields that are prices, exact; by their places in a bar, for names take longer."""
SUMS: Final[Mapping[str, Callable[[Bar], float]]] = {
    "volume": _volume,
    "turnover": _turnover,
    "trades": _trades,
    "delta": _delta,
    "cvd": _cvd,
}
"""Fields that add up, in plain units."""
SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "close": ("close",),
    "high": ("high",),
    "low": ("low",),
    "volume": ("volume",),
    "turnover": ("turnover",),
    "trades": ("trade_count",),
    "delta": ("turnover", "taker_buy_turnover"),
    "cvd": ("volume", "taker_buy_volume"),
}
"""Fields of a bar that each field is made of."""


class Ring:
    """The newest numbers of one field; that of minute m lies at m modulo `size`."""

    __slots__ = ("since", "size", "values")

    def __init__(self, kind: str, size: int, since: int = 0) -> None:
        self.size = size
        self.since = since
        """The first minute that could be taken in when it came: those before it were over already."""
        self.values = _unknown(kind, size)

    def fit(self, size: int, end: int) -> None:
        """Have another size from now on; what was held of the minutes before `end` stays as far as there is room."""
        old, before = self.values, self.size
        if size == before:
            return
        self.size, self.values = size, _unknown(old.typecode, size)
        for minute in range(max(0, end - min(size, before)), end):
            self.values[minute % size] = old[minute % before]

    def widen(self, ticks: int) -> None:
        """Have room for so large a number."""
        kind = next((kind for kind, most in _WIDTHS.items() if ticks <= most), "Q")
        if array(kind).itemsize > self.values.itemsize:
            self.values = array(kind, [int(value) for value in self.values])

    def first_known(self, from_minute: int, to_minute: int) -> int:
        """The first minute between the two that is known, else the second: many unknown ones are passed by at once."""
        values, size, at = self.values, self.size, from_minute
        nothing = _unknown(values.typecode, _AT_ONCE).tobytes()
        while at < to_minute:
            place = at % size
            if values[place : place + _AT_ONCE].tobytes() == nothing:
                at += _AT_ONCE
            elif is_known(values[place]):
                return at
            else:
                at += 1
        return to_minute

    def forget(self, from_minute: int, to_minute: int) -> None:
        """Nothing is known of those minutes."""
        values, size = self.values, self.size
        if to_minute - from_minute >= size:
            self.values = _unknown(values.typecode, size)
            return
        nothing = NAN if values.typecode == "f" else UNKNOWN
        for minute in range(from_minute, to_minute):
            values[minute % size] = nothing


def _unknown(kind: str, size: int) -> array[float]:
    return array(kind, [NAN if kind == "f" else UNKNOWN]) * size


def is_known(value: float) -> bool:
    """Neither an unknown price, which is a whole number, nor an unknown sum."""
    return value == value and (value != 0 or type(value) is float)  # noqa: PLR0124 - NaN alone differs from itself


class Listener(Protocol):
    """Somebody who has counted minutes of a tape."""

    def before(self, minute: int) -> None:
        """The minute is about to change."""
        ...

    def after(self, minute: int) -> None:
        """The minute has changed."""
        ...

    def restart(self) -> None:
        """Many minutes have changed: count anew."""
        ...


class Tape:
    """The minutes of one symbol up to `end`, the minute under way; or its longer bars, which are counted as minutes are."""

    __slots__ = ("end", "listeners", "partial", "period", "prices", "step", "step_ms", "sums", "unit")

    def __init__(self, period: Period = Period.M1) -> None:
        self.period = period
        """None longer than a day."""
        self.step_ms = period.nominal_ms
        self.step = self.step_ms // MINUTE_MS
        """Minutes."""
        self.end = 0
        """The minute after the newest one that is over; 0 where none is known."""
        self.prices: dict[str, Ring] = {}
        self.sums: dict[str, Ring] = {}
        self.partial: set[int] = set()
        """Minutes that are known in part: trades are missing from them."""
        self.unit: Exact = 10**PRICE_DECIMALS
        """One tick: the largest power of ten in which all prices seen are whole."""
        self.listeners: list[Listener] = []

    @property
    def size(self) -> int:
        """Minutes that may be held."""
        return max((ring.size for rings in (self.prices, self.sums) for ring in rings.values()), default=0)

    def fit(self, lengths: Mapping[str, int]) -> None:
        """Hold so many minutes of each field from now on, and no other field; what is new is unknown."""
        for rings, fields, kind in ((self.prices, PRICES, "H"), (self.sums, SUMS, "f")):
            for field in [field for field in rings if field not in lengths]:
                del rings[field]
            for field in fields:
                if field in lengths:
                    size = lengths[field] + SPARE
                    rings.setdefault(field, Ring(kind, size, self.end)).fit(size, self.end)
        for listener in self.listeners:
            listener.restart()

    def ring(self, field: str) -> Ring:
        """That of a field in use."""
        found = self.prices.get(field) or self.sums.get(field)
        assert found is not None  # whoever counts a field has asked for it
        return found

    def advance(self, minute: int) -> None:
        """The minute under way is that one: those skipped are unknown."""
        end = self.end
        if minute <= end:
            return
        self.end = minute
        for rings in (self.prices, self.sums):
            for ring in rings.values():
                ring.forget(end, minute)

    def take(self, bar: Bar) -> bool:
        """A minute that is over, the next one or an earlier one; False where that changes nothing."""
        minute = bar[2] // self.step_ms
        if not bar[6]:
            return False
        if minute >= self.end:
            self.advance(minute)
            self._write(minute, bar)
            self.end = minute + 1
        elif minute < self.end - self.size:
            return False
        elif self._holds(minute, bar):
            return self._note(minute, bar)
        else:
            for listener in self.listeners:
                listener.before(minute)
            self._write(minute, bar)
            for listener in self.listeners:
                listener.after(minute)
        self._note(minute, bar)
        return True

    def _note(self, minute: int, bar: Bar) -> bool:
        """Remember whether trades are missing; whether that is news."""
        partial = self.partial
        is_partial = bar[12] is _PARTIAL
        if is_partial is (minute in partial):
            return False
        if is_partial:
            partial.add(minute)
            if not len(partial) % _PRUNED_AT:
                self.partial = {known for known in partial if known >= self.end - self.size}
        else:
            partial.discard(minute)
        return True

    def partial_in(self, lo: int, hi: int) -> int:
        """How many minutes between two are known only in part."""
        return sum(lo <= minute < hi for minute in self.partial) if self.partial else 0

    def _write(self, minute: int, bar: Bar) -> None:
        end = self.end
        for field, ring in self.prices.items():
            if minute < end - ring.size:
                continue
            price = PRICES[field](bar)
            ticks, rest = divmod(price, self.unit)
            if rest:
                self._refine(bar)
                ticks = price // self.unit
            try:
                ring.values[minute % ring.size] = ticks
            except OverflowError:
                ring.widen(ticks)
                ring.values[minute % ring.size] = min(ticks, MOST)
        for field, ring in self.sums.items():
            if minute >= end - ring.size:
                ring.values[minute % ring.size] = SUMS[field](bar)

    def _holds(self, minute: int, bar: Bar) -> bool:
        """Whether the minute is known just so."""
        unit, end = self.unit, self.end
        for field, ring in self.prices.items():
            if minute >= end - ring.size and ring.values[minute % ring.size] * unit != PRICES[field](bar):
                return False
        for field, ring in self.sums.items():
            if minute < end - ring.size:
                continue
            new, old = SUMS[field](bar), ring.values[minute % ring.size]
            if old != array("f", (new,))[0] and (new == new or old == old):  # noqa: PLR0124 - only NaN differs from itself
                return False
        return True

    def _refine(self, bar: Bar) -> None:
        unit = self.unit
        while any(price_of(bar) % unit for price_of in PRICES.values()):
            unit //= 10
        self.refine(unit)

    def refine(self, unit: Exact) -> None:
        """Count prices in a smaller unit from now on."""
        factor = self.unit // unit
        if factor <= 1:
            return
        self.unit = unit
        for ring in self.prices.values():
            most = int(max(ring.values))
            # A symbol's first bars nearly always have more decimals: then there is nothing yet to count anew.
            if most:
                ring.widen(most * factor)
                ring.values = array(ring.values.typecode, [min(int(ticks) * factor, MOST) for ticks in ring.values])


_PARTIAL: Final = State.PARTIAL
