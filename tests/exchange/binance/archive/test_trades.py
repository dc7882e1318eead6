"""Rows of aggregate-trade archives."""

from klagg_tui.exchange.binance.archive import fault_of_trade, read_trades

TRADE = "7,61800.30,0.205,70,71,1723161256322,false"


def test_rows_that_hold_no_trade_are_named_by_their_places() -> None:
    trades, bad = read_trades("BTCUSDT", [TRADE, "x", f"-{TRADE}", TRADE.replace("71", str(2**63)), TRADE])
    assert [trade.aggregate_id for trade in trades] == [7, 7]
    assert bad == [1, 2, 3]
    assert "out of range" in fault_of_trade(f"-{TRADE}")
