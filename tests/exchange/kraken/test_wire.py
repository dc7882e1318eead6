"""What REST answers, made and recorded: pairs, trades, bars, errors with status 200."""

import json
from typing import Any

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.kraken import facts
from klagg_tui.exchange.kraken.wire.answers import read_error, read_failure, read_time
from klagg_tui.exchange.kraken.wire.bars import read_bars
from klagg_tui.exchange.kraken.wire.pairs import read_pairs
from klagg_tui.exchange.kraken.wire.requests import bars_request, trades_request
from klagg_tui.exchange.kraken.wire.trades import read_trades
from klagg_tui.exchange.listing import Instrument, Unread
from klagg_tui.exchange.minutes import made_minutes
from klagg_tui.exchange.venue import Failure
from tests.conftest import needs_data
from tests.exchange.kraken.samples import (
    BAR,
    MINUTE,
    PAIR,
    ROW,
    page,
    recorded_bars,
    recorded_pairs,
    recorded_trades,
    result,
    with_item,
)

LACKS = Evidence.NO_TURNOVER | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
FOREVER = 4_000_000_000_000

# Pairs


def test_a_pair_has_the_names_of_the_websocket_and_another_one_for_rest() -> None:
    listed, rest_names, symbols = read_pairs(result({"XXBTZUSD": PAIR}))
    assert listed.instruments == (Instrument("BTC/USD", "USD", "SPOT", True, 1, 8, 0, False, "BTC"),)
    assert (rest_names, listed.unread) == ({"BTC/USD": "XBTUSD"}, Unread())
    assert symbols == {"XXBTZUSD": "BTC/USD"}


@pytest.mark.parametrize(
    ("wsname", "symbol"),
    [("XDG/XBT", "DOGE/BTC"), ("ETH/XBT", "ETH/BTC"), ("BTC/EUR", "BTC/EUR"), ("XBTX/EUR", "XBTX/EUR")],
)
def test_coins_that_the_websocket_renamed_are_renamed(wsname: str, symbol: str) -> None:
    listed, *_ = read_pairs(result({"X": {**PAIR, "wsname": wsname}}))
    assert [pair.symbol for pair in listed.instruments] == [symbol]


@pytest.mark.parametrize(
    ("status", "is_trading", "is_halted"),
    [
        ("limit_only", True, False),
        ("reduce_only", True, False),
        ("cancel_only", False, True),
        ("post_only", False, True),
        ("maintenance", False, True),
        ("delisted", False, False),
        ("work_in_progress", False, False),
    ],
)
def test_a_pair_is_trading_or_halted_or_neither(status: str, is_trading: bool, is_halted: bool) -> None:
    (pair,) = read_pairs(result({"X": {**PAIR, "status": status}}))[0].instruments
    assert (pair.is_trading, pair.is_halted) == (is_trading, is_halted)


@pytest.mark.parametrize(
    "changes",
    [{"status": "melting"}, {"status": 7}, {"pair_decimals": "1"}, {"lot_decimals": None}, {"altname": "A B"}],
    ids=str,
)
def test_an_odd_pair_costs_only_itself(changes: dict[str, object]) -> None:
    listed, *_ = read_pairs(result({"A": {**PAIR, **changes}, "B": {**PAIR, "wsname": "ETH/USD"}}))
    assert [pair.symbol for pair in listed.instruments] == ["ETH/USD"]
    assert (listed.unread.entries, set(listed.unread.symbols)) == (1, {"BTC/USD"})
    assert listed.unread.reason


@pytest.mark.parametrize("entry", [7, None, {}, {"wsname": "XBTUSD"}, {"wsname": "/USD"}, {"wsname": 7}], ids=str)
def test_an_entry_without_a_name_may_be_of_any_pair(entry: object) -> None:
    assert read_pairs(result({"X": PAIR, "Y": entry}))[0].unread.nameless == 1


def test_a_dark_pool_has_no_name_on_the_websocket_and_is_left_out() -> None:
    pool = {name: value for name, value in PAIR.items() if name != "wsname"}
    listed, *_ = read_pairs(result({"XXBTZUSD.d": pool, "XXBTZUSD": PAIR}))
    assert (len(listed.instruments), listed.unread.entries) == (1, 0)


