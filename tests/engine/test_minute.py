from __future__ import annotations

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import State, blanked
from klagg_tui.engine.minute import FormingMinute, with_trade
from klagg_tui.evidence import Evidence
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


def test_a_minute_keeps_what_is_unknown_of_it_until_another_begins() -> None:
    minute = FormingMinute()
    minute.start_minute(START, 0, State.FORMING)
    one = blanked(bar(volume="3", taker_buy_volume="1")._replace(evidence=Evidence.NO_TURNOVER | Evidence.NO_COUNT))
    minute.load_minute(one)
    assert minute.as_bar(SYMBOL, one.state) == one
    minute.trade_count += 1
    assert minute.as_bar(SYMBOL, one.state) == one
    minute.start_minute(START + MINUTE, one.close, State.FORMING)
    assert minute.as_bar(SYMBOL, State.FORMING).evidence == 0


def test_a_trade_adds_nothing_to_what_is_unknown() -> None:
    one = blanked(bar(volume="3")._replace(evidence=Evidence.NO_TURNOVER | Evidence.NO_TAKER_VOLUME))
    made = with_trade(one, trade(1, quantity="2"))
    assert (made.volume, made.turnover, made.taker_buy_volume) == (parsing.quantity("5"), 0, 0)
    assert (made.trade_count, made.evidence) == (one.trade_count + 1, one.evidence)


def test_contracts_are_worth_the_same_at_any_price() -> None:
    value = parsing.price("10")
    flat = bar(START, "100", volume="0", turnover_text="0", trade_count=0)
    made = with_trade(flat, trade(1, price="61800", quantity="3"), value)
    assert (made.close, made.turnover, made.taker_buy_turnover) == (
        parsing.price("61800"),
        parsing.turnover("30"),
        parsing.turnover("30"),
    )
    minute = FormingMinute(value)
    minute.start_minute(START, 0, State.FORMING)
    minute.load_minute(made)
    assert minute.as_bar(SYMBOL, made.state) == made
