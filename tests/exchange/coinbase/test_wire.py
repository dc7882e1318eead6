"""What REST answers: products, trades, candles, the time and refusals."""

import json
from typing import Any

import pytest

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.coinbase.wire import (
    Window,
    bars_request,
    filled,
    judged,
    read_bars,
    read_failure,
    read_products,
    read_time,
    read_trades,
    trades_request,
)
from klagg_tui.exchange.listing import Instrument, Unread
from klagg_tui.exchange.venue import Failure
from tests.conftest import needs_data
from tests.exchange.coinbase.samples import MINUTE, PRODUCT, ROW, START, body, recorded_products, with_change

CANDLE = "[1790000100, 0.32, 4.2, 0.35, 4.1, 12.3]"


def candle(text: str = CANDLE) -> bytes:
    return f"[{text}]".encode()


# Products


def test_a_product_is_an_instrument_with_the_decimals_of_its_steps() -> None:
    listed = read_products(body([PRODUCT]))
    assert listed.instruments == (Instrument("BTC-GBP", "GBP", "SPOT", True, 2, 8, 0, False, "BTC"),)
    assert listed.unread == Unread()


@pytest.mark.parametrize(
    ("changes", "is_trading", "is_halted"),
    [
        ({"limit_only": True}, True, False),
        ({"auction_mode": ...}, True, False),
        ({"trading_disabled": True}, False, True),
        ({"cancel_only": True}, False, True),
        ({"post_only": True}, False, True),
        ({"auction_mode": True}, False, True),
        ({"status": "offline"}, False, False),
        ({"status": "delisted", "trading_disabled": True}, False, False),
    ],
    ids=str,
)
def test_a_product_is_trading_or_halted_or_neither(
    changes: dict[str, object], is_trading: bool, is_halted: bool
) -> None:
    (product,) = read_products(body([with_change(PRODUCT, **changes)])).instruments
    assert (product.is_trading, product.is_halted) == (is_trading, is_halted)


@pytest.mark.parametrize(
    ("increment", "decimals"), [("1", 0), ("0.010", 2), ("1.00", 0), ("0.000000000001", 8), ("100", 0)]
)
def test_a_step_has_the_decimals_that_count(increment: str, decimals: int) -> None:
    (product,) = read_products(body([with_change(PRODUCT, base_increment=increment)])).instruments
    assert product.quantity_decimals == decimals


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "melting"},
        {"status": ...},
        {"quote_currency": None},
        {"quote_increment": "1e-8"},
        {"quote_increment": "nan"},
        {"base_increment": 0.1},
    ],
    ids=str,
)
def test_an_odd_product_costs_only_itself(changes: dict[str, object]) -> None:
    listed = read_products(body([with_change(PRODUCT, id="ETH-GBP"), with_change(PRODUCT, **changes)]))
    assert [product.symbol for product in listed.instruments] == ["ETH-GBP"]
    assert (listed.unread.entries, set(listed.unread.symbols)) == (1, {"BTC-GBP"})
    assert listed.unread.reason


@pytest.mark.parametrize("entry", [7, None, {}, {"id": 7}, {"id": "A B"}], ids=str)
def test_an_entry_without_a_name_may_be_of_any_product(entry: object) -> None:
    assert read_products(body([PRODUCT, entry])).unread.nameless == 1


@pytest.mark.parametrize("reply", [[], {}, None, {"message": "no"}], ids=str)
def test_a_listing_of_nothing_is_none(reply: object) -> None:
    with pytest.raises(BadFrame):
        read_products(body(reply))


@needs_data
def test_the_recorded_listing_is_read_whole() -> None:
    listed = read_products(recorded_products())
    assert (len(listed.instruments), listed.unread) == (162, Unread())
    assert all(
        product.is_trading and product.symbol == f"{product.base}-{product.quote}" for product in listed.instruments
    )
    assert max(product.price_decimals for product in listed.instruments) == 8


# Trades


def test_trades_come_newest_first_and_are_handed_on_oldest_first() -> None:
    found = read_trades(body([with_change(ROW, trade_id=9, side="sell"), ROW]), "BTC-USD")
    assert [(trade.symbol, trade.aggregate_id, trade.is_buyer_maker) for trade in found] == [
        ("BTC-USD", 7, True),
        ("BTC-USD", 9, False),
    ]
    assert found[0].traded_ms == found[0].event_ms == 1_584_663_777_833
    assert found[0].amounts() == (6268_480_000_000_000, 698_254)


@pytest.mark.parametrize("ids", [[7, 9], [7, 7]], ids=str)
def test_trades_out_of_order_are_not_taken(ids: list[int]) -> None:
    with pytest.raises(BadFrame, match="order"):
        read_trades(body([with_change(ROW, trade_id=number) for number in ids]), "BTC-USD")


