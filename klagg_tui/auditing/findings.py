"""What an audit finds, as values."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import SUM_BITS, Bar
from klagg_tui.engine.period import Period
from klagg_tui.exporting import row


class Kind(StrEnum):
    """What is wrong."""

    HOLE = "hole"
    """Bars are missing: between others, or at the end, where a larger bar or the exchange has more."""
    OVERLAP = "overlap"
    """Two spans have ids or time in common, or touch and were not made one."""
    OFF_GRID = "off grid"
    """A bar opens where none of its period does."""
    UNREADABLE = "unreadable"
    """A row that is no bar."""
    IMPOSSIBLE = "impossible"
    """No trades make such a bar."""
    STATE = "state"
    """A bar says more of itself than what it is made of."""
    ROLL_UP = "roll-up"
    """A bar is not the sum of its children."""
    SPAN = "span"
    """What the spans say of trade ids contradicts itself or the bars."""
    DIFFERENCE = "difference"
    """A bar is not equal to the exchange's own."""
    EXTRA = "extra"
    """Confirmed bars that the exchange does not show, between bars that it shows."""


class Difference(NamedTuple):
    """One field of a bar, exact decimal texts."""

    field: str
    ours: str
    theirs: str


class Table(StrEnum):
    """Where rows lie."""

    HISTORY = "history"
    FORMING = "forming"


class OrphanRows(NamedTuple):
    """Rows by their keys, whatever these are."""

    symbol: object
    period: object
    first: object
    last: object
    """Minutes, both included; None: all."""
    table: Table = Table.HISTORY


class Finding(NamedTuple):
    """One thing that is wrong."""

    kind: Kind
    symbol: str
    period: Period | None
    """None where it is no matter of one period: spans."""
    from_ms: int
    to_ms: int
    """Before then it is over; for a single bar, the next one's open time."""
    text: str
    differences: tuple[Difference, ...] = ()
    orphans: OrphanRows | None = None
    """Rows that have no right to be there."""

    def as_json(self) -> dict[str, Any]:
        """For programs: names and plain values."""
        return {
            "kind": self.kind.value,
            "symbol": self.symbol,
            "period": self.period.value if self.period else None,
            "from": self.from_ms,
            "to": self.to_ms,
            "text": self.text,
            "differences": [{"column": _COLUMNS[one.field], **one._asdict()} for one in self.differences],
        }


_COMPARED: Final = Bar._fields[3:12]
_COLUMNS: Final = {column.field: column.name for column in row.BAR if column.field in _COMPARED}
"""What these are called in files and answers; `field` has the names of before, for one release."""
_TEXTS: Final[dict[str, Callable[[int], str]]] = {
    **dict.fromkeys(("open", "high", "low", "close"), exact.price_text),
    **dict.fromkeys(("volume", "taker_buy_volume"), exact.quantity_text),
    **dict.fromkeys(("turnover", "taker_buy_turnover"), exact.turnover_text),
    "trade_count": str,
}
"""How a field's value is written, for all of `_COMPARED`."""


def differences(ours: Bar, theirs: Bar) -> tuple[Difference, ...]:
    """The fields that both know and in which two bars of one time differ, states aside."""
    unknown = {place for place, bit in SUM_BITS if (ours.evidence | theirs.evidence) & bit}
    return tuple(
        Difference(name, value_text(name, mine), value_text(name, other))
        for place, (name, mine, other) in enumerate(zip(_COMPARED, ours[3:12], theirs[3:12], strict=True), 3)
        if mine != other and place not in unknown
    )


def value_text(name: str, value: int) -> str:
    """The value of that field of a bar, as an exact decimal text."""
    return _TEXTS[name](value)


def missing_text(period: Period, from_ms: int, to_ms: int, what: str = "missing") -> str:
    """How many bars are missing, or whatever they are, from one time to before another."""
    count = -(-(to_ms - from_ms) // period.nominal_ms)
    return f"{count:,} {period} bars are {what}" if count > 1 else f"a {period} bar is {what}"


def of_bar(kind: Kind, bar: Bar, text: str, found: tuple[Difference, ...] = ()) -> Finding:
    """A finding about one bar."""
    return Finding(kind, bar.symbol, bar.period, bar.open_ms, bar.end_ms, text, found)
