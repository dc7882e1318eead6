"""Changes laid over each other: everything once, in its newest state."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import ChangeBuffer, Changes, Overlay
from klagg_tui.engine.spans import Span
from tests.makers import MINUTE, START, SYMBOL, bar, bars


def test_a_newer_drain_lies_over_an_older_one() -> None:
    buffer = ChangeBuffer()
    young, old = bar(START + MINUTE, volume="1"), bar(START, volume="3")
    buffer.add(Changes((young,), (), (Span(SYMBOL, 1, 5, START, START + MINUTE),)))
    grown, closed = bar(START + MINUTE, volume="2"), bar(START, volume="4")
    buffer.add(Changes(ended=(old,)))
    buffer.add(Changes((grown,), (closed,), (Span(SYMBOL, 1, 9, START, START + 2 * MINUTE),)))
    assert buffer.changes() == Changes((grown,), (closed,), (Span(SYMBOL, 1, 9, START, START + 2 * MINUTE),))
    assert len(buffer) == 2


def test_a_symbol_has_one_current_bar_of_a_period() -> None:
    buffer = ChangeBuffer()
    buffer.add(Changes((bar(START),)))
    buffer.add(Changes((bar(START + MINUTE),), (bar(START),)))
    assert buffer.changes() == Changes((bar(START + MINUTE),), (bar(START),))


def test_bars_of_different_symbols_do_not_meet() -> None:
    buffer = ChangeBuffer()
    buffer.add(Changes(ended=(bar(START), bar(START, symbol="ETHUSDT"))))
    assert {each.symbol for each in buffer.changes().ended} == {SYMBOL, "ETHUSDT"}


def test_a_batch_may_be_asked_for_again_until_it_is_on_disk() -> None:
    buffer = ChangeBuffer()
    assert not buffer
    buffer.add(Changes(ended=(bar(START),)))
    assert buffer.changes() == buffer.changes()
    assert buffer
    buffer.clear()
    assert not buffer
    assert buffer.changes() == Changes()


def test_a_span_alone_is_something_to_write() -> None:
    buffer = ChangeBuffer()
    buffer.add(Changes(spans=(Span(SYMBOL, 1, 2, START, START + 1),)))
    assert buffer
    assert len(buffer) == 0


def test_a_bar_that_ended_after_it_was_drained_as_the_current_one_is_no_current_one() -> None:
    buffer = ChangeBuffer()
    current, following = bars(2)
    buffer.add(Changes((current._replace(state=State.FORMING), bar(symbol="ETHUSDT"))))
    buffer.add(Changes(ended=(current,)))
    assert buffer.changes() == Changes((bar(symbol="ETHUSDT"),), (current,))
    buffer.add(Changes((following,), (current,)))
    assert buffer.changes().current == (bar(symbol="ETHUSDT"), following)


def test_only_wanted_bars_are_kept() -> None:
    overlay: Overlay[Bar] = Overlay()
    old, new = bars(2)
    overlay.add([new, bar(symbol="ETHUSDT")], [old, bar(symbol="XRPUSDT")])
    overlay.keep(lambda each: each.symbol == SYMBOL)
    assert (list(overlay.current.values()), list(overlay.ended.values())) == ([new], [old])


def test_changes_of_nothing_are_no_changes() -> None:
    assert not Changes()
    assert Changes(current=(bar(),))
    assert Changes(ended=(bar(),))
    assert Changes(spans=(Span(SYMBOL, 1, 2, START, START + 1),))
