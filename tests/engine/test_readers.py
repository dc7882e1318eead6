from __future__ import annotations

from klagg_tui.engine import parsing
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, QuietUntil, RemoveSymbol
from klagg_tui.engine.period import Period
from tests.makers import MINUTE, START, SYMBOL, Seen, engine, snapshot, trade, trades

EMPTY = Changes()


def test_the_first_look_gives_every_current_bar_and_the_second_nothing() -> None:
    made = engine(trade(), periods=(Period.M5,))
    reader = made.reader()
    assert made.drain(reader).current == snapshot(made)
    assert made.drain(reader) == EMPTY


def test_another_reader_takes_nothing_from_those_before() -> None:
    made = engine(trade(1))
    first = made.reader()
    made.drain(first)
    made.handle(trade(2))
    second = made.reader()
    made.handle(trade(3))
    assert made.drain(first).current == made.drain(second).current == snapshot(made)
    made.handle(trade(4))
    assert made.drain(first).current == made.drain(second).current == snapshot(made)


def test_only_symbols_that_changed_are_given_again() -> None:
    made = engine(AddSymbol("ETHUSDT", 0), trade(1), trade(1, symbol="ETHUSDT"))
    reader = made.reader()
    made.drain(reader)
    made.handle(trade(2, symbol="ETHUSDT"))
    assert [bar.symbol for bar in made.drain(reader).current] == ["ETHUSDT"]


def test_a_symbol_added_after_the_reader_is_seen_by_it() -> None:
    made = engine()
    reader = made.reader()
    made.handle(AddSymbol("ETHUSDT", 0))
    made.handle(trade(1, symbol="ETHUSDT"))
    assert [bar.symbol for bar in made.drain(reader).current] == ["ETHUSDT"]


def test_a_slow_reader_gets_each_ended_bar_once_in_its_newest_state() -> None:
    made = engine()
    reader = made.reader()
    for one in [trade(1), trade(2, START + MINUTE), trade(3, START, "7"), trade(4, START, "8")]:
        made.handle(one)
    [ended] = made.drain(reader).ended
    assert ended.trade_count == 3
    assert ended.close == parsing.price("8")


def test_a_reader_that_was_forgotten_keeps_nothing() -> None:
    made = engine(trade(1))
    reader = made.reader()
    made.forget(reader)
    for one in trades([START + MINUTE, START + 2 * MINUTE], first_id=2):
        made.handle(one)
    assert not reader.ended


def test_a_look_at_some_periods_gives_no_others() -> None:
    made = engine(periods=(Period.M5, Period.H1))
    reader = made.reader()
    for one in trades([START, START + 5 * MINUTE]):
        made.handle(one)
    drained = made.drain(reader, {Period.M5})
    assert {bar.period for bar in (*drained.ended, *drained.current)} == {Period.M5}
    assert {bar.period for bar in snapshot(made, (Period.H1,))} == {Period.H1}


def test_spans_of_one_run_grow_and_are_given_with_the_bars() -> None:
    made = engine()
    seen = Seen(made)
    for one in trades([START + 5, START + 6]):
        made.handle(one)
    assert [span[1:5] for span in seen.look().spans] == [(1, 2, START + 6, START + 6)]
    made.handle(trade(3, START + 3 * MINUTE + 7))
    assert [span[1:5] for span in seen.look().spans] == [(1, 3, START + 6, START + 3 * MINUTE + 7)]
    made.tick(START + 9 * MINUTE)
    assert [span[1:5] for span in seen.look().spans] == [(1, 3, START + 6, START + 3 * MINUTE + 7)]
    made.handle(QuietUntil(SYMBOL, START + 9 * MINUTE))
    assert [span[1:5] for span in seen.look().spans] == [(1, 3, START + 6, START + 9 * MINUTE)]


def test_a_symbol_that_was_removed_gives_its_bars_out_as_partial_and_is_gone() -> None:
    made = engine(AddSymbol("ETHUSDT", 0), trade(1), trade(2), periods=(Period.M5,))
    reader = made.reader()
    made.handle(RemoveSymbol(SYMBOL))
    drained = made.drain(reader)
    assert [(str(bar.period), bar.state.name, bar.trade_count) for bar in drained.ended] == [
        ("1m", "PARTIAL", 2),
        ("5m", "PARTIAL", 2),
    ]
    assert [(span.first_id, span.last_id) for span in drained.spans] == [(1, 2)]
    assert drained.current == ()
    assert made.symbols() == ("ETHUSDT",)
    made.handle(trade(3))
    assert made.counters.unknown_symbol == 1
    assert made.counters.trades == 2


def test_removing_a_symbol_that_is_not_there_or_has_no_bars_gives_nothing_out() -> None:
    made = engine()
    reader = made.reader()
    made.handle(RemoveSymbol("NONE"))
    made.handle(RemoveSymbol(SYMBOL))
    assert made.drain(reader) == EMPTY


def test_a_symbol_that_comes_back_begins_anew() -> None:
    made = engine(trade(1), RemoveSymbol(SYMBOL), AddSymbol(SYMBOL, 0), trade(9, START + 3 * MINUTE))
    reader = made.reader()
    [bar] = made.drain(reader).current
    assert bar.open_ms == START + 3 * MINUTE
    assert made.counters.gaps == 0


def test_symbols_stand_by_first_open_time_and_then_by_name() -> None:
    made = KlineEngine((Period.M1,), holds_gaps=False)
    for name, first_open_ms in [("B", 5), ("币安人生USDT", 3), ("A", 5), ("C", 1)]:
        made.handle(AddSymbol(name, first_open_ms))
        made.handle(trade(symbol=name))
    made.handle(AddSymbol("A", 0))
    assert made.symbols() == ("C", "币安人生USDT", "A", "B")
    assert tuple(bar.symbol for bar in snapshot(made)) == made.symbols()


def test_a_removed_symbol_gives_out_no_bar_for_time_without_trades() -> None:
    made = engine(trade(1), periods=(Period.M5,))
    reader = made.reader()
    made.tick(START + MINUTE)
    made.drain(reader)
    made.handle(RemoveSymbol(SYMBOL))
    closed = made.drain(reader).ended
    assert closed
    assert all(bar.is_traded for bar in closed)


def test_a_placeholder_uses_up_its_id() -> None:
    made = engine(trade(1), trade(2)._replace(price="0", quantity="0.000"), trade(3))
    assert made.counters.gaps == 0
    assert made.counters.rejected == 1
    assert made.counters.trades == 2


def test_a_placeholder_without_an_id_uses_up_none() -> None:
    made = engine(trade(-1)._replace(price="0", quantity="0"), trade(7))
    assert made.counters.rejected == 1
    assert made.counters.trades == 1
    assert made.next_id(SYMBOL) == 8
