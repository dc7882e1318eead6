"""What waits for the disk: everything once, in its newest state."""

from __future__ import annotations

from klagg_tui.engine.bar import State
from klagg_tui.engine.events import Drained, Span
from klagg_tui.runtime.pending import PendingWrites
from tests.makers import MINUTE, START, SYMBOL, bar, bars


def test_a_newer_drain_lies_over_an_older_one() -> None:
    unwritten = PendingWrites()
    young, old = bar(START + MINUTE, volume="1"), bar(START, volume="3")
    unwritten.add(Drained((), (young,), (Span(SYMBOL, 1, 5, START, START + MINUTE),)))
    grown, closed = bar(START + MINUTE, volume="2"), bar(START, volume="4")
    unwritten.add(Drained((old,), (), ()))
    unwritten.add(Drained((closed,), (grown,), (Span(SYMBOL, 1, 9, START, START + 2 * MINUTE),)))
    assert unwritten.batch() == Drained((closed,), (grown,), (Span(SYMBOL, 1, 9, START, START + 2 * MINUTE),))
    assert len(unwritten) == 2


def test_a_symbol_has_one_current_bar_of_a_period() -> None:
    unwritten = PendingWrites()
    unwritten.add(Drained((), (bar(START),), ()))
    unwritten.add(Drained((bar(START),), (bar(START + MINUTE),), ()))
    assert unwritten.batch() == Drained((bar(START),), (bar(START + MINUTE),), ())


def test_bars_of_different_symbols_do_not_meet() -> None:
    unwritten = PendingWrites()
    unwritten.add(Drained((bar(START), bar(START, symbol="ETHUSDT")), (), ()))
    assert {each.symbol for each in unwritten.batch().closed} == {SYMBOL, "ETHUSDT"}


def test_a_batch_may_be_asked_for_again_until_it_is_on_disk() -> None:
    unwritten = PendingWrites()
    assert not unwritten
    unwritten.add(Drained((bar(START),), (), ()))
    assert unwritten.batch() == unwritten.batch()
    assert unwritten
    unwritten.clear()
    assert not unwritten
    assert unwritten.batch() == Drained((), (), ())


def test_a_span_alone_is_something_to_write() -> None:
    unwritten = PendingWrites()
    unwritten.add(Drained((), (), (Span(SYMBOL, 1, 2, START, START + 1),)))
    assert unwritten
    assert len(unwritten) == 0


def test_a_bar_that_ended_after_it_was_drained_as_the_current_one_is_no_current_one() -> None:
    unwritten = PendingWrites()
    current, following = bars(2)
    unwritten.add(Drained((), (current._replace(state=State.FORMING), bar(symbol="ETHUSDT")), ()))
    unwritten.add(Drained((current,), (), ()))
    assert unwritten.batch() == Drained((current,), (bar(symbol="ETHUSDT"),), ())
    unwritten.add(Drained((current,), (following,), ()))
    assert unwritten.batch().forming == (bar(symbol="ETHUSDT"), following)
