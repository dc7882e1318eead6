"""Rows of kline archives."""

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance.archive import kline_times, read_kline

KLINE = "1723161300000,61807.70,61839.90,61760.30,61760.30,136.450,1723161359999,8432904.6,2005,57.185,3534417.7,0"


def test_a_kline_is_read_as_the_exchanges_reply_is() -> None:
    bar = read_kline("BTCUSDT", Period.M1, KLINE.split(","))
    assert (bar.open_ms, bar.trade_count, bar.state) == (1_723_161_300_000, 2005, State.CONFIRMED)
    assert kline_times(KLINE) == (1_723_161_300_000, 1_723_161_359_999)
    assert kline_times("open_time,open") is None


@pytest.mark.parametrize("change", [("2005", "-1"), ("61839.90", str(2**64)), ("1723161300000", "1723161300001")])
def test_a_kline_out_of_range_is_damage_in_a_file_as_in_a_reply(change: tuple[str, str]) -> None:
    with pytest.raises(BadFrame):
        read_kline("BTCUSDT", Period.M1, KLINE.replace(*change).split(","))
