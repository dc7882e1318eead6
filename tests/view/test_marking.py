"""Marks for the wall."""

from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.marking import marked_rows, sign_of, toggled, without
from klagg_tui.view.model import Row
from tests.made_venues import facts


def _row(symbol: str, venue: str = "") -> Row:
    row = Row(symbol)
    if venue:
        row.learn(InstrumentFacts(venue, venue, symbol, "BTC", "USDT"))
    return row


def test_a_mark_is_of_one_exchange_whether_it_is_watched_alone_or_beside_others() -> None:
    alone = _row("BTCUSDT", "binance-um")
    beside, other = Row("binance-um:BTCUSDT"), Row("binance-spot:BTCUSDT")
    for row, venue in ((beside, "binance-um"), (other, "binance-spot")):
        row.learn(facts(venue, "BTC", "USDT"))
    marks = toggled((), alone)
    assert marks == ("binance-um:BTCUSDT",)
    assert marked_rows({row.symbol: row for row in (beside, other)}, marks) == [beside]
    assert marked_rows({"BTCUSDT": _row("BTCUSDT", "binance-spot")}, marks) == [], "another market's own of that name"


def test_a_mark_holds_before_a_listing_said_whose_the_symbol_is() -> None:
    row = _row("BTCUSDT")
    assert marked_rows({"BTCUSDT": row}, ("binance-um:BTCUSDT",)) == [row]
    assert toggled(("binance-um:BTCUSDT",), row) == ()


def test_marked_rows_come_in_the_order_of_their_marks_and_each_once() -> None:
    rows = {symbol: _row(symbol, "binance-um") for symbol in ("AUSDT", "BUSDT", "CUSDT")}
    marks: tuple[str, ...] = ()
    for symbol in ("CUSDT", "AUSDT", "BUSDT", "AUSDT"):
        marks = toggled(marks, rows[symbol])
    assert [row.symbol for row in marked_rows(rows, (*marks, "CUSDT"))] == ["CUSDT", "BUSDT"]


def test_marks_of_another_market_stay_when_all_of_this_one_go() -> None:
    rows = [_row("AUSDT", "binance-um"), _row("BUSDT", "binance-um")]
    marks = ("binance-um:AUSDT", "coinbase:BTC-USD", "binance-um:BUSDT")
    assert without(marks, rows) == ("coinbase:BTC-USD",)


def test_a_sign_for_each_of_the_four_cases() -> None:
    signs = [sign_of(is_marked=marked, is_listed=listed) for marked in (False, True) for listed in (False, True)]
    assert signs == [" ", "★", "▣", "✪"]