@pytest.mark.parametrize("reply", [result({}), result([]), b"{}", b'{"error":[]}', b"7"], ids=str)
def test_a_listing_of_nothing_is_none(reply: bytes) -> None:
    with pytest.raises(BadFrame):
        read_pairs(reply)


@needs_data
def test_the_recorded_listing_is_read_whole_but_for_dark_pools() -> None:
    listed, rest_names, _ = read_pairs(recorded_pairs())
    assert (len(listed.instruments), listed.unread) == (304 - 11, Unread())
    assert rest_names["BTC/USD"] == "XBTUSD"
    assert rest_names["DOGE/BTC"] == "XDGXBT"
    assert not any("XBT" in pair.symbol for pair in listed.instruments)
    assert max(pair.price_decimals for pair in listed.instruments) == 10


# Trades


def test_a_row_is_a_trade_of_the_taker_at_a_time_that_is_cut() -> None:
    (trade,), last_ns = read_trades(page(ROW), "BTC/USDT")
    assert trade[:6] == ("BTC/USDT", "105433.60000", "0.00027625", 1_762_795_433_971, False, 10_218_208)
    assert last_ns == 1_762_808_697_379_747_200
    (sold,), _ = read_trades(page(with_item(ROW, 3, "s")), "BTC/USDT")
    assert sold.is_buyer_maker


@pytest.mark.parametrize("last", [None, 1762808697379747200, "", "soon", "9" * 30], ids=str)
def test_without_a_last_it_goes_on_a_microsecond_before_the_last_trade(last: object) -> None:
    found = read_trades(page(ROW, with_item(with_item(ROW, 2, 1762795457.84673), 6, 10_218_209), last=last), "X")
    assert found.last_ns == 1_762_795_457_846_729_000


def test_an_empty_page_without_a_last_begins_anew() -> None:
    assert read_trades(page(last=None), "X") == ([], 0)


@pytest.mark.parametrize("seconds", [1762795433, 1762795433.5, 1762795433.9999], ids=str)
def test_times_of_seconds_have_as_many_decimals_as_they_like(seconds: float) -> None:
    (trade,), _ = read_trades(page(with_item(ROW, 2, seconds)), "X")
    assert trade.traded_ms == int(seconds * 1000)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (0, "nan"),
        (0, 1),
        (0, "1.12345678901"),
        (1, "-1"),
        (1, None),
        (2, "soon"),
        (2, -1),
        (2, 1e300),
        (3, "x"),
        (3, []),
        (6, "7"),
        (6, -1),
        (6, None),
    ],
    ids=str,
)
def test_a_page_with_a_damaged_trade_is_bad_as_a_whole(number: int, value: object) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read_trades(page(with_item(ROW, 6, 1), with_item(ROW, number, value)), "X")


@pytest.mark.parametrize(
    "rows", [[ROW, ROW], [ROW, with_item(ROW, 6, 7)], [ROW[:6]], [7]], ids=["same", "back", "short", "none"]
)
def test_a_page_out_of_order_or_of_something_else_is_not_taken(rows: list[Any]) -> None:
    with pytest.raises(BadFrame):
        read_trades(page(*rows), "X")


def test_trades_are_asked_for_by_nanoseconds() -> None:
    assert trades_request("XBTUSD", 7_000_000).parameters == (
        ("pair", "XBTUSD"),
        ("since", "7000000"),
        ("count", "1000"),
    )
    assert trades_request("XBTUSD", None).parameters == (("pair", "XBTUSD"), ("count", "1000"))


# Bars


def bar_of(*changes: tuple[int, object]) -> bytes:
    row = BAR
    for number, value in changes:
        row = with_item(row, number, value)
    return result({"XBTUSDT": [row], "last": 7})


def test_a_row_is_a_bar_that_says_what_it_lacks() -> None:
    (bar,) = read_bars(bar_of(), "X", Period.M1, FOREVER, FOREVER)
    prices = [price(text) for text in ("106038.1", "106044.3", "106038.1", "106040.1")]
    assert bar[:3] == ("X", Period.M1, 1_762_777_200_000)
    assert bar[3:] == (*prices, quantity("0.08317981"), 0, 3, 0, 0, State.CONFIRMED, LACKS | Evidence.CANDLE_ONLY)
    assert type(bar.evidence) is int


