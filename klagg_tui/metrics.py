"""What klagg counts and measures of itself: each metric declared once, and the holder of their values.

A new metric is one line of `Metric` and one call of `Metrics.add` or `Metrics.set`: `/api/health` and `/metrics` show it without more, and
tests want it in a group of the health screen and in the table of docs/api.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple, Self, TypeAlias

from klagg_tui.engine.events import Counters


class Kind(Enum):
    """How a value moves."""

    COUNTER = "counter"
    """It only grows while klagg runs."""
    GAUGE = "gauge"
    """It is what holds now."""


class Unit(Enum):
    """What a value is a number of."""

    COUNT = ""
    PER_SECOND = "1/s"
    MILLISECONDS = "ms"
    MEGABYTES = "MB"
    PERCENT = "%"


class _Declared(NamedTuple):
    name: str
    label: str
    unit: Unit
    kind: Kind
    sentence: str
    is_trouble: bool = False


def _counter(name: str, label: str, sentence: str) -> _Declared:
    return _Declared(name, label, Unit.COUNT, Kind.COUNTER, sentence)


def _troubles(name: str, label: str, sentence: str) -> _Declared:
    """A counter of what should not happen."""
    return _counter(name, label, sentence)._replace(is_trouble=True)


def _gauge(name: str, label: str, sentence: str, unit: Unit = Unit.COUNT) -> _Declared:
    return _Declared(name, label, unit, Kind.GAUGE, sentence)


class Metric(Enum):
    """Every metric, in the order in which people see them. The value is the name by which programs know it."""

    TRADES_PER_SECOND = _gauge("trades/s", "Trades a second", "Trades taken in the last second.", Unit.PER_SECOND)
    FRAMES_PER_SECOND = _gauge("frames/s", "Frames a second", "Messages received lately.", Unit.PER_SECOND)
    DELAY = _gauge("delay ms", "Behind the exchange", "Age of the newest trade on arrival.", Unit.MILLISECONDS)
    CONNECTIONS = _gauge("connections", "Connections", "Connections for trades that are open.")
    RECONNECTS = _counter("reconnects", "Reconnects", "Connections lost and opened again.")
    ROTATIONS = _counter("rotations", "Connections rotated", "Connections replaced before the exchange closed them.")
    FRAMES = _counter("frames", "Frames taken", "Messages received.")
    BAD_FRAMES = _troubles(
        "bad frames", "Frames that could not be read", "Unreadable messages; their trades are fetched."
    )
    SILENT_SYMBOLS = _troubles(
        "silent symbols", "Symbols silent too long", "Symbols that went silent while others did not."
    )
    SYMBOLS_WAITING = _gauge("symbols waiting", "Symbols waiting for trades", "Symbols with trades missing now.")
    TRADES_HELD = _gauge("trades held back", "Trades held back", "Trades that wait until missing ones are fetched.")
    HELD_CUT = _troubles(
        "held cut", "Waiting trades let go", "Waiting trades let go as too many waited; they are fetched."
    )
    TRADES = _counter("trades", "Trades taken", "Trades that went into bars.")
    DUPLICATES = _counter("duplicates", "Duplicates left out", "Trades received more than once.")
    GAPS = _counter("gaps", "Gaps found", "Times that trades were missing.")
    GAPS_FILLED = _counter("gaps filled", "Gaps filled", "Gaps whose trades or bars were fetched.")
    GAPS_ABANDONED = _troubles("gaps abandoned", "Gaps given up", "Gaps whose trades the exchange does not have.")
    LATE = _counter("late", "Late trades", "Trades of an earlier minute that is still in memory.")
    TOO_LATE = _troubles("too late", "Trades too late", "Trades of a minute no longer in memory.")
    REJECTED = _troubles("rejected", "Trades rejected", "Trades with impossible values; they are fetched again.")
    UNKNOWN_SYMBOL = _counter("unknown symbol", "Trades of unknown symbols", "Trades of symbols not followed.")
    BARS_EQUAL = _counter("bars equal", "Bars confirmed", "Closed bars that equalled the exchange's own.")
    BARS_AMENDED = _counter("bars amended", "Bars amended", "Closed bars replaced by the exchange's own.")
    BARS_COMPLETED = _counter(
        "bars completed", "Partial bars completed", "Partial bars replaced by the exchange's own."
    )
    OWED_MINUTES = _gauge("owed minutes", "Minutes to be fetched", "Minutes of bars missing in the database now.")
    OWED_SYMBOLS = _gauge("owed symbols", "Symbols with bars missing", "Symbols that those minutes are of.")
    BARS_FETCHED = _counter("bars fetched", "Missing bars fetched", "Bars that were owed and have come.")
    BARS_CORRECTED = _troubles(
        "bars corrected",
        "Confirmed bars corrected",
        "Confirmed bars that a second look found not to be the exchange's.",
    )
    HOLES = _counter("holes", "Holes found", "Places where stored bars were missing.")
    BARS_TAKEN_BACK = _counter(
        "bars taken back", "Bars taken back", "Flat bars removed behind a delisting, and bars of the future."
    )
    UNCONFIRMED = _gauge("unconfirmed", "Bars to be confirmed", "Runs of closed bars due for confirmation.")
    CONTRACTS_TOLD = _gauge(
        "contracts told", "Contracts told of", "Contracts of which more than trades was told lately."
    )
    DIRTY_ROWS = _gauge("dirty rows", "Rows waiting for the disk", "Changed bars not yet written.")
    ROWS_WRITTEN = _counter("rows written", "Rows written", "Rows written to the database.")
    WRITE = _gauge("write ms", "Last write took", "Duration of the last write.", Unit.MILLISECONDS)
    BARS_DELIVERED = _counter("bars delivered", "Bars delivered", "Bars delivered to other machines.")
    REQUESTS = _counter("requests", "REST requests", "Requests sent to the exchange.")
    RETRIES = _counter("retries", "REST retries", "Requests repeated after a failure.")
    WEIGHT_USED = _gauge("weight used", "REST weight used", "Request weight used in the current minute.")
    WEIGHT_LIMIT = _gauge("weight limit", "REST weight a minute", "Request weight allowed a minute.")
    MEMORY = _gauge("memory MB", "Memory", "Resident memory of the process.", Unit.MEGABYTES)
    PROCESSOR = _gauge("cpu %", "Processor", "Processor time of the process; 100 is one core.", Unit.PERCENT)
    ROWS_DELETED = _counter("rows deleted", "Rows deleted", "Bars deleted because of their age.")

    label: str
    """A few words for the health screen."""
    unit: Unit
    kind: Kind
    sentence: str
    """What it means."""
    is_trouble: bool
    """Whether more than none is bad news."""

    def __new__(cls, *declared: object) -> Self:
        """One member, from what was declared."""
        metric = object.__new__(cls)
        fields = _Declared(*declared)  # type: ignore[arg-type] # an enum hands on the fields of its values one by one
        metric._value_ = fields.name
        metric.label, metric.unit, metric.kind = fields.label, fields.unit, fields.kind
        metric.sentence, metric.is_trouble = fields.sentence, fields.is_trouble
        return metric


Snapshot: TypeAlias = Mapping[Metric, float]
"""The values of one moment; what was never counted or set is not in it."""
NO_VALUES: Final[Snapshot] = MappingProxyType({})


_OF_THE_WORST: Final = frozenset({Metric.DELAY, Metric.WRITE, Metric.MEMORY, Metric.PROCESSOR})
"""Where several parts say one, the largest counts: their sum would mean nothing."""


def together(parts: Iterable[Snapshot]) -> Snapshot:
    """The values of several parts of a run as one: sums, and of what cannot be added up the largest."""
    found: dict[Metric, float] = {}
    for part in parts:
        for metric, value in part.items():
            if metric in _OF_THE_WORST:
                found[metric] = max(value, found.get(metric, value))
            else:
                found[metric] = found.get(metric, 0) + value
    return MappingProxyType(found)


_COUNTED_BY_ENGINE: Final[dict[Metric, Callable[[Counters], int]]] = {
    Metric.TRADES: lambda counters: counters.trades,
    Metric.DUPLICATES: lambda counters: counters.duplicates,
    Metric.GAPS: lambda counters: counters.gaps,
    Metric.GAPS_FILLED: lambda counters: counters.gaps_filled,
    Metric.GAPS_ABANDONED: lambda counters: counters.gaps_abandoned,
    Metric.LATE: lambda counters: counters.late,
    Metric.TOO_LATE: lambda counters: counters.too_late,
    Metric.REJECTED: lambda counters: counters.rejected,
    Metric.UNKNOWN_SYMBOL: lambda counters: counters.unknown_symbol,
}


def with_engine(counters: Counters, delay_ms: float | None, beside: Snapshot) -> Snapshot:
    """What the engine counts, and the delay where it is known, together with what was measured beside it."""
    found: dict[Metric, float] = {metric: count(counters) for metric, count in _COUNTED_BY_ENGINE.items()}
    if delay_ms is not None:
        found[Metric.DELAY] = delay_ms
    return MappingProxyType({**found, **beside})


class Metrics:
    """The values of one run. It belongs to the engine's thread; others get snapshots."""

    def __init__(self) -> None:
        self._values: dict[Metric, float] = {}

    def __getitem__(self, metric: Metric) -> float:
        """The value now, 0 where there is none yet."""
        return self._values.get(metric, 0)

    def add(self, metric: Metric, count: int = 1) -> None:
        """Count up."""
        self._values[metric] = self[metric] + count

    def set(self, metric: Metric, value: float) -> None:
        """Take over what holds now, or what was counted elsewhere."""
        self._values[metric] = value

    def snapshot(self) -> Snapshot:
        """All values as they are now, unchanging."""
        return MappingProxyType(dict(self._values))