@pytest.mark.parametrize(
    "changes", [{"price": "nan"}, {"price": "1.123456789"}, {"size": "-1"}, {"time": ...}], ids=str
)
def test_a_reply_with_a_damaged_trade_is_bad_as_a_whole(changes: dict[str, object]) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read_trades(body([with_change(ROW, trade_id=9), with_change(ROW, **changes)]), "BTC-USD")


def test_trades_are_asked_for_by_the_id_behind_them() -> None:
    request = trades_request("BTC-USD", 1_007, 1_000)
    assert (request.path, request.parameters) == ("/products/BTC-USD/trades", (("limit", "1000"), ("after", "1007")))


# Candles


def test_a_candle_is_read_as_its_digits_and_says_what_it_lacks() -> None:
    (bar,) = read_bars(candle(), "X-USD", Period.M1)
    assert type(bar.evidence) is int
    lacks = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
    assert bar == Bar(
        "X-USD",
        Period.M1,
        START,
        *(350_000_000_000, 4_200_000_000_000, 320_000_000_000, 4_100_000_000_000),
        1_230_000_000,
        *(0, 0, 0, 0),
        State.CONFIRMED,
        lacks | Evidence.CANDLE_ONLY,
    )


@pytest.mark.parametrize(
    ("written", "volume"),
    [
        ("12", "12"),
        ("1e-8", "0.00000001"),
        ("1.2E1", "12"),
        ("0.12345678", "0.12345678"),
        ("35.910000000000004", "35.91"),
        ("0.30000000000000004", "0.3"),
        ("123456.78901233999", "123456.78901234"),
        ("1.100000000000", "1.1"),
    ],
)
def test_a_volume_has_the_decimals_that_its_float_stands_for(written: str, volume: str) -> None:
    (bar,) = read_bars(candle(CANDLE.replace("12.3", written)), "X-USD", Period.M1)
    assert exact.quantity_text(bar.volume) == volume


@pytest.mark.parametrize(
    "text",
    [
        CANDLE.replace("12.3", "1.123456789"),
        CANDLE.replace("12.3", "-1"),
        CANDLE.replace("12.3", "-1.5"),
        CANDLE.replace("12.3", "null"),
        CANDLE.replace("12.3", "NaN"),
        CANDLE.replace("12.3", "1e999999"),
        CANDLE.replace("0.32", "0"),
        CANDLE.replace("0.32", "0.3200000001"),
        CANDLE.replace("0.32", "0.36"),
        CANDLE.replace("4.2", "1e12"),
        CANDLE.replace("1790000100", "1790000101"),
        CANDLE.replace("1790000100", "1790000100.5"),
        CANDLE.replace("1790000100", "1e400"),
        CANDLE.replace(", 12.3", ""),
        f"{CANDLE}, {CANDLE}",
        f"{CANDLE}, {CANDLE.replace('1790000100', '1790000160')}",
        "7",
        "{}",
        "[" * 100_000,
    ],
    ids=lambda text: text[:90],
)
def test_a_damaged_candle_spoils_its_reply(text: str) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read_bars(candle(text), "X-USD", Period.M1)


def test_candles_are_asked_for_in_seconds() -> None:
    request = bars_request("A/B", Period.H6, START, START + MINUTE)
    assert request.path == "/products/A%2FB/candles"
    assert request.parameters == (("granularity", "21600"), ("start", "1790000100"), ("end", "1790000160"))