def test_of_a_minute_without_trades_nothing_is_unknown() -> None:
    flat = bar_of((6, "0.00000000"), (7, 0), (1, "5"), (2, "5"), (3, "5"), (4, "5"))
    (bar,) = read_bars(flat, "X", Period.M1, FOREVER, FOREVER)
    assert (bar.volume, bar.trade_count, bar.evidence) == (0, 0, Evidence.CANDLE_ONLY)


@pytest.mark.parametrize(
    ("now_ms", "shown_ms", "confirmed"),
    [(FOREVER, 0, 1), (FOREVER, FOREVER, 2), (BAR[0] * 1000 + MINUTE, FOREVER, 1), (0, FOREVER, 0)],
    ids=["by the newer one", "by the date", "not by a date our clock is behind", "not before it is over"],
)
def test_a_bar_is_confirmed_where_the_answer_shows_that_it_is_over(now_ms: int, shown_ms: int, confirmed: int) -> None:
    reply = result({"X": [BAR, with_item(BAR, 0, BAR[0] + 60)]})
    states = [bar.state for bar in read_bars(reply, "X", Period.M1, now_ms, shown_ms)]
    assert states == [State.CONFIRMED] * confirmed + [State.FORMING] * (2 - confirmed)


@pytest.mark.parametrize(
    "changes",
    [
        [(0, 1762777201)],
        [(0, "1762777200")],
        [(0, -60)],
        [(1, 106038)],
        [(1, "0")],
        [(1, "106038.12345678901")],
        [(2, "1")],
        [(2, "99999999999999")],
        [(3, "0"), (1, "0")],
        [(6, "-1")],
        [(6, "0")],
        [(7, 0)],
        [(7, -1)],
        [(7, "3")],
        [(7, 10**13)],
    ],
    ids=str,
)
def test_a_damaged_bar_spoils_its_reply(changes: list[tuple[int, object]]) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read_bars(bar_of(*changes), "X", Period.M1, FOREVER)


@pytest.mark.parametrize("rows", [[BAR, BAR], [BAR[:7]], [7], 7], ids=["twice", "short", "no row", "no rows"])
def test_bars_out_of_order_or_of_something_else_are_not_taken(rows: object) -> None:
    with pytest.raises(BadFrame):
        read_bars(result({"X": rows}), "X", Period.M1, FOREVER)


def test_no_bars_are_none() -> None:
    assert read_bars(result({"X": [], "last": 7}), "X", Period.M1, FOREVER) == []


def test_bars_are_asked_for_in_minutes() -> None:
    assert bars_request("XBTUSD", Period.H4).parameters == (("pair", "XBTUSD"), ("interval", "240"))


# The recorded morning


def turnover_between(vwap: str, volume: str) -> tuple[Exact, Exact]:
    """What the turnover of a bar is at the least, and what it is less than; both 0 where nothing was traded.

    The volume-weighted price is turnover / volume cut off to the pair's tick, which is its last decimal: 143 of 143 recorded
    minutes. So it proves no turnover, and can show that one is wrong.
    """
    tick = 10 ** (PRICE_DECIMALS - len(vwap.partition(".")[2]))
    least, traded = price(vwap, facts.DECIMALS), quantity(volume)
    return least * traded, (least + tick) * traded


def recorded_minutes() -> tuple[list[list[Any]], list[Bar], int, int]:
    """Rows and bars of the minutes of which all trades were recorded, and from when to when."""
    trades, _ = read_trades(recorded_trades(), "BTC/USDT")
    first_ms = Period.M1.end_ms(Period.M1.open_ms(trades[0].traded_ms))
    end_ms = Period.M1.open_ms(trades[-1].traded_ms)
    (rows,) = json.loads(recorded_bars())["result"].values()
    bars = read_bars(recorded_bars(), "BTC/USDT", Period.M1, FOREVER)
    assert len(rows) == len(bars) == 528
    whole = [number for number, bar in enumerate(bars) if first_ms <= bar.open_ms < end_ms]
    return [rows[at] for at in whole], [bars[at] for at in whole], first_ms, end_ms


