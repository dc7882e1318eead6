"""Rows of the exchange's files."""

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadRow
from klagg_tui.exchange.binance.archive import RowKind, fault_of_trade, kline_times, read_kline, read_trades, row_kind
from klagg_tui.exchange.binance.archive.rows import milliseconds

TRADE = "7,61800.30,0.205,70,71,1723161256322,false"
KLINE = "1723161300000,61807.70,61839.90,61760.30,61760.30,136.450,1723161359999,8432904.6,2005,57.185,3534417.7,0"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (TRADE, RowKind.AGGREGATE_TRADE),
        (f"{TRADE},true", RowKind.AGGREGATE_TRADE),
        ("7,61800.30,0.205,1,1723161256322,false", RowKind.SINGLE_TRADE),
        ("7,61800.30,0.205,1,1723161256322,false,true", RowKind.SINGLE_TRADE),
        (KLINE, RowKind.KLINE),
        ('1723161256.5: {"e":"aggTrade"}', RowKind.EVENT),
        ("agg_trade_id,price,quantity", None),
        ("x{}", None),
        ("1,2", None),
        ("", None),
    ],
)
def test_a_line_shows_what_it_holds(line: str, kind: RowKind | None) -> None:
    assert row_kind(line) is kind


def test_times_are_told_from_microseconds_by_their_size() -> None:
    assert milliseconds(1_723_161_256_322) == milliseconds(1_723_161_256_322_999) == 1_723_161_256_322
    for wrong in (-1, 10**18):
        with pytest.raises(BadRow):
            milliseconds(wrong)


def test_rows_that_hold_no_trade_are_named_by_their_places() -> None:
    trades, bad = read_trades("BTCUSDT", [TRADE, "x", f"-{TRADE}", TRADE.replace("71", str(2**63)), TRADE])
    assert [trade.aggregate_id for trade in trades] == [7, 7]
    assert bad == [1, 2, 3]
    assert "out of range" in fault_of_trade(f"-{TRADE}")


def test_a_kline_is_read_as_the_exchanges_reply_is() -> None:
    bar = read_kline("BTCUSDT", Period.M1, KLINE.split(","))
    assert (bar.open_ms, bar.trade_count, bar.state) == (1_723_161_300_000, 2005, State.CONFIRMED)
    assert kline_times(KLINE) == (1_723_161_300_000, 1_723_161_359_999)
    assert kline_times("open_time,open") is None


@pytest.mark.parametrize("change", [("2005", "-1"), ("61839.90", str(2**64)), ("1723161300000", "1723161300001")])
def test_a_kline_out_of_range_is_damage_in_a_file_as_in_a_reply(change: tuple[str, str]) -> None:
    with pytest.raises(BadFrame):
        read_kline("BTCUSDT", Period.M1, KLINE.replace(*change).split(","))
