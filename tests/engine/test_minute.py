from __future__ import annotations

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import State
from klagg_tui.engine.minute import FormingMinute, with_trade
from tests.makers import MINUTE, START, SYMBOL, bar, trade


def test_a_minute_without_trades_is_flat_at_its_price() -> None:
    minute = FormingMinute()
    minute.start_minute(START, parsing.price("7"), State.FORMING)
    assert (minute.is_begun, minute.is_traded) == (True, False)
    made = minute.as_bar(SYMBOL, minute.state)
    assert made[3:8] == (parsing.price("7"),) * 4 + (0,)
    assert (made.open_ms, made.end_ms, made.state) == (START, START + MINUTE, State.FORMING)


def test_what_is_loaded_comes_out_again() -> None:
    minute = FormingMinute()
    minute.start_minute(START, 0, State.FORMING)
    one = bar(high="104", low="98", volume="3", taker_buy_volume="1", taker_buy_turnover="100", trade_count=5)
    minute.load_minute(one)
    assert minute.is_traded
    assert minute.as_bar(SYMBOL, one.state) == one


def test_a_trade_becomes_the_last_of_its_bar() -> None:
    flat = bar(START, "100", volume="0", turnover_text="0", trade_count=0)
    first = with_trade(flat, trade(1, price="90", quantity="2"))
    assert (first.open, first.high, first.low, first.close) == (parsing.price("90"),) * 4
    second = with_trade(first, trade(2, price="95", quantity="1"))
    assert (second.open, second.high, second.close) == (parsing.price("90"), parsing.price("95"), parsing.price("95"))
    assert second.volume == parsing.quantity("3")
    assert second.turnover == parsing.price("90") * parsing.quantity("2") + parsing.price("95") * parsing.quantity("1")