@needs_data
def test_the_recorded_bars_are_the_sums_of_the_recorded_trades() -> None:
    rows, theirs, *_ = recorded_minutes()
    trades, _ = read_trades(recorded_trades(), "BTC/USDT")
    engine = KlineEngine((Period.M1,), holds_gaps=False, held_minutes=500)
    reader = engine.reader()
    engine.handle(AddSymbol("BTC/USDT", 0))
    engine.take(trades)
    engine.tick(FOREVER - FOREVER % MINUTE, most=1)
    ours = {bar.open_ms: bar for bar in engine.drain(reader).ended}
    traded = [(row, bar) for row, bar in zip(rows, theirs, strict=True) if bar.is_traded]
    assert len(traded) == 143
    for row, bar in traded:
        made = ours[bar.open_ms]
        assert made[3:8] == bar[3:8]
        assert made.trade_count == bar.trade_count
        least, bound = turnover_between(row[5], row[6])
        assert least <= made.turnover < bound


@needs_data
def test_bars_made_of_the_recorded_trades_are_the_exchanges_empty_minutes_included() -> None:
    _, theirs, first_ms, end_ms = recorded_minutes()
    ours = made_minutes(read_trades(recorded_trades(), "BTC/USDT").trades, "BTC/USDT", first_ms, end_ms)
    assert sum(not bar.is_traded for bar in theirs) == 77
    assert [(*bar[2:8], bar.trade_count) for bar in ours] == [(*bar[2:8], bar.trade_count) for bar in theirs]
    assert {(bar.state, bar.evidence) for bar in ours} == {(State.CONFIRMED, Evidence.ALL)}
    assert sum(bar.taker_buy_volume for bar in ours) == sum(
        trade.amounts()[1]
        for trade in read_trades(recorded_trades(), "X").trades
        if not trade.is_buyer_maker and first_ms <= trade.traded_ms < end_ms
    )


def test_before_the_first_trade_no_bar_is_made() -> None:
    trades, _ = read_trades(page(ROW), "X")
    minute_ms = Period.M1.open_ms(trades[0].traded_ms)
    assert [bar.open_ms for bar in made_minutes(trades, "X", minute_ms - MINUTE, minute_ms + 2 * MINUTE)] == [
        minute_ms,
        minute_ms + MINUTE,
    ]
    assert made_minutes([], "X", minute_ms, minute_ms + MINUTE) == []


# The rest


def test_of_a_time_of_whole_seconds_the_middle_is_taken() -> None:
    told = result({"unixtime": 1_616_336_594, "rfc1123": "Sun, 21 Mar 21 14:23:14 +0000"})
    assert read_time(told) == 1_616_336_594_500


@pytest.mark.parametrize("reply", [result({}), result({"unixtime": "1"}), result([]), b"{", b"[]"], ids=str)
def test_a_time_that_cannot_be_read_is_none(reply: bytes) -> None:
    with pytest.raises(BadFrame):
        read_time(reply)


@pytest.mark.parametrize(
    ("errors", "failure"),
    [
        (["EGeneral:Too many requests"], Failure(0, "EGeneral:Too many requests", status=429)),
        (["EAPI:Rate limit exceeded"], Failure(0, "EAPI:Rate limit exceeded", status=429)),
        (["EGeneral:Temporary lockout"], Failure(0, "EGeneral:Temporary lockout", status=429)),
        (["EService:Unavailable"], Failure(0, "EService:Unavailable", status=503)),
        (["EGeneral:Internal error"], Failure(0, "EGeneral:Internal error", status=503)),
        (["WGeneral:x", "EQuery:Unknown asset pair"], Failure(0, "EQuery:Unknown asset pair", None, True, 400)),
        (["EGeneral:Invalid arguments", "EX:y"], Failure(0, "EGeneral:Invalid arguments, EX:y", status=400)),
        (["E" * 1000], Failure(0, "E" * 500, status=400)),
        (["WGeneral:x"], None),
        ([7], None),
        (7, None),
        ([], None),
    ],
    ids=str,
)
def test_an_error_comes_with_status_200(errors: object, failure: Failure | None) -> None:
    reply = json.dumps({"error": errors}).encode()
    assert read_error(reply) == failure
    told = failure or Failure()
    assert read_failure(reply) == told._replace(status=None if told.status == 400 else told.status)


@pytest.mark.parametrize("raw", [b'{"error":[],"result":{}}', b"<html>", b"[]", b"{}", b"\xff", b""], ids=str)
def test_what_holds_no_error_is_none(raw: bytes) -> None:
    assert read_error(raw) is None
    assert read_failure(raw) == Failure()
