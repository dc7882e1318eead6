"""What is said over the connection comes out as it went in, whatever it is."""

from __future__ import annotations

import math
from array import array
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.attach import codec
from klagg_tui.attach.columns import columns_in, columns_out
from klagg_tui.attach.greeting import Greeting, greeting_in, greeting_out
from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import BarColumns, StoredStretch
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.events import AggTrade, Counters
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, OtherVersion
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Progress, Status, VenueStatus
from klagg_tui.metrics import Metric

TIMES = st.integers(0, 2**53)
EXACT = st.integers(-(2**40), 2**100)
"""Wider than 64 bits."""
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 2**40)
BARS = st.builds(
    Bar,
    NAMES,
    st.sampled_from(Period),
    TIMES,
    *[EXACT] * 6,
    trade_count=EXACT,
    taker_buy_volume=EXACT,
    taker_buy_turnover=EXACT,
    state=st.sampled_from(State),
    evidence=st.integers(0, 63),
)
MINUTES = st.builds(DerivativeMinute, NAMES, TIMES, *[st.none() | st.integers(-(2**90), 2**90)] * 12)
TICKERS = st.builds(Ticker24h, TIMES, *[st.none() | FLOATS] * 7)
FACTS = st.builds(InstrumentFacts, NAMES, NAMES, NAMES, NAMES, NAMES, st.booleans(), st.booleans(), TIMES, TIMES)
UPDATES = st.builds(
    FeedUpdate,
    st.builds(Changes, *[st.lists(BARS, max_size=4).map(tuple)] * 2, st.just(())),
    st.lists(NAMES, max_size=3).map(tuple),
    st.lists(NAMES, max_size=3).map(tuple),
    st.dictionaries(NAMES, TIMES, max_size=3),
    st.dictionaries(NAMES, FACTS, max_size=3),
    st.lists(st.builds(StoredStretch, NAMES, st.sampled_from(Period), TIMES, TIMES), max_size=3).map(tuple),
    st.dictionaries(NAMES, TICKERS, max_size=3),
    st.lists(MINUTES, max_size=3).map(tuple),
    TIMES,
)
METRICS = st.dictionaries(st.sampled_from(Metric), FLOATS, max_size=4)
PROGRESS = st.none() | st.builds(Progress, NAMES, COUNTS, COUNTS)
TEXTS = st.lists(NAMES, max_size=3).map(tuple)
COUNTERS = st.builds(Counters, *[COUNTS] * len(Counters._fields))
VENUES = st.builds(
    VenueStatus,
    NAMES,
    NAMES,
    st.sampled_from(Mode),
    NAMES,
    TIMES,
    st.booleans(),
    st.none() | FLOATS,
    st.booleans(),
    TEXTS,
    COUNTS,
    COUNTS,
    COUNTERS,
    FLOATS,
    PROGRESS,
    METRICS,
    NAMES,
)
STATUSES = st.builds(
    Status,
    NAMES,
    st.sampled_from(Mode),
    TIMES,
    st.none() | FLOATS,
    NAMES,
    TEXTS,
    COUNTERS,
    METRICS,
    TEXTS,
    PROGRESS,
    st.frozensets(NAMES, max_size=3),
    NAMES,
    st.booleans(),
    st.booleans(),
    st.lists(VENUES, max_size=2).map(tuple),
    TEXTS,
    st.booleans(),
    NAMES,
)


def sent(message: codec.Json) -> codec.Json:
    """As it arrives."""
    return codec.unpacked(codec.packed({"it": message}))["it"]


@given(UPDATES)
def test_an_update_comes_out_as_it_went_in(update: FeedUpdate) -> None:
    found = codec.update_in(sent(codec.update_out(update)))
    assert found == update
    for bar in (*found.changes.current, *found.changes.ended):
        assert isinstance(bar.period, Period)
        assert isinstance(bar.state, State)
        assert {type(each) for each in bar[2:12]} == {int}


@given(STATUSES)
def test_a_status_comes_out_as_it_went_in(status: Status) -> None:
    assert codec.status_in(sent(codec.status_out(status))) == status


