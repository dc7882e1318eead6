from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, Check, State, empty_bar, fault_of, merge
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
def test_a_partial_bar_without_trades_lends_no_price(minutes: list[Bar]) -> None:
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


@pytest.mark.parametrize(
    ("damage", "up_to", "said"),
    [
        ({"high": 1, "low": 2}, Check.ORDER, "is below low"),
        ({"open": 10**16}, Check.ORDER, "open 10000 lies outside"),
        ({"close": 1}, Check.ORDER, "close 0.000000000001 lies outside"),
        ({"low": 0}, Check.PRICES, "low 0 is no price"),
        ({"trade_count": -1}, Check.PARTS, "a sum is negative"),
        ({"taker_buy_volume": 10**12}, Check.PARTS, "takers bought more"),
        ({"taker_buy_turnover": 10**30}, Check.PARTS, "takers bought more"),
        ({"trade_count": 0}, Check.SUMS, "without a trade"),
        ({"turnover": 10**30}, Check.SUMS, "turnover"),
        ({"taker_buy_turnover": 0}, Check.SUMS, "taker turnover 0 cannot be paid"),
        ({"volume": 0, "taker_buy_volume": 0, "taker_buy_turnover": 0}, Check.SUMS, "trades without volume"),
        (dict.fromkeys(("volume", "turnover", "trade_count", "taker_buy_volume", "taker_buy_turnover"), 0), Check.SUMS,
         "prices moved without a trade"),
    ],
)  # fmt: skip
def test_a_bar_that_no_trades_can_make_is_named_by_the_check_that_finds_it(
    damage: dict[str, int], up_to: Check, said: str
) -> None:
    sound = bar(low="99", high="101", taker_buy_volume="0.5", taker_buy_turnover="50")
    assert fault_of(sound) is None
    damaged = sound._replace(**damage)  # type: ignore[arg-type]
    assert said in str(fault_of(damaged, up_to))
    if up_to > Check.ORDER:
        assert fault_of(damaged, Check(up_to - 1)) is None


def test_a_bar_without_trades_may_stand_at_one_price() -> None:
    assert fault_of(empty_bar(SYMBOL, Period.M1, START, 77, State.CLOSED)) is None


def test_a_turnover_may_lack_what_the_exchange_cut_off_each_trade() -> None:
    one = bar(
        low="100", high="100", volume="3", turnover_text="299.99999999", taker_buy_volume="0", taker_buy_turnover="0"
    )
    assert fault_of(one._replace(trade_count=1)) is None
    assert fault_of(one._replace(trade_count=1, turnover=one.turnover - 1)) is not None


def test_the_label_of_a_state_is_its_name_in_small_letters() -> None:
    assert [state.label for state in State] == ["forming", "partial", "closed", "confirmed"]


def test_the_key_of_a_bar_is_the_same_whatever_is_known_of_it() -> None:
    one = bar(START, period=Period.M5)
    assert one.key == one._replace(close=1, state=State.PARTIAL).key == (SYMBOL, Period.M5, START)
    assert one.series == (SYMBOL, Period.M5)
