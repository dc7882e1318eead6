"""The metrics in Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

Names follow from the list of metrics: `klagg_`, the metric's words, its unit as a base unit (seconds, bytes, a ratio), `_total` behind what
only grows. What is told of each exchange is a family of its own, `klagg_venue_…`, so that the sum over a family means something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from klagg_tui import __version__
from klagg_tui.feed import Status, VenueStatus
from klagg_tui.metrics import Kind, Metric, Unit, with_engine

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "klagg"
_OF_A_VENUE: Final = "klagg_venue"


class _BaseUnit(NamedTuple):
    written: str
    """How a metric's value ends that is of the unit."""
    suffix: str
    """How its name ends here."""
    factor: float


_BASE_UNITS: Final = {
    Unit.COUNT: _BaseUnit("", "", 1),
    Unit.PER_SECOND: _BaseUnit("/s", "_per_second", 1),
    Unit.MILLISECONDS: _BaseUnit(" ms", "_seconds", 1e-3),
    Unit.MEGABYTES: _BaseUnit(" MB", "_bytes", 1e6),
    Unit.PERCENT: _BaseUnit(" %", "_ratio", 1e-2),
}
# A name that ends in minutes would be read as a length of time.
_WORDS: Final = {Metric.OWED_MINUTES: "owed_bars"}

_Labels = Mapping[str, str]
_Sample = tuple[_Labels, float]


def exposition(status: Status) -> str:
    """Everything that there is a value for; counters that nothing has counted yet are 0."""
    values = {**_NOTHING_COUNTED, **with_engine(status.counters, status.delay_ms, status.metrics)}
    if status.venues:
        values.setdefault(Metric.TRADES_PER_SECOND, sum(venue.trades_per_second for venue in status.venues))
    families: list[Iterable[str]] = [
        _family(f"{_PREFIX}_info", "gauge", "The version that runs.", [({"version": __version__}, 1)])
    ]
    families += [_of_metric(_PREFIX, metric, [({}, values[metric])]) for metric in Metric if metric in values]
    families += _of_venues(status.venues) if status.venues else ()
    return "".join(line for family in families for line in family)


def name_of(metric: Metric, prefix: str = _PREFIX) -> str:
    """What Prometheus calls a metric."""
    unit = _BASE_UNITS[metric.unit]
    words = _WORDS.get(metric) or metric.value.removesuffix(unit.written).replace(" ", "_")
    return f"{prefix}_{words}{unit.suffix}{'_total' if metric.kind is Kind.COUNTER else ''}"


def _of_venues(venues: Sequence[VenueStatus]) -> Iterator[Iterable[str]]:
    def samples(told: Callable[[VenueStatus], float]) -> list[_Sample]:
        return [({"venue": venue.key, "exchange": venue.name}, told(venue)) for venue in venues]

    yield _family(
        f"{_OF_A_VENUE}_connected",
        "gauge",
        "Whether it is connected and tells its trades.",
        samples(lambda venue: venue.connection == "connected"),
    )
    yield _family(f"{_OF_A_VENUE}_symbols", "gauge", "Symbols that are followed.", samples(lambda venue: venue.symbols))
    yield _family(
        f"{_OF_A_VENUE}_halted_symbols",
        "gauge",
        "Symbols that are followed and whose trading rests.",
        samples(lambda venue: venue.halted),
    )
    values = [(venue, with_engine(venue.counters, venue.delay_ms, venue.metrics)) for venue in venues]
    for metric in Metric:
        told = [
            ({"venue": venue.key, "exchange": venue.name}, known[metric]) for venue, known in values if metric in known
        ]
        if told:
            yield _of_metric(_OF_A_VENUE, metric, told)


_NOTHING_COUNTED: Final = {metric: 0.0 for metric in Metric if metric.kind is Kind.COUNTER}


def _of_metric(prefix: str, metric: Metric, samples: Iterable[_Sample]) -> Iterator[str]:
    factor = _BASE_UNITS[metric.unit].factor
    # 23.4 ms are 0.0234 s and not 0.023399999999999997.
    scaled = [(labels, round(value * factor, 9) if factor != 1 else value) for labels, value in samples]
    return _family(name_of(metric, prefix), metric.kind.value, metric.sentence, scaled)


def _family(name: str, kind: str, sentence: str, samples: Iterable[_Sample]) -> Iterator[str]:
    yield f"# HELP {name} {_escaped(sentence)}\n"
    yield f"# TYPE {name} {kind}\n"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text, quoted=True)}"' for label, text in labels.items())
        yield f"{name}{{{inside}}} {_number(value)}\n" if inside else f"{name} {_number(value)}\n"


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text


def _number(value: float) -> str:
    """As Go reads it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if value == int(value) else repr(float(value))