@given(st.lists(STATUSES, min_size=1, max_size=4))
def test_a_status_is_told_by_what_became_another_one(statuses: list[Status]) -> None:
    said: codec.Message = {}
    heard: codec.Message = {}
    for status in statuses:
        now = codec.status_out(status)
        heard |= sent(codec.changed(said, now))
        said = now
        assert codec.status_in(heard) == status


def test_what_did_not_change_of_a_status_is_not_said_again() -> None:
    before = Status("market", Mode.LIVE, 1, log_lines=("a line",) * 200)
    now = before._replace(exchange_now_ms=2)
    assert codec.changed(codec.status_out(before), codec.status_out(now)) == {"exchange_now_ms": 2}


def test_an_update_says_nothing_of_what_is_empty() -> None:
    assert codec.update_out(FeedUpdate()) == {}


COLUMNS = st.integers(0, 5).flatmap(
    lambda size: st.tuples(
        st.lists(TIMES, min_size=size, max_size=size),
        st.lists(st.integers(0, 3), min_size=size, max_size=size),
        st.lists(st.integers(0, 63), min_size=size, max_size=size),
        *[st.lists(st.floats(), min_size=size, max_size=size) | st.just([])] * 8,
    )
)


@given(st.dictionaries(NAMES, COLUMNS, max_size=3))
def test_columns_come_out_bit_by_bit(made: dict[str, tuple[list[float], ...]]) -> None:
    kinds: tuple[Any, ...] = ("q", "B", "B", *"d" * 8)
    found: dict[str, BarColumns] = {}
    for symbol, each in made.items():
        columns: list[Any] = [array(kind, values) for kind, values in zip(kinds, each, strict=True)]
        found[symbol] = BarColumns(*columns)
    read = columns_in(sent(columns_out(found)))
    assert list(read) == list(found)
    for symbol, sent_columns in found.items():
        assert [column.tobytes() for column in read[symbol]] == [column.tobytes() for column in sent_columns]
        assert [column.typecode for column in read[symbol]] == list(kinds)


@given(st.lists(st.builds(AggTrade, NAMES, NAMES, NAMES, TIMES, st.booleans(), *[COUNTS] * 4), max_size=4))
def test_trades_come_out_as_they_went_in(trades: list[AggTrade]) -> None:
    assert list(codec.trades_in(sent(codec.trades_out(trades)))) == trades


@given(st.builds(OlderBars, st.sampled_from(Edge), TIMES, COUNTS))
def test_what_is_before_the_stored_bars_comes_out_as_it_went_in(older: OlderBars) -> None:
    assert codec.older_in(sent(codec.older_out(older))) == older


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(sorted(codec.update_out(FeedUpdate(anew_until_ms=1)))) | st.text(max_size=8), JSON)
)
def test_anything_else_is_refused_and_nothing_else_is_raised(said: codec.Message) -> None:
    for read in (codec.update_in, codec.status_in, codec.bars_in, codec.minutes_in, codec.trades_in, columns_in):
        with suppress(BadFrame):
            read(said)


@pytest.mark.parametrize("kind", ["current", "ended", "stored", "derivatives", "instruments", "tickers", "traded"])
@given(said=JSON)
def test_a_damaged_part_of_an_update_is_refused_and_nothing_else_is_raised(kind: str, said: codec.Json) -> None:
    with suppress(BadFrame):
        codec.update_in({kind: said})


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"1", "null"])
def test_what_is_no_message_is_refused(data: bytes | str) -> None:
    with pytest.raises(BadFrame):
        codec.unpacked(data)


def test_a_number_that_is_none_is_refused_by_what_packs() -> None:
    assert orjson.loads(codec.packed({"it": math.nan}))["it"] is None


def test_a_greeting_says_who_records_what_and_one_of_another_version_is_told_plainly() -> None:
    greeting = Greeting("1.2.3", 42, ("binance-um", "kraken"), (Period.M1, Period.MO1))
    assert greeting_in(sent(greeting_out(greeting)), "1.2.3") == greeting
    with pytest.raises(OtherVersion, match=r"klagg 1\.2\.3 and this is klagg 9\.9"):
        greeting_in({**greeting_out(greeting), "klagg": codec.VERSION + 1}, "9.9")
    with pytest.raises(OtherVersion):
        greeting_in({}, "9.9")
    with pytest.raises(BadFrame):
        greeting_in({"klagg": codec.VERSION, "program": "1"}, "9.9")
