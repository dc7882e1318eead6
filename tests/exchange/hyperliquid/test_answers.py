"""Hyperliquid's listing, bars, time and refusals."""

from __future__ import annotations

import gzip
from typing import Final

import orjson
import pytest

from klagg_tui.engine import exact
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.hyperliquid import VENUE, wire
from klagg_tui.exchange.hyperliquid.facts import MOST_BARS
from klagg_tui.exchange.hyperliquid.wire.bars import LATE_MS
from klagg_tui.exchange.reading import MOST_LISTED
from klagg_tui.exchange.venue import Failure, Ids
from tests.conftest import DATA, needs_data

MINUTE: Final = 60_000
OPEN_MS: Final = 1_730_160_000_000
FOREVER: Final = OPEN_MS * 2
CANDLES: Final = DATA / "venues/hyperliquid/rest-2023-candleSnapshot-kPEPE-1h.json.gz"
LISTED: Final = DATA / "venues/hyperliquid/rest-2023-meta.json.gz"


def row(minute: int = 0, **changed: object) -> dict[str, object]:
    open_ms = OPEN_MS + minute * MINUTE
    made = {"t": open_ms, "T": open_ms + MINUTE - 1, "s": "BTC", "i": "1m", "o": "10", "c": "11", "h": "12", "l": "9"}
    return {**made, "v": "3.5", "n": 4, **changed}


def read(*rows: dict[str, object], over_ms: int = FOREVER) -> list[tuple[int, str, str, int, State]]:
    bars = wire.read_bars(orjson.dumps(rows), "BTC", Period.M1, over_ms)
    return [
        (
            (bar.open_ms - OPEN_MS) // MINUTE,
            exact.price_text(bar.open),
            exact.quantity_text(bar.volume),
            bar.trade_count,
            bar.state,
        )
        for bar in bars
    ]


@needs_data
def test_recorded_bars_are_read_with_the_fields_that_they_have() -> None:
    bars = wire.read_bars(gzip.decompress(CANDLES.read_bytes()), "kPEPE", Period.H1, FOREVER)
    assert len(bars) == 24
    first = bars[0]
    prices = [exact.price_text(value) for value in (first.open, first.high, first.low, first.close)]
    assert prices == ["0.001601", "0.001616", "0.001601", "0.001604"]
    assert (exact.quantity_text(first.volume), first.trade_count) == ("520665683", 709)
    assert {Evidence(bar.evidence) for bar in bars} == {VENUE.candle.lacks}
    assert type(first.evidence) is int
    assert not VENUE.candle.lacks & Evidence.NO_COUNT


def test_bars_that_were_over_are_confirmed_and_others_are_forming() -> None:
    assert [bar[-1] for bar in read(row(0), row(1), over_ms=OPEN_MS + MINUTE)] == [State.CONFIRMED, State.FORMING]


def test_between_two_bars_nothing_was_traded_where_there_is_none() -> None:
    assert read(row(0), row(3)) == [
        (0, "10", "3.5", 4, State.CONFIRMED),
        (1, "11", "0", 0, State.CONFIRMED),
        (2, "11", "0", 0, State.CONFIRMED),
        (3, "10", "3.5", 4, State.CONFIRMED),
    ]
    assert read() == []


