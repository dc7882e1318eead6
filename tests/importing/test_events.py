"""JSON lines of events."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.precision import Precision
from klagg_tui.importing.events import EventReader
from klagg_tui.importing.lines import Block, blocks
from klagg_tui.importing.tally import Tally
from tests.conftest import DATA, needs_data

EVENT: dict[str, object] = {
    "e": "aggTrade",
    "E": 1_626_992_741_575,
    "a": 16_599_292,
    "s": "CTKUSDT",
    "p": "1.01100",
    "q": "10",
    "f": 23_961_322,
    "l": 23_961_324,
    "T": 1_626_992_741_421,
    "m": True,
}
TRADE = AggTrade(
    "CTKUSDT",
    "1.01100",
    "10",
    1_626_992_741_421,
    True,
    16_599_292,
    23_961_322,
    23_961_324,
    1_626_992_741_575,
)


def read(lines: Sequence[str]) -> tuple[list[AggTrade], Tally]:
    tally = Tally()
    return EventReader(tally).read(Block("a.jsonl", 1, list(lines), 0)), tally


def event(**changed: object) -> str:
    return json.dumps({name: value for name, value in {**EVENT, **changed}.items() if value is not None})


@pytest.mark.parametrize(
    "line",
    [
        event(),
        event(nq="10", st=1),
        json.dumps({"stream": "ctkusdt@aggTrade", "data": EVENT}),
        "1626992742.289739: " + json.dumps({"stream": "ctkusdt@aggTrade", "data": EVENT}),
        "1626992742 " + event(),
        event(T=1_626_992_741_421_000, E=1_626_992_741_575_999),
    ],
)
def test_an_event_is_read_in_every_wrapping(line: str) -> None:
    trades, tally = read([line])
    assert trades == [TRADE]
    assert (tally.rows, tally.bad, tally.precisions) == (1, 0, {"CTKUSDT": Precision(5, 0)})


def test_an_event_without_its_time_was_sent_when_it_was_traded() -> None:
    assert read([event(E=None)])[0][0].event_ms == 1_626_992_741_421


def test_a_trade_of_another_market_is_counted_and_left_out() -> None:
    trades, tally = read([event(st=2), event(st=1), event(st=2, p="damage")])
    assert trades == [TRADE]
    assert (tally.rows, tally.other_market, tally.bad) == (3, 2, 0)


def test_other_events_and_replies_are_counted_and_are_not_bad() -> None:
    trades, tally = read([event(e="bookTicker"), '{"result":null,"id":1}', "", '{"stream":"x","data":[1]}'])
    assert (trades, tally.other_events, tally.bad) == ([], 3, 0)


def test_the_address_that_was_recorded_is_passed_over() -> None:
    tally = read(["wss://fstream.binance.com/stream?streams=a@aggTrade <-> 1626992740.179554"])[1]
    assert (tally.rows, tally.bad) == (0, 0)


def test_a_record_of_nothing_is_counted_and_handed_on_for_its_id() -> None:
    (nothing,), tally = read([event(p="0", q="0", f=-1, l=-1)])
    assert (nothing.aggregate_id, nothing.is_placeholder) == (TRADE.aggregate_id, True)
    assert (tally.placeholders, tally.bad, tally.precisions) == (1, 0, {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not a message", "no message"),
        ("[1, 2]", "no message"),
        ('{"e": "aggTrade"', "no JSON text"),
        ('{"e":' * 5000, "no JSON text"),
        (event(p=1.5), "field p is no text"),
        (event(p=None), "field p is missing"),
        (event(p="nan"), "'nan' is not a number"),
        (event(q="0"), "quantity is not positive"),
        (event(p="0"), "price is not positive"),
        (event(q="-1"), "'-1' is not a number"),
        (event(a=True), "field a is no whole number"),
        (event(f=None), "field f is missing"),
        (event(T=10**18), "is no time"),
        (event(m="yes"), "field m is not true or false"),
        (event(s=""), "symbol's name is damaged"),
        (event(s="BTC\nUSDT"), "symbol's name is damaged"),
        (event(s="X" * 65), "symbol's name is damaged"),
    ],
)
def test_a_bad_line_costs_that_line_and_says_what_is_wrong(line: str, reason: str) -> None:
    trades, tally = read([line, event()])
    assert trades == [TRADE]
    assert (tally.bad, tally.rows) == (1, 2)
    assert reason in tally.first_bad[0]


@given(st.lists(st.text(max_size=40) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_no_text_makes_the_reader_fail(lines: list[str]) -> None:
    read(lines)


@given(st.dictionaries(st.sampled_from(sorted(EVENT)), st.none() | st.integers() | st.text(max_size=9) | st.floats()))
def test_no_damage_to_a_real_event_makes_the_reader_fail(damage: dict[str, object]) -> None:
    trades, tally = read([event(**damage)])
    assert len(trades) + tally.bad + tally.other_events == 1


@needs_data
def test_the_recorded_session_is_read_without_a_bad_line() -> None:
    tally = Tally()
    rows = EventReader(tally)
    path = DATA / "um-capture-2021-07-22" / "ws.txt.gz"
    trades = [trade for block in blocks(path) for trade in rows.read(block)]
    assert {trade.symbol for trade in trades} == {"SUSHIUSDT", "AKROUSDT", "KEEPUSDT", "CTKUSDT"}
    assert (tally.bad, tally.rows) == (0, 1535)
    assert tally.other_events == 1535 - len(trades)
