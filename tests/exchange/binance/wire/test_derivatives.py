"""Mark prices, liquidations, open interest and funding, whole and damaged."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from klagg_tui.engine.derivatives import ContractQuote, Liquidation, rate
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.messages import BesideTrades, Message, Skipped

# As documented: developers.binance.com, "Mark Price Stream for All market", of 2026-05, and the `st` of June 2026.
MARK: dict[str, Any] = {
    "e": "markPriceUpdate",
    "E": 1562305380000,
    "s": "BTCUSDT",
    "p": "11794.15000000",
    "ap": "11794.15000000",
    "i": "11784.62659091",
    "P": "11784.25641265",
    "r": "0.00038167",
    "T": 1562306400000,
    "st": 1,
}
QUOTE = ContractQuote(
    "BTCUSDT", 1562305380000, price("11794.15"), price("11784.62659091"), rate("0.00038167"), 1562306400000
)
ORDER: dict[str, Any] = {
    "s": "BTCUSDT",
    "S": "SELL",
    "o": "LIMIT",
    "f": "IOC",
    "q": "0.014",
    "p": "9910",
    "ap": "9910.5",
    "X": "FILLED",
    "l": "0.014",
    "z": "0.014",
    "T": 1568014460893,
}
LIQUIDATED = Liquidation("BTCUSDT", 1568014460893, True, quantity("0.014"), turnover("138.747"))


def read(*rows: object, mark: int = 1) -> Message:
    return wire.read_message(orjson.dumps({"stream": "!markPrice@arr", "data": list(rows)}), mark)


def forced(order: object = ORDER, mark: int = 1, **event: Any) -> Message:
    return wire.read_message(orjson.dumps({"data": {"e": "forceOrder", "E": 1, "o": order, **event}}), mark)


def test_an_array_of_mark_prices_is_a_quote_each() -> None:
    other = {**MARK, "s": "ETHUSDT", "r": "-0.0001"}
    both = BesideTrades((QUOTE, QUOTE._replace(symbol="ETHUSDT", funding_rate=rate("-0.0001"))))
    assert read(MARK, other) == both
    assert wire.read_message(orjson.dumps([MARK, other])) == both
    assert read() == BesideTrades(())


def test_events_of_the_other_market_are_left_out() -> None:
    coin = {**MARK, "s": "BTCUSD_PERP", "st": 2}
    assert read(MARK, coin) == BesideTrades((QUOTE,))
    assert read(MARK, coin, mark=2) == BesideTrades((QUOTE._replace(symbol="BTCUSD_PERP"),))


@pytest.mark.parametrize("unfunded", [{"r": "", "T": 0}, {"r": "0.0001", "T": 0}, {"r": "", "T": 1562306400000}])
def test_a_contract_that_is_delivered_has_no_funding(unfunded: dict[str, Any]) -> None:
    assert read({**MARK, **unfunded}) == BesideTrades((QUOTE._replace(funding_rate=None, next_funding_ms=None),))


@pytest.mark.parametrize("index", ["", "0", "0.00000000"])
def test_an_index_of_nothing_is_none(index: str) -> None:
    assert read({**MARK, "i": index}) == BesideTrades((QUOTE._replace(index_price=None),))


@pytest.mark.parametrize(
    "damaged",
    [
        7,
        {},
        {**MARK, "s": 7},
        {**MARK, "p": "x"},
        {**MARK, "p": 7},
        {**MARK, "r": "nan"},
        {**MARK, "T": "x"},
        {**MARK, "E": -1},
        {"e": "markPriceUpdate", "s": "BTCUSDT"},
    ],
    ids=str,
)
def test_a_damaged_event_costs_only_itself_and_is_told(damaged: object) -> None:
    message = read(MARK, damaged)
    assert isinstance(message, BesideTrades)
    assert message.told == (QUOTE,)
    assert isinstance(message.damage, (BadFrame, BadNumber))
    raw = orjson.dumps([MARK, damaged])
    batch = wire.decode_batch([raw])
    assert (len(batch.others), [text for text, _ in batch.damaged]) == (1, [raw])


def test_an_array_of_something_else_is_skipped_and_of_nothing_known_damage() -> None:
    assert read({"e": "24hrTicker", "s": "BTCUSDT"}) == Skipped("24hrTicker")
    odd: list[list[object]] = [[1], ["x"], [{}], [{"e": 7}]]
    for rows in odd:
        with pytest.raises(BadFrame):
            read(*rows)


def test_a_liquidation_says_which_side_lost_what() -> None:
    assert forced() == BesideTrades((LIQUIDATED,))
    assert forced({**ORDER, "S": "BUY"}) == BesideTrades((LIQUIDATED._replace(is_long=False),))
    assert forced({**ORDER, "q": "1", "z": "0.5"}) == BesideTrades(
        (LIQUIDATED._replace(volume=quantity("0.5"), turnover=turnover("4955.25")),)
    )


def test_a_liquidation_elsewhere_or_without_a_fill_is_skipped() -> None:
    assert forced(st=2) == Skipped("forceOrder of another market")
    assert forced({**ORDER, "st": 2}, st=1) == Skipped("forceOrder of another market")
    assert forced({**ORDER, "st": 2}, mark=2) == BesideTrades((LIQUIDATED,))
    assert forced({**ORDER, "z": "0"}) == Skipped("forceOrder that is not filled")
    assert forced({**ORDER, "ap": "0"}) == Skipped("forceOrder that is not filled")


@pytest.mark.parametrize(
    "order",
    [
        7,
        {},
        {**ORDER, "S": "X"},
        {**ORDER, "S": 1},
        {**ORDER, "z": "x"},
        {**ORDER, "T": -1},
        {**ORDER, "s": ""},
    ],
    ids=str,
)
def test_a_damaged_liquidation_is_refused(order: object) -> None:
    with pytest.raises(BadFrame):
        forced(order)


def test_open_interest_is_an_exact_quantity() -> None:
    raw = b'{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}'
    assert wire.read_interest(raw, "BTCUSDT") == ContractQuote(
        "BTCUSDT", 1589437530011, open_interest=quantity("10659.509")
    )


@pytest.mark.parametrize(
    "raw", [b"[]", b"{}", b'{"symbol":"ETHUSDT"}', b'{"symbol":"BTCUSDT","openInterest":7,"time":1}']
)
def test_an_odd_answer_about_open_interest_is_refused(raw: bytes) -> None:
    with pytest.raises(BadFrame):
        wire.read_interest(raw, "BTCUSDT")


def test_funding_intervals_are_read_as_far_as_they_can_be() -> None:
    rows = [
        {"symbol": "BLZUSDT", "fundingIntervalHours": 4},
        {"symbol": "AUSDT", "fundingIntervalHours": 0},
        {"symbol": "BUSDT", "fundingIntervalHours": 1000},
        {"symbol": "CUSDT"},
        {"symbol": 7, "fundingIntervalHours": 4},
        7,
    ]
    assert wire.read_funding(orjson.dumps(rows)) == {"BLZUSDT": 4 * 3_600_000}
    with pytest.raises(BadFrame):
        wire.read_funding(b"{}")