def test_after_the_last_bar_nothing_was_traded_where_none_came_for_a_while() -> None:
    def opens(over_ms: int, last_ms: int = FOREVER) -> list[int]:
        bars = wire.read_bars(orjson.dumps([row(0)]), "BTC", Period.M1, over_ms, last_ms)
        return [(bar.open_ms - OPEN_MS) // MINUTE for bar in bars]

    assert opens(OPEN_MS + 3 * MINUTE + LATE_MS - 1) == [0, 1]
    assert opens(OPEN_MS + 3 * MINUTE + LATE_MS) == [0, 1, 2]
    assert opens(OPEN_MS + 9 * MINUTE, last_ms=OPEN_MS + MINUTE) == [0, 1]
    assert opens(0) == [0]
    with pytest.raises(BadFrame, match="apart"):
        opens(FOREVER)


def test_as_they_are_sent_bars_have_no_flat_ones_between() -> None:
    bars = wire.read_bars(orjson.dumps([row(0), row(3)]), "BTC", Period.M1, FOREVER, None)
    assert len(bars) == 2
    assert {bar.state for bar in bars} == {State.CONFIRMED}


def test_of_a_bar_without_trades_every_field_is_known() -> None:
    flat = row(v="0.0", n=0, o="10", h="10", l="10", c="10")
    (bar,) = wire.read_bars(orjson.dumps([flat]), "BTC", Period.M1, FOREVER)
    assert (bar.evidence, bar.is_traded) == (Evidence.ALL, False)


@pytest.mark.parametrize(
    "changed",
    [
        *({"t": OPEN_MS + 1}, {"t": "1"}, {"n": -1}, {"n": 1.5}, {"o": "13"}, {"o": 10}, {"h": "-1"}, {"l": "0"}),
        *({"v": "-3"}, {"v": None}, {"v": "0"}, {"n": 0}, {"s": "ETH"}, {"i": "3m"}, {"o": "nan"}),
    ],
    ids=str,
)
def test_a_damaged_bar_is_not_taken(changed: dict[str, object]) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read({**row(), **changed})


def test_bars_out_of_order_or_without_end_are_not_taken() -> None:
    for rows in ((row(1), row(0)), (row(0), row(0)), (row(0), row(2 * MOST_BARS))):
        with pytest.raises(BadFrame, match=r"order|apart"):
            read(*rows)
    with pytest.raises(BadFrame):
        wire.read_bars(b"null", "BTC", Period.M1, FOREVER)


@needs_data
def test_the_recorded_listing_is_read_whole() -> None:
    found = wire.read_instruments(gzip.decompress(LISTED.read_bytes()))
    assert not found.unread.entries
    by_symbol = {each.symbol: each for each in found.instruments}
    bitcoin, pepe = by_symbol["BTC"], by_symbol["kPEPE"]
    assert (bitcoin.quote, bitcoin.base, bitcoin.contract_type) == ("USDC", "BTC", "PERPETUAL")
    assert (bitcoin.price_decimals, bitcoin.quantity_decimals, pepe.price_decimals, pepe.quantity_decimals) == (
        1,
        5,
        6,
        0,
    )
    assert all(each.is_trading for each in found.instruments)


def listing(*rows: object) -> bytes:
    return orjson.dumps({"universe": rows})


def test_a_delisted_coin_is_listed_and_not_traded() -> None:
    found = wire.read_instruments(listing({"name": "MATIC", "szDecimals": 1, "isDelisted": True}))
    assert [(each.symbol, each.is_trading, each.is_followable) for each in found.instruments] == [
        ("MATIC", False, False)
    ]


@pytest.mark.parametrize(
    ("odd", "symbols"),
    [
        ({"name": "X", "szDecimals": 7}, {"X"}),
        ({"name": "X", "szDecimals": "1"}, {"X"}),
        ({"name": "X", "szDecimals": 1, "isDelisted": "no"}, {"X"}),
        ({"name": "x:X", "szDecimals": 1}, set()),
        ({}, set()),
        (None, set()),
    ],
    ids=str,
)
def test_an_odd_entry_costs_only_itself(odd: object, symbols: set[str]) -> None:
    found = wire.read_instruments(listing({"name": "BTC", "szDecimals": 5}, odd))
    assert [each.symbol for each in found.instruments] == ["BTC"]
    assert (found.unread.entries, set(found.unread.symbols)) == (1, symbols)


def test_a_listing_is_read_up_to_a_bound() -> None:
    rows = [{"name": f"C{number}", "szDecimals": 0} for number in range(MOST_LISTED + 2)]
    found = wire.read_instruments(listing(*rows))
    assert (len(found.instruments), found.unread.entries) == (MOST_LISTED, 2)


@pytest.mark.parametrize("raw", [b"{}", b"null", listing()], ids=repr)
def test_no_listing_is_none(raw: bytes) -> None:
    with pytest.raises(BadFrame):
        wire.read_instruments(raw)


def test_the_time_is_that_of_the_exchanges_status() -> None:
    assert wire.read_time(b'{"specialStatuses":null,"time":1730160006192}') == 1_730_160_006_192
    with pytest.raises(BadFrame):
        wire.read_time(b"null")


def test_a_refusal_says_what_it_says() -> None:
    assert wire.read_failure(b'"Failed to deserialize the JSON body"\n') == Failure(
        message="Failed to deserialize the JSON body"
    )
    assert wire.read_failure(b"\xff" * 600).message == "�" * 500


def test_what_bars_cost_rises_with_their_number() -> None:
    request = wire.bars_request("BTC", Period.M1, OPEN_MS, OPEN_MS + 119 * MINUTE)
    assert (request.path, request.parameters, request.cost) == ("/info", (), 22)
    assert request.body is not None
    assert orjson.loads(request.body) == {
        "type": "candleSnapshot",
        "req": {"coin": "BTC", "interval": "1m", "startTime": OPEN_MS, "endTime": OPEN_MS + 119 * MINUTE},
    }
    assert (VENUE.requests.cheapest_bars, VENUE.requests.bars_cost(60), VENUE.requests.most_bars) == (60, 21, 4_980)


def test_its_numbers_prove_nothing_and_every_question_is_open() -> None:
    assert VENUE.ids is Ids.NONE
    assert all(doubt.supposed and doubt.source for doubt in VENUE.doubts)
    assert Period.M1 in VENUE.candle.periods
    assert VENUE.is_at("wss://api.hyperliquid.xyz/ws")
    assert not VENUE.is_at("https://api.hyperliquid-testnet.xyz")
