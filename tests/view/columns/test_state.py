"""The bar's state as a word and in one cell."""

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.state import STATE, state_sign, usual_state
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from tests.makers import MINUTE, START, bar


def test_every_state_but_the_usual_one_has_a_sign_of_its_own_and_is_drawn_by_its_name() -> None:
    fresh = RenderContext(Period.M1, START, is_stale=False)
    signs = set()
    for state in State:
        one = bar(START, state=state)
        signs.add(state_sign(Row("A"), one, fresh)[0])
        assert STATE.measure(Row("A"), one, START) == state.label
        assert STATE.draw(Row("A"), one, fresh, 9)[0] == ("" if state is State.FORMING else state.label)
    assert len(signs) == len(State)


def test_a_bar_whose_successor_is_overdue_is_stale_whatever_its_state() -> None:
    one = bar(START)
    stale = RenderContext(Period.M1, START, is_stale=True)
    assert STATE.draw(Row("A"), one, stale, 9)[0] == "stale"
    assert state_sign(Row("A"), one, stale)[0] == "✕"
    assert STATE.measure(Row("A"), one, START + 10 * MINUTE) == "stale"
    assert STATE.measure(Row("A"), None, START) is None


def test_what_shows_nothing_is_not_from_before() -> None:
    stale = RenderContext(Period.M1, START, is_stale=True)
    assert state_sign(Row("A"), None, stale)[0] == ""
    assert STATE.draw(Row("A"), None, stale, 10)[0] == "no bar yet"
    known = Row("A")
    known.take(bar(START, period=Period.M5))
    assert state_sign(known, None, stale)[0] == "✕"


def test_a_symbol_whose_trading_is_halted_says_so_whatever_its_bar() -> None:
    row = Row("A")
    row.is_halted = True
    for state in State:
        for is_stale in (False, True):
            context = RenderContext(Period.M1, START, is_stale)
            assert STATE.draw(row, bar(START, state=state), context, 9)[0] == "halted"
            assert state_sign(row, bar(START, state=state), context)[0] == "="
    assert STATE.measure(row, bar(START), START) == "halted"
    assert STATE.measure(row, None, START) == "halted"
    assert STATE.draw(row, None, RenderContext(Period.M1, START, is_stale=False), 10)[0] == "halted"


def test_where_there_is_no_bar_the_cell_says_so_and_the_edge_is_blank() -> None:
    fresh = RenderContext(Period.M1, START, is_stale=False)
    assert STATE.draw(Row("A"), None, fresh, STATE.width) == ("no bar yet", Role.FAINT)
    assert state_sign(Row("A"), None, fresh)[0] == ""


def test_a_confirmed_bar_says_whether_ids_or_the_exchanges_bar_alone_vouch_for_it() -> None:
    fresh = RenderContext(Period.M1, START, is_stale=False)
    for state in State:
        one = bar(START, state=state)._replace(evidence=Evidence.CANDLE_ONLY | Evidence.NO_COUNT)
        told = "confirmed~" if state is State.CONFIRMED else state.label
        assert STATE.measure(Row("A"), one, START) == told
        assert STATE.draw(Row("A"), one, fresh, STATE.width)[0] == ("" if state is State.FORMING else told)
        assert (state_sign(Row("A"), one, fresh)[0] == "✔~") is (state is State.CONFIRMED)
    assert state_sign(Row("A"), bar(START, state=State.CONFIRMED), fresh)[0] == "✔"


def test_a_state_of_nine_rows_in_ten_is_usual_whatever_is_halted_outdated_or_without_a_bar() -> None:
    def usual(*states: State | None) -> tuple[str, str]:
        rows = [Row(str(place)) for place in range(len(states) + 3)]
        for row, state in zip(rows, states, strict=False):
            row.bars = [bar(START, state=state) if state is not None else None] * len(Period)
        rows[-1].bars = [bar(START - 9 * MINUTE, state=State.CLOSED)] * len(Period)
        rows[-2].bars, rows[-2].is_halted = [bar(START, state=State.CLOSED)] * len(Period), True
        found = usual_state(rows, Period.M1, START + 1_000)
        return found.label, found.told

    assert usual(*[State.PARTIAL] * 20) == ("partial", "◐ all partial")
    assert usual(*[State.PARTIAL] * 18, *[State.FORMING] * 2) == ("partial", "◐ most partial")
    assert usual(*[State.PARTIAL] * 17, *[State.FORMING] * 3) == ("forming", "")
    assert usual(*[State.CONFIRMED] * 5, None, None) == ("confirmed", "✔ all confirmed")
    assert usual(*[State.PARTIAL] * 4) == ("forming", ""), "four rows say it themselves"
    assert usual(*[State.FORMING] * 9) == ("forming", "")


def test_what_is_said_of_all_is_not_said_of_each_and_what_differs_is() -> None:
    context = RenderContext(Period.M1, START, is_stale=False, usual="partial")
    for state, (sign, word) in {
        State.PARTIAL: ("", ""),
        State.FORMING: ("·", "forming"),
        State.CLOSED: ("●", "closed"),
    }.items():
        one = bar(START, state=state)
        assert state_sign(Row("A"), one, context)[0] == sign
        assert STATE.draw(Row("A"), one, context, STATE.width)[0] == word
