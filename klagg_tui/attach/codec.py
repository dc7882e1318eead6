"""What goes over the connection between a recorder and its windows, as lists and numbers of JSON. Pure.

Bars stay exact: their amounts are integers here too, as texts where they do not fit into 64 bits. Whoever changes anything here raises
`VERSION`: a window of another version is told so and sees nothing, rather than something else than there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.events import AggTrade, Counters
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Progress, Status, VenueStatus
from klagg_tui.metrics import Metric, Snapshot

VERSION: Final = 2
"""Of all that is said."""

Json: TypeAlias = Any
"""What a message holds is known to whoever made it; readers raise `BadFrame` where it is something else."""
Message: TypeAlias = dict[str, Json]

_PERIODS: Final = tuple(Period)
_STATES: Final = tuple(State)
_WIDEST: Final = 1 << 63
_BAD: Final = (TypeError, ValueError, LookupError, AttributeError)
"""What reading something else raises."""


def packed(message: Mapping[str, Json]) -> bytes:
    """A message as it is sent."""
    return orjson.dumps(message)


def unpacked(data: bytes | str) -> Message:
    """A message as it was sent.

    Raises:
        BadFrame: it is none.
    """
    try:
        message = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadFrame("What came over the connection is no message.") from error
    if not isinstance(message, dict):
        raise BadFrame("What came over the connection is no message.")
    return message


def bars_out(bars: Iterable[Bar]) -> list[Json]:
    """Bars as rows: symbol, number of the period, and the rest in their order."""
    # Some thousand of them several times a second: unpacked, and only what nearly never fits made a text by default.
    rows: list[list[Json]] = [
        [
            name,
            period.ordinal,
            at,
            opened,
            high,
            low,
            close,
            volume,
            str(paid),
            count,
            bought,
            str(spent),
            state,
            evidence,
        ]
        for name, period, at, opened, high, low, close, volume, paid, count, bought, spent, state, evidence in bars
    ]
    for row in rows:
        if (row[3] | row[4] | row[5] | row[6] | row[7] | row[9] | row[10]) >> 63:
            row[3:12] = map(str, row[3:12])
    return rows


def bars_in(rows: Json) -> tuple[Bar, ...]:
    """Bars again.

    Raises:
        BadFrame: they are none.
    """
    new, periods, states = tuple.__new__, _PERIODS, _STATES
    try:
        return tuple(
            [
                new(
                    Bar,
                    (
                        *(name, periods[period], at, int(opened), int(high), int(low), int(close), int(volume)),
                        *(int(paid), int(count), int(bought), int(spent), states[state], evidence),
                    ),
                )
                for name, period, at, opened, high, low, close, volume, paid, count, bought, spent, state, evidence in rows
            ]
        )
    except _BAD as error:
        raise BadFrame("What came over the connection is no bar.") from error


def update_out(update: FeedUpdate) -> Message:
    """What of an update is not empty."""
    said: Message = {
        "current": bars_out(update.changes.current),
        "ended": bars_out(update.changes.ended),
        "added": update.symbols_added,
        "removed": update.symbols_removed,
        "traded": dict(update.last_trade_ms),
        "instruments": {symbol: list(facts) for symbol, facts in update.instruments.items()},
        "stored": [[symbol, period.ordinal, from_ms, to_ms] for symbol, period, from_ms, to_ms in update.stored],
        "tickers": {symbol: list(ticker) for symbol, ticker in update.tickers.items()},
        "derivatives": minutes_out(update.derivatives),
        "anew": update.anew_until_ms,
    }
    return {name: value for name, value in said.items() if value}


def update_in(said: Message) -> FeedUpdate:
    """An update again.

    Raises:
        BadFrame: it is none.
    """
    try:
        return FeedUpdate(
            Changes(bars_in(said.get("current", ())), bars_in(said.get("ended", ()))),
            tuple(said.get("added", ())),
            tuple(said.get("removed", ())),
            said.get("traded", {}),
            {symbol: InstrumentFacts(*facts) for symbol, facts in said.get("instruments", {}).items()},
            tuple(
                StoredStretch(symbol, _PERIODS[period], from_ms, to_ms)
                for symbol, period, from_ms, to_ms in said.get("stored", ())
            ),
            {symbol: Ticker24h(*ticker) for symbol, ticker in said.get("tickers", {}).items()},
            minutes_in(said.get("derivatives", ())),
            said.get("anew", 0),
        )
    except _BAD as error:
        raise BadFrame("What came over the connection is no update.") from error


def minutes_out(minutes: Iterable[DerivativeMinute]) -> list[Json]:
    """Minutes of what is told beside trades, as rows in the order of their fields."""
    return [[minute.symbol, *map(_wide, minute[1:])] for minute in minutes]


def minutes_in(rows: Json) -> tuple[DerivativeMinute, ...]:
    """Those minutes again.

    Raises:
        BadFrame: they are none.
    """
    try:
        return tuple(
            DerivativeMinute(symbol, int(open_ms), *(None if each is None else int(each) for each in told))
            for symbol, open_ms, *told in rows
        )
    except _BAD as error:
        raise BadFrame("What came over the connection is no minute of a contract.") from error


def trades_out(trades: Iterable[AggTrade]) -> list[Json]:
    """Trades as rows in the order of their fields."""
    return [list(trade) for trade in trades]


def trades_in(rows: Json) -> tuple[AggTrade, ...]:
    """Trades again.

    Raises:
        BadFrame: they are none.
    """
    try:
        return tuple(AggTrade(*row) for row in rows)
    except _BAD as error:
        raise BadFrame("What came over the connection is no trade.") from error


def older_out(older: OlderBars) -> list[Json]:
    """What is before the stored bars."""
    return [older.edge.name, older.listed_ms, older.most_bars]


def older_in(said: Json) -> OlderBars:
    """The same again.

    Raises:
        BadFrame: it says nothing of that.
    """
    try:
        edge, listed_ms, most_bars = said
        return OlderBars(Edge[edge], listed_ms, most_bars)
    except _BAD as error:
        raise BadFrame("What came over the connection says nothing of older bars.") from error


def status_out(status: Status) -> Message:
    """A status by its fields."""
    said: Message = status._asdict()
    said["counters"] = list(status.counters)
    said["metrics"] = _metrics_out(status.metrics)
    said["progress"] = status.progress and list(status.progress)
    said["halted"] = sorted(status.halted)
    said["venues"] = [_venue_out(venue) for venue in status.venues]
    return said


def status_in(said: Message) -> Status:
    """A status again.

    Raises:
        BadFrame: it is none.
    """
    try:
        return Status(**_status_fields(said))
    except _BAD as error:
        raise BadFrame("What came over the connection is no status.") from error


def _status_fields(said: Message) -> Message:
    return {
        **said,
        "mode": Mode(said["mode"]),
        "notices": tuple(said["notices"]),
        "counters": Counters(*said["counters"]),
        "metrics": _metrics_in(said["metrics"]),
        "log_lines": tuple(said["log_lines"]),
        "progress": said["progress"] and Progress(*said["progress"]),
        "halted": frozenset(said["halted"]),
        "venues": tuple(map(_venue_in, said["venues"])),
        "others": tuple(said["others"]),
    }


def _venue_out(venue: VenueStatus) -> Message:
    said: Message = venue._asdict()
    said["counters"] = list(venue.counters)
    said["metrics"] = _metrics_out(venue.metrics)
    said["progress"] = venue.progress and list(venue.progress)
    return said


def _venue_in(said: Message) -> VenueStatus:
    fields = {
        **said,
        "mode": Mode(said["mode"]),
        "notices": tuple(said["notices"]),
        "counters": Counters(*said["counters"]),
        "metrics": _metrics_in(said["metrics"]),
        "progress": said["progress"] and Progress(*said["progress"]),
    }
    return VenueStatus(**fields)


def _metrics_out(metrics: Snapshot) -> dict[str, float]:
    return {metric.value: value for metric, value in metrics.items()}


def _metrics_in(said: Mapping[str, float]) -> Snapshot:
    return {Metric(name): value for name, value in said.items()}


def changed(before: Mapping[str, Json], now: Message) -> Message:
    """Of a message's fields those that say something else than before."""
    return {name: value for name, value in now.items() if name not in before or before[name] != value}


def symbols_in(said: Json) -> Sequence[str]:
    """Names of symbols.

    Raises:
        BadFrame: they are something else.
    """
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise BadFrame("What came over the connection are no symbols.")
    return said


def _wide(value: int | None) -> int | str | None:
    return value if value is None or -_WIDEST <= value < _WIDEST else str(value)
