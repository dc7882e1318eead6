"""Lines of the exchange's files, told apart."""

import pytest

from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive import RowKind, row_kind
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
