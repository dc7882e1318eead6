"""Two pieces of one minute: whether they add up, or which of them stays."""

from __future__ import annotations

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.spans import Span
from klagg_tui.storage.ledger import Ledger, Run
from tests.makers import MINUTE, START, SYMBOL, bar


def span(first: int, last: int, from_s: float, to_s: float) -> Span:
    """Ids, and seconds from the minute's beginning."""
    return Span(SYMBOL, first, last, START + int(from_s * 1000), START + int(to_s * 1000))


def piece(count: int, price: str = "100", state: State = State.PARTIAL) -> Bar:
    return bar(START, price, volume=str(count), trade_count=count, state=state)


def merged(ours: Bar, own: list[Span], stored: Bar, others: list[Span], *, is_seeded: bool = False) -> Bar:
    ledger = Ledger(tuple(others), is_seeded)
    for each in own:
        ledger.take(each)
    return ledger.merged(ours, ledger.base(START, stored))


def test_pieces_without_a_common_trade_add_up() -> None:
    found = merged(piece(3, "110"), [span(5, 7, 30, 40)], piece(4, "90"), [span(1, 4, 0, 20)])
    assert (found.trade_count, found.open, found.close) == (7, parsing.price("90"), parsing.price("110"))


def test_a_piece_between_two_others_neither_opens_nor_closes() -> None:
    found = merged(piece(1, "500"), [span(3, 3, 21, 22)], piece(4, "90"), [span(1, 2, 0, 20), span(4, 9, 40, 50)])
    assert (found.trade_count, found.open, found.close, found.high) == (
        5,
        parsing.price("90"),
        parsing.price("90"),
        parsing.price("500"),
    )


def test_a_piece_that_holds_the_stored_one_takes_its_place() -> None:
    assert merged(piece(9), [span(1, 9, 0, 50)], piece(4), [span(2, 5, 10, 20)]) == piece(9)


def test_a_piece_that_is_held_by_the_stored_one_changes_nothing() -> None:
    assert merged(piece(4), [span(2, 5, 10, 20)], piece(9), [span(1, 9, 0, 50)]) == piece(9)


def test_a_span_that_cuts_a_minute_waits_until_it_has_grown_past_it() -> None:
    ledger = Ledger((span(5, 9, 20, 40),))
    assert not ledger.take(span(1, 6, 0, 25))
    assert ledger.ready([piece(6)]) == []
    assert ledger.take(span(1, 20, 0, 55))
    assert ledger.ready([]) == [piece(6)]


def test_a_span_that_grows_into_a_cut_minute_stays_what_it_was() -> None:
    ledger = Ledger((span(5, 9, 20, 40),))
    assert ledger.take(span(1, 3, 0, 10))
    assert not ledger.take(span(1, 6, 0, 25))
    assert list(ledger.own.values()) == [span(1, 3, 0, 10)]


def test_an_engine_that_stands_on_stored_bars_holds_what_was_stored() -> None:
    own, others = [span(5, 9, 0, 60)], [span(1, 4, 10, 20)]
    assert merged(piece(9), own, piece(4), others, is_seeded=True) == piece(9)
    assert merged(piece(5), own, piece(4), others).trade_count == 9


def test_an_engine_that_stands_on_a_cut_minute_holds_what_was_stored() -> None:
    """It says that it is complete from the next minute on only."""
    assert merged(piece(9), [span(5, 9, 60, 70)], piece(4), [span(1, 4, 10, 20)], is_seeded=True) == piece(9)


@pytest.mark.parametrize("state", [State.CLOSED, State.CONFIRMED])
def test_a_whole_bar_without_spans_takes_no_more_trades(state: State) -> None:
    assert merged(piece(3), [span(5, 7, 30, 40)], piece(4, state=state), []) == piece(4, state=state)


def test_a_bar_closed_by_other_proof_takes_no_more_trades() -> None:
    stored = piece(4, state=State.CLOSED)
    assert merged(piece(3), [span(5, 7, 30, 40)], stored, [span(1, 4, 10, 20)]) == stored


def test_a_piece_of_unknown_trades_gives_way_to_one_whose_trades_are_known() -> None:
    assert merged(piece(3), [span(5, 7, 30, 40)], piece(4), []) == piece(3)


def test_of_two_pieces_of_unknown_trades_the_one_with_more_stays() -> None:
    assert merged(piece(3), [], piece(4), []) == piece(4)
    assert merged(piece(5), [], piece(4), []) == piece(5)


def test_a_bar_that_comes_again_is_added_once() -> None:
    ledger = Ledger((span(1, 4, 0, 20),))
    ledger.take(span(5, 7, 30, 40))
    first = ledger.merged(piece(3), ledger.base(START, piece(4)))
    ledger.take(span(5, 8, 30, 50))
    assert ledger.merged(piece(4), ledger.base(START, first)).trade_count == 8


def test_an_old_minute_is_forgotten_when_there_are_many() -> None:
    ledger = Ledger(())
    for minute in range(5000):
        ledger.take(span(minute * 2, minute * 2, minute * 60, minute * 60))
        ledger.base(START + minute * MINUTE, None)
    ledger.forget_old(START + 5000 * MINUTE)
    assert ledger.base(START, piece(1)) == piece(1)
    assert ledger.base(START + 4999 * MINUTE, piece(1)) is None
    assert len(ledger.own) < 5000


def test_a_failed_batch_leaves_no_trace_in_the_run() -> None:
    run = Run(is_seeded=False)
    before = run.begin([SYMBOL], {})
    run.ledgers[SYMBOL].take(span(1, 2, 0, 1))
    run.roll_back(before)
    assert run.ledgers == {}
    run.begin([SYMBOL], {})
    before = run.begin([SYMBOL], {})
    run.ledgers[SYMBOL].take(span(1, 2, 0, 1))
    run.roll_back(before)
    assert run.ledgers[SYMBOL].own == {}
