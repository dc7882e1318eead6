"""What a message of a stream says: the way back from `nats_messages`. Pure; what another program wrote there is found out."""

from __future__ import annotations

from typing import Final, NamedTuple

import orjson

from klagg_tui.bar_json import read_bar
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.evidence import Evidence
from klagg_tui.storage.sink_log import SeriesPlace


class Told(NamedTuple):
    """One message."""

    recorder: str
    number: int
    series: SeriesPlace | None
    """Of which the bars are; None where it tells which series there are."""
    bars: tuple[Bar, ...] = ()
    removed: tuple[tuple[int, int], ...] = ()
    """Where no bar of this recorder opens, from a time to before another."""
    all_series: frozenset[SeriesPlace] | None = None
    """All that there are of this recorder."""


def read(content: bytes) -> Told:
    """What a message says.

    Raises:
        SinkError: klagg did not write it.
    """
    try:
        told = orjson.loads(content)
        recorder, number = told["recorder"], told["number"]
        if not isinstance(recorder, str) or not isinstance(number, int):
            raise TypeError("recorder and number")
        if told["type"] == "series":
            return Told(recorder, number, None, all_series=_all_series(told["series"]))
        series = SeriesPlace(str(told["venue"]), str(told["symbol"]), Period(told["period"]))
        on_candles = frozenset(told.get("on_candles", ()))
        bars = tuple(_marked(read_bar(one), on_candles) for one in told["bars"])
        if any(bar.series != series[1:] for bar in bars):
            raise ValueError("bars of another series")
        removed = tuple((int(first), int(until)) for first, until in told.get("removed", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SinkError(f"A message in the stream is none of klagg's: {error}.") from error
    return Told(recorder, number, series, bars, removed)


def _marked(bar: Bar, on_candles: frozenset[int]) -> Bar:
    return bar._replace(evidence=bar.evidence | Evidence.CANDLE_ONLY) if bar.open_ms in on_candles else bar


_LABELS: Final = {period.value: period for period in Period}


def _all_series(told: dict[str, dict[str, list[str]]]) -> frozenset[SeriesPlace]:
    return frozenset(
        SeriesPlace(venue, symbol, _LABELS[period])
        for venue, symbols in told.items()
        for symbol, periods in symbols.items()
        for period in periods
    )
