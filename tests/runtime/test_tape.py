"""The tape of the symbol that is looked at: what comes, and what was traded before."""

from __future__ import annotations

from klagg_tui.runtime.tape import TAPE_LENGTH, Tape
from tests.makers import START, SYMBOL, trade, trades


def _ids(tape: Tape) -> list[int]:
    return [each.aggregate_id for each in tape.trades]


def test_what_was_traded_before_comes_before_what_is_there_and_nothing_comes_twice() -> None:
    tape = Tape()
    tape.follow(SYMBOL)
    tape.record(trades([START + 5, START + 6], first_id=6), SYMBOL)
    tape.recall(trades(range(START, START + 7)))
    assert _ids(tape) == [1, 2, 3, 4, 5, 6, 7]
    tape.record(trades([START + 6, START + 7], first_id=7), SYMBOL)
    assert _ids(tape) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_the_stream_left_out_finds_its_place() -> None:
    tape = Tape()
    tape.record([trade(1), trade(4)], SYMBOL)
    tape.recall([trade(2), trade(3)])
    assert _ids(tape) == [1, 2, 3, 4]


def test_the_newest_stay_where_there_are_too_many() -> None:
    tape = Tape()
    tape.record([trade(TAPE_LENGTH + 1)], SYMBOL)
    tape.recall(trades(range(START, START + TAPE_LENGTH)))
    assert _ids(tape) == list(range(2, TAPE_LENGTH + 2))


def test_what_is_no_trade_is_left_out() -> None:
    tape = Tape()
    tape.recall([trade(1, quantity="0"), trade(2, price="nan"), trade(3)])
    assert _ids(tape) == [3]


def test_each_symbol_begins_with_an_empty_tape_and_the_same_one_goes_on() -> None:
    tape = Tape()
    tape.follow(SYMBOL)
    tape.record([trade()], SYMBOL)
    tape.follow(SYMBOL)
    assert (_ids(tape), tape.openings) == ([1], 1)
    tape.follow(None)
    tape.follow(SYMBOL)
    assert (_ids(tape), tape.openings) == ([], 3)
