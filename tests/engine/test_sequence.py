from __future__ import annotations

from klagg_tui.engine.sequence import UNKNOWN, TradeSequence, Verdict
from klagg_tui.engine.spans import Span
from tests.makers import START, SYMBOL, trade


def standing_at(next_id: int) -> TradeSequence:
    sequence = TradeSequence()
    sequence.begin_run(next_id, None)
    return sequence


def test_a_new_sequence_finds_every_id_ahead() -> None:
    assert TradeSequence().judge(0) is Verdict.AHEAD
    assert TradeSequence().judge(7) is Verdict.AHEAD
    assert TradeSequence().next_id == UNKNOWN


def test_an_id_is_next_or_seen_or_ahead() -> None:
    sequence = standing_at(5)
    assert [sequence.judge(one) for one in (4, 5, 6)] == [Verdict.DUPLICATE, Verdict.NEXT, Verdict.AHEAD]


def test_a_held_trade_that_comes_again_is_a_duplicate() -> None:
    sequence = standing_at(5)
    sequence.hold(trade(8))
    assert sequence.judge(8) is Verdict.DUPLICATE
    assert sequence.judge(7) is Verdict.AHEAD


def test_held_trades_come_out_as_the_run_reaches_them() -> None:
    sequence = standing_at(5)
    for held in (9, 6, 5):
        sequence.hold(trade(held))
    assert sequence.pop_next() == trade(5)
    assert sequence.pop_next() is None
    assert sequence.pop_first() == trade(6)
    assert sequence.pop_first() == trade(9)
    assert sequence.pop_first() is None


def test_held_trades_that_the_run_has_passed_are_forgotten() -> None:
    sequence = standing_at(5)
    for held in (6, 7, 9):
        sequence.hold(trade(held))
    sequence.begin_run(8, None)
    sequence.forget_passed()
    assert set(sequence.held) == {9}


def test_taken_counts_every_run() -> None:
    sequence = TradeSequence()
    assert sequence.taken == 0
    sequence.begin_run(5, None)
    sequence.next_id = 8
    sequence.begin_run(20, None)
    sequence.next_id = 21
    assert sequence.taken == 4
    assert sequence.last_id == 20
    sequence.begin_run(UNKNOWN, None)
    assert sequence.taken == 4


def test_a_run_proves_the_time_from_its_first_trade_to_its_newest_or_the_quiet_behind_it() -> None:
    sequence = TradeSequence()
    assert sequence.span_to(SYMBOL, 0) is None
    sequence.take_next(trade(5, START + 10))
    sequence.take_next(trade(6, START + 20))
    assert sequence.span_to(SYMBOL, 0) == Span(SYMBOL, 5, 6, START + 11, START + 20)
    assert sequence.span_to(SYMBOL, START + 60_000) == Span(SYMBOL, 5, 6, START + 11, START + 60_000)


def test_an_id_without_a_trade_is_not_counted() -> None:
    sequence = standing_at(5)
    sequence.skip_id()
    assert (sequence.next_id, sequence.taken) == (6, 0)


def test_held_trades_of_a_time_that_is_over_are_dropped() -> None:
    sequence = standing_at(5)
    for held in (7, 8, 9):
        sequence.hold(trade(held, START + held))
    sequence.drop_held_before(START + 8)
    assert set(sequence.held) == {8, 9}
