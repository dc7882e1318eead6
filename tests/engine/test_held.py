import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.held import HeldMinutes
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from tests.makers import START, SYMBOL

numbers = st.one_of(st.integers(0, 10**30), st.integers(-(2**70), 2**140), st.sampled_from([2**64 - 1, 2**64, 2**128]))
made_bars = st.builds(
    lambda minute, values, state, evidence: Bar._make(
        (SYMBOL, Period.M1, START + minute * MINUTE_MS, *values, state, evidence)
    ),
    st.integers(0, 40),
    st.tuples(*[numbers] * 9),
    st.sampled_from(State),
    st.integers(0, sum(Evidence)),
)


@given(st.lists(made_bars), st.integers(0, 45), st.integers(0, 41))
def test_held_minutes_are_those_put_in_last_in_order_of_time(bars: list[Bar], popped: int, minute: int) -> None:
    held = HeldMinutes(SYMBOL)
    told: dict[int, Bar] = {}
    for bar in bars:
        held.put(bar)
        told[bar.open_ms] = bar
    told = dict(sorted(told.items()))
    for _ in range(min(popped, len(told))):
        assert held.oldest_ms == next(iter(told))
        assert held.oldest_state is told[held.oldest_ms].state
        assert held.pop_oldest() == told.pop(next(iter(told)))
    at_ms = START + minute * MINUTE_MS
    assert [*held] == [*told.values()]
    assert all(one.state is other.state for one, other in zip(held, told.values(), strict=True))
    assert len(held) == len(told)
    assert (at_ms in held, held.get(at_ms)) == (at_ms in told, told.get(at_ms))
    assert at_ms + 1 not in held
    assert [state for state in State if held.has(state)] == sorted({bar.state for bar in told.values()})
    assert held.marked(at_ms, lambda state, evidence: state == State.CLOSED and evidence > 3) == [
        bar for bar in told.values() if bar.open_ms >= at_ms and bar.state is State.CLOSED and bar.evidence > 3
    ]


def test_a_price_for_which_a_row_has_no_room_goes_with_its_minute() -> None:
    held = HeldMinutes(SYMBOL, [empty_bar(SYMBOL, Period.M1, START, 2**64, State.CLOSED)])
    held.put(empty_bar(SYMBOL, Period.M1, START, 7, State.CLOSED))
    assert [bar.close for bar in held] == [7]
    held.put(empty_bar(SYMBOL, Period.M1, START, 2**64, State.CLOSED))
    assert held.pop_oldest().close == 2**64
    held.put(empty_bar(SYMBOL, Period.M1, START, 7, State.CLOSED))
    assert [bar.close for bar in held] == [7]


def test_a_held_minute_takes_a_quarter_of_what_its_bar_takes() -> None:
    def bar(minute: int) -> Bar:
        values = [10**15 + minute + place for place in range(9)]
        return Bar._make((SYMBOL, Period.M1, START + minute * MINUTE_MS, *values, State.CLOSED, 0))

    tracemalloc.start()
    try:
        begun = tracemalloc.get_traced_memory()[0]
        held = HeldMinutes(SYMBOL)
        for minute in range(1_000):
            held.put(bar(minute))
            if len(held) > 64:
                held.pop_oldest()
        packed = tracemalloc.get_traced_memory()[0] - begun
        bars = [*held]
        assert tracemalloc.get_traced_memory()[0] - begun - packed > 3.9 * packed
    finally:
        tracemalloc.stop()
    assert len(bars) == 64
