"""Events as recorders keep them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame, BadRow
from klagg_tui.exchange.binance.archive import is_trade, read_event, read_recorded_trade, sent_ms
from klagg_tui.exchange.binance.wire.trades import read_trade
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.messages import Skipped

NOW = 1_626_992_741_421
EVENT: dict[str, Json] = {
    "e": "aggTrade",
    "E": NOW,
    "a": 7,
    "s": "BTCUSDT",
    "p": "1.5",
    "q": "2",
    "f": 70,
    "l": 71,
    "T": NOW,
    "m": True,
}


@given(
    st.dictionaries(
        st.sampled_from([*EVENT, "st"]),
        st.none() | st.booleans() | st.integers(-2, 2) | st.integers() | st.text(max_size=9),
        max_size=3,
    )
)
def test_what_the_live_decoder_takes_skips_or_refuses_a_file_does_too(damage: dict[str, Json]) -> None:
    event = {**EVENT, **damage, "T": NOW, "E": NOW}
    try:
        live = read_trade(event)
    except BadFrame:
        with pytest.raises(BadRow):
            read_recorded_trade(event)
        return
    recorded = read_recorded_trade(event)
    assert recorded == (live if isinstance(live, Skipped) else AggTrade(*live))


def test_times_may_be_in_microseconds_or_lack_that_of_sending() -> None:
    micro = {**EVENT, "T": NOW * 1000 + 999, "E": NOW * 1000}
    without = {name: value for name, value in EVENT.items() if name != "E"}
    assert read_recorded_trade(micro) == read_recorded_trade(without) == read_recorded_trade(EVENT)


def test_an_event_is_found_in_its_wrapping_and_an_address_is_none() -> None:
    for line in (json.dumps(EVENT), json.dumps({"stream": "x", "data": EVENT}), f"1626992742.28: {json.dumps(EVENT)}"):
        event = read_event(line)
        assert event == EVENT
        assert is_trade(event)
        assert sent_ms(event) == NOW
    assert read_event("wss://fstream.binance.com/stream <-> 1") is None
    assert sent_ms({"E": "now"}) is None
    for wrong in ("nothing", "x{}", "{"):
        with pytest.raises(BadRow):
            read_event(wrong)