def made(*numbers: int, period: Period = Period.M1, volume: int = 1) -> list[Bar]:
    """Bars by their number from `START` on, each with its number, counted from 1, as its price."""
    step = period.nominal_ms // 1000
    rows = [[START // 1000 + step * number, *[number + 1] * 4, volume] for number in numbers]
    return read_bars(json.dumps(rows[::-1]).encode(), "X-USD", period)


def shown(bars: list[Bar]) -> list[tuple[int, int, int]]:
    """Number, price, and volume of each."""
    return [((bar.open_ms - START) // MINUTE, bar.close // 10**12, bar.volume // 10**8) for bar in bars]


WINDOW = Window(Period.M1, START, START + 4 * MINUTE)
FOREVER = START * 2
NINE = 9 * 10**12


def five(volume: int, price: int = 7) -> list[Bar]:
    """The five minutes around `WINDOW` as one bar."""
    (bar,) = read_bars(json.dumps([[START // 1000, *[price] * 4, volume]]).encode(), "X-USD", Period.M5)
    return [bar]


def test_a_window_lies_within_the_next_longer_bars_that_there_are() -> None:
    assert (WINDOW.block, list(WINDOW.blocks)) == (Period.M5, [START])
    two = Window(Period.M1, START + 4 * MINUTE, START + 5 * MINUTE)
    assert list(two.blocks) == [START, START + 5 * MINUTE]
    assert [Window(period, START, START).block for period in (Period.M5, Period.M15, Period.H1, Period.H6)] == [
        *(Period.M15, Period.H1, Period.H6, Period.D1),
    ]
    day_ms = Period.D1.open_ms(START)
    day = Window(Period.D1, day_ms, day_ms)
    assert (day.block, list(day.blocks)) == (Period.D1, [day_ms])


def test_a_minute_without_a_candle_is_flat_at_the_close_before_where_the_five_around_show_that_none_is_missing() -> (
    None
):
    bars = filled(WINDOW, made(1, 3), five(2), NINE, FOREVER)
    assert shown(bars) == [(0, 9, 0), (1, 2, 1), (2, 2, 0), (3, 4, 1), (4, 4, 0)]
    assert bars[0].open == bars[0].high == bars[0].low == bars[0].close
    assert {bar.evidence for bar in bars if not bar.is_traded} == {Evidence.CANDLE_ONLY}
    assert shown(filled(WINDOW, [], [], NINE, FOREVER)) == [(number, 9, 0) for number in range(5)]


@pytest.mark.parametrize("around", [five(3), []], ids=["more traded than in the minutes", "nothing traded at all"])
def test_where_the_five_around_contradict_the_minutes_none_is_filled_in(around: list[Bar]) -> None:
    assert shown(filled(WINDOW, made(1, 3), around, NINE, FOREVER)) == [(1, 2, 1), (3, 4, 1)]


def test_behind_a_minute_that_is_missing_it_goes_on_at_the_close_of_the_five() -> None:
    window = Window(Period.M1, START + 3 * MINUTE, START + 6 * MINUTE)
    assert shown(filled(window, made(1, 6), [*five(2), *made(1, period=Period.M5)], NINE, FOREVER)) == [
        (5, 7, 0),
        (6, 7, 1),
    ]


def test_before_the_first_trade_and_from_an_end_on_there_are_no_flat_bars() -> None:
    assert shown(filled(WINDOW, made(1, 3), five(2), None, START + 4 * MINUTE)) == [(1, 2, 1), (2, 2, 0), (3, 4, 1)]


def test_candles_outside_of_what_was_asked_for_are_left_out() -> None:
    window = Window(Period.M1, START + 3 * MINUTE, START + 4 * MINUTE)
    assert not window.is_whole(made(2, 4, 5))
    assert shown(filled(window, made(2, 4, 5), [], None, 0)) == [(4, 5, 1)]
    assert window.is_whole(made(2, 3, 4, 5))


def test_days_have_nothing_around_them() -> None:
    day_ms = Period.D1.open_ms(START)
    window = Window(Period.D1, day_ms, day_ms + Period.D1.nominal_ms)
    assert [bar.volume for bar in filled(window, [], [], NINE, FOREVER)] == [0, 0]


def test_a_bar_is_confirmed_where_it_was_over() -> None:
    bars = judged(made(0, 1, 2), "Y-USD", START + 2 * MINUTE)
    assert [bar.state for bar in bars] == [State.CONFIRMED, State.CONFIRMED, State.FORMING]
    assert {bar.symbol for bar in bars} == {"Y-USD"}


# The rest


def test_the_time_is_read_to_the_millisecond() -> None:
    assert read_time(b'{"iso":"2015-01-07T23:47:25.201Z","epoch":1420674445.201}') == 1_420_674_445_201


@pytest.mark.parametrize("reply", [{}, [], {"iso": 7}, {"iso": "soon"}, {"iso": "2015-13-07T23:47:25.201Z"}], ids=str)
def test_a_time_that_cannot_be_read_is_none(reply: object) -> None:
    with pytest.raises(BadFrame):
        read_time(body(reply))


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        (b'{"message":"NotFound"}', Failure(0, "NotFound", is_unknown_symbol=True)),
        (b'{"message":"Product not found"}', Failure(0, "Product not found", is_unknown_symbol=True)),
        (b'{"message":"Invalid product_id"}', Failure(0, "Invalid product_id", is_unknown_symbol=True)),
        (b'{"message":"Public rate limit exceeded"}', Failure(0, "Public rate limit exceeded")),
        (b'{"message":7}', Failure()),
        (b'{"error":"x"}', Failure()),
        (b"[]", Failure()),
        (b"<html>", Failure()),
        (b"\xff", Failure()),
    ],
    ids=str,
)
def test_a_refusal_is_read_whatever_it_is(raw: bytes, failure: Failure) -> None:
    assert read_failure(raw) == failure


def test_a_long_refusal_is_cut() -> None:
    reply: dict[str, Any] = {"message": "x" * 10_000}
    assert len(read_failure(body(reply)).message) == 500
