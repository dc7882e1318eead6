from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State, empty_bar, merge
from klagg_tui.engine.period import Period
from tests.makers import MINUTE, START, SYMBOL, bar, candle
from tests.oracle import merged

states = st.sampled_from(State)


@st.composite
def rows(draw: st.DrawFn) -> list[Bar]:
    """Minutes in a row as an exchange has them: those without trades stand at the close before them."""
    made: list[Bar] = []
    for place, is_traded in enumerate(draw(st.lists(st.booleans(), min_size=1, max_size=8))):
        open_ms, state = START + place * MINUTE, draw(states)
        if not is_traded:
            made.append(empty_bar(SYMBOL, Period.M1, open_ms, made[-1].close if made else 77, state))
            continue
        low, first, last, high = sorted(draw(st.lists(st.integers(1, 10**9), min_size=4, max_size=4)))
        volume, turnover, count, bought, paid = (draw(st.integers(1, 10**12)) for _ in range(5))
        made.append(
            Bar(SYMBOL, Period.M1, open_ms, first, high, low, last, volume, turnover, count, bought, paid, state)
        )
    return made


def folded(minutes: list[Bar]) -> Bar:
    whole = minutes[0]
    for minute in minutes[1:]:
        whole = merge(whole, minute)
    return whole


@given(rows())
def test_joined_minutes_are_the_oracles_larger_bar(minutes: list[Bar]) -> None:
    whole = folded(minutes)
    assert candle(whole) == merged(map(candle, minutes))
    assert whole[:3] == minutes[0][:3]


@given(rows(), st.data())
def test_it_does_not_matter_where_a_row_is_joined_first(minutes: list[Bar], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, max(1, len(minutes) - 1)))
    parts = [folded(part) for part in (minutes[:cut], minutes[cut:]) if part]
    assert folded(parts) == folded(minutes)


@given(rows())
def test_a_hole_lends_no_price(minutes: list[Bar]) -> None:
    hole = empty_bar(SYMBOL, Period.M5, START, 0, State.PARTIAL)
    assert merge(hole, folded(minutes)) == folded(minutes)._replace(period=Period.M5, state=State.PARTIAL)
    assert merge(folded(minutes), hole) == folded(minutes)._replace(state=State.PARTIAL)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("CLOSED", "CLOSED", "CLOSED"),
        ("CLOSED", "CONFIRMED", "CLOSED"),
        ("CONFIRMED", "CONFIRMED", "CONFIRMED"),
        ("CLOSED", "FORMING", "FORMING"),
        ("CONFIRMED", "FORMING", "FORMING"),
        ("PARTIAL", "FORMING", "PARTIAL"),
        ("PARTIAL", "CONFIRMED", "PARTIAL"),
    ],
)
def test_the_less_certain_state_shows(first: str, second: str, both: str) -> None:
    one, other = bar(state=State[first]), bar(START + MINUTE, state=State[second])
    assert merge(one, other).state is State[both]
    assert merge(other, one).state is State[both]


def test_states_keep_their_numbers_because_they_are_on_disks() -> None:
    assert [(state.name, int(state)) for state in State] == [
        ("FORMING", 0),
        ("PARTIAL", 1),
        ("CLOSED", 2),
        ("CONFIRMED", 3),
    ]


def test_a_bar_knows_when_the_next_one_opens() -> None:
    minutes = [bar(START), bar(START + MINUTE)]
    assert [one.end_ms == two.open_ms for one, two in pairwise(minutes)] == [True]


def test_bars_that_differ_in_state_alone_have_the_same_values() -> None:
    assert bar().same_values(bar(state=State.CONFIRMED))
    assert not bar().same_values(bar(trade_count=2))


def test_only_a_bar_with_volume_is_traded() -> None:
    assert bar().is_traded
    assert not empty_bar(SYMBOL, Period.M1, START, 5, State.CLOSED).is_traded
