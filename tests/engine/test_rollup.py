from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.period import Period, child_of
from klagg_tui.engine.rollup import BarCover, RollUp, is_filled, roll_up
from tests import oracle
from tests.conftest import DATA, needs_data
from tests.makers import HOUR, MINUTE, START, SYMBOL, bar, bars, candle

PARENTS = (Period.M5, Period.M15, Period.H1)
QUARTER = START + 15 * MINUTE


def begun(
    at_ms: int = START,
    ended: Iterable[Bar] = (),
    *,
    periods: tuple[Period, ...] = PARENTS,
    held: int = 64,
    listed_ms: int = START,
) -> RollUp:
    made = RollUp(SYMBOL, periods, 1, held)
    made.begin(at_ms, ended, listed_ms)
    return made


def opens(made: Iterable[Bar]) -> list[tuple[str, int]]:
    return [(str(one.period), (one.open_ms - START) // MINUTE) for one in made]


@given(st.integers(1, 70), st.integers(1, 20))
def test_larger_bars_end_with_their_last_minute_and_are_the_sum_of_all(count: int, held: int) -> None:
    rollup, minutes = begun(held=held), bars(count)
    ended = [one for minute in minutes for one in rollup.absorb(minute)]
    forming = empty_bar(SYMBOL, Period.M1, START + count * MINUTE, minutes[-1].close, State.FORMING)
    for one in [*ended, *rollup.current(forming, PARENTS)]:
        children = [minute for minute in [*minutes, forming] if one.open_ms <= minute.open_ms < one.end_ms]
        assert candle(one) == oracle.merged(map(candle, children))
    assert opens(one for one in ended if one.period is Period.M5) == [("5m", at) for at in range(0, count - 4, 5)]
    assert all(one.state is State.CLOSED for one in ended)


def test_only_the_wanted_periods_are_made() -> None:
    assert opens(begun().current(bar(START), {Period.M15})) == [("15m", 0)]


@given(st.integers(6, 70), st.integers(1, 30), st.data())
def test_a_changed_minute_changes_its_parents_however_far_the_bases_reach(
    count: int, held: int, data: st.DataObject
) -> None:
    rollup, minutes = begun(held=held), bars(count)
    made = {(one.period, one.open_ms): one for minute in minutes for one in rollup.absorb(minute)}
    chosen = data.draw(st.lists(st.integers(max(0, count - held), count - 1), min_size=1, unique=True))
    changed = [
        minutes[place]._replace(high=parsing.price("500"), volume=parsing.quantity("9") + place) for place in chosen
    ]
    for place, minute in zip(chosen, changed, strict=True):
        minutes[place] = minute
    forming = bar(START + count * MINUTE, state=State.FORMING)
    replaced = rollup.replace(changed, forming.open_ms)
    made.update({(one.period, one.open_ms): one for one in replaced})
    assert len(replaced) == len(set(opens(replaced)))
    for one in [*made.values(), *rollup.current(forming, PARENTS)]:
        children = [minute for minute in [*minutes, forming] if one.open_ms <= minute.open_ms < one.end_ms]
        assert candle(one) == oracle.merged(map(candle, children))


@given(st.integers(0, 200), st.integers(1, 70), st.sets(st.sampled_from(PARENTS)))
def test_standing_on_ended_bars_is_as_good_as_having_seen_their_minutes(
    count: int, held: int, handed_on: set[Period]
) -> None:
    minutes, now_ms = bars(count), START + count * MINUTE
    straight = begun(held=held)
    parents = [one for minute in minutes for one in straight.absorb(minute)]
    again = begun(now_ms, [*minutes, *(one for one in parents if one.period in handed_on)], held=held)
    forming = bar(now_ms, state=State.FORMING)
    assert again.current(forming, PARENTS) == straight.current(forming, PARENTS)
    if count:
        minute = minutes[-1]._replace(close=7, low=7)
        assert again.replace([minute], now_ms) == straight.replace([minute], now_ms)


def test_a_jump_leaves_partial_bars_behind_and_makes_the_one_it_lands_in_partial() -> None:
    rollup = begun()
    for minute in bars(3):
        rollup.absorb(minute)
    left = rollup.jump(START + 7 * MINUTE)
    assert opens(left) == [("5m", 0)]
    assert left[0].state is State.PARTIAL
    current = rollup.current(bar(START + 7 * MINUTE, state=State.FORMING), PARENTS)
    assert opens(current) == [("5m", 5), ("15m", 0), ("1h", 0)]
    assert {one.state for one in current} == {State.PARTIAL}


def test_a_jump_to_where_a_bar_opens_leaves_that_bar_whole() -> None:
    rollup = begun()
    rollup.absorb(bar(START))
    rollup.jump(QUARTER)
    states = {one.period: one.state for one in rollup.current(bar(QUARTER, state=State.FORMING), PARENTS)}
    assert states == {Period.M5: State.FORMING, Period.M15: State.FORMING, Period.H1: State.PARTIAL}


def test_a_bar_left_behind_by_a_jump_stays_partial_when_its_minutes_are_confirmed() -> None:
    rollup, minutes = begun(), bars(3)
    for minute in minutes:
        rollup.absorb(minute)
    rollup.jump(START + 7 * MINUTE)
    confirmed = [minute._replace(state=State.CONFIRMED) for minute in minutes]
    changed = rollup.replace(confirmed, START + 7 * MINUTE)
    assert opens(changed) == [("5m", 0)]
    assert changed[0].state is State.PARTIAL
    current = rollup.current(bar(START + 7 * MINUTE, state=State.FORMING), PARENTS)
    assert {one.state for one in current} == {State.PARTIAL}


def test_a_bar_that_lacks_trades_stays_partial_however_many_gaps_follow() -> None:
    rollup = begun(held=1)
    rollup.absorb(bar(START))
    for place in (2, 4, 6):
        rollup.jump(START + place * MINUTE)
        rollup.absorb(bar(START + place * MINUTE))
    [whole] = rollup.current(bar(START + 7 * MINUTE, state=State.FORMING), {Period.M15})
    assert whole.state is State.PARTIAL
    assert whole.trade_count == 5


def test_a_bar_that_ends_as_the_jump_begins_is_left_alone() -> None:
    rollup = begun(periods=(Period.M5,))
    ended = [one for minute in bars(5) for one in rollup.absorb(minute)]
    assert opens(ended) == [("5m", 0)]
    assert rollup.jump(START + 10 * MINUTE) == []


def test_skipping_quiet_time_before_the_first_price_leaves_no_bars() -> None:
    rollup = begun(START + 2 * MINUTE, listed_ms=0)
    rollup.skip(START + 6 * MINUTE)
    current = rollup.current(bar(START + 6 * MINUTE, state=State.FORMING), PARENTS)
    states = {one.period: one.state for one in current}
    assert states == {Period.M5: State.FORMING, Period.M15: State.PARTIAL, Period.H1: State.PARTIAL}
    assert rollup.absorb(bar(START + 6 * MINUTE)) == []


def test_what_lies_before_the_beginning_is_a_loss_unless_nothing_was_traded_then() -> None:
    forming = bar(START + 2 * MINUTE, state=State.FORMING)
    for listed_ms, state in (
        (0, State.PARTIAL),
        (START, State.PARTIAL),
        (START + MINUTE, State.PARTIAL),
        (START + 2 * MINUTE, State.FORMING),
        (START + HOUR, State.FORMING),
    ):
        rollup = begun(START + 2 * MINUTE, listed_ms=listed_ms)
        assert {one.state for one in rollup.current(forming, PARENTS)} == {state}


def test_a_hole_among_the_seeded_bars_makes_the_larger_ones_partial_even_after_a_listing() -> None:
    minutes = bars(12)
    handed = [minute for place, minute in enumerate(minutes) if place != 6]
    rollup = begun(START + 12 * MINUTE, handed)
    current = rollup.current(bar(START + 12 * MINUTE, state=State.FORMING), PARENTS)
    assert {one.period: one.state for one in current} == {
        Period.M5: State.FORMING,
        Period.M15: State.PARTIAL,
        Period.H1: State.PARTIAL,
    }


def recorded() -> dict[Period, list[Bar]]:
    """The exchange's own bars of one spot pair, with neither turnover nor count.

    The last of each period was forming when it was recorded, a moment after the last of the period before.
    """
    made: dict[Period, list[Bar]] = {}
    with gzip.open(DATA / "rollup-spot/ETHBTC-all-periods.csv.gz", "rt") as rows:
        for row in csv.DictReader(rows):
            one = bar(
                int(row["open_time"]),
                *(row[name] for name in ("open", "high", "low", "close", "volume")),
                symbol="ETHBTC",
                period=Period(row["period"]),
                turnover_text="0",
                trade_count=0,
                state=State.CONFIRMED,
            )
            made.setdefault(one.period, []).append(one)
    return {period: rows[:-1] for period, rows in made.items()}


@needs_data
@pytest.mark.parametrize("among", ["1m 5m 30m 1h 4h 1d 1w", " ".join(oracle.PERIODS)])
def test_roll_ups_equal_the_exchanges_own_bars_wherever_all_children_are_there(among: str) -> None:
    periods, recorded_bars = tuple(map(Period, among.split())), recorded()
    compared: dict[Period, int] = {}
    for period in periods[1:]:
        children = {one.open_ms: one for one in recorded_bars[child_of(period, periods[: periods.index(period)])]}
        cover = BarCover(children.values())
        for parent in recorded_bars[period]:
            inside = [one for at_ms, one in children.items() if parent.open_ms <= at_ms < parent.end_ms]
            if sum(one.end_ms - one.open_ms for one in inside) < parent.end_ms - parent.open_ms:
                continue
            made = cover.cover("ETHBTC", period, parent.open_ms, parent.end_ms, 0)
            assert made == parent
            compared[period] = compared.get(period, 0) + 1
    assert all(compared[period] >= (10 if period < Period.MO1 else 1) for period in periods[1:])


@needs_data
def test_the_recorded_bars_open_on_our_grid() -> None:
    for period, rows in recorded().items():
        assert all(period.open_ms(one.open_ms, anchor=0) == one.open_ms for one in rows)
        assert all(two.open_ms >= one.end_ms for one, two in pairwise(rows))


def test_minutes_of_an_hour_that_is_there_as_one_bar_only_are_not_held_where_the_day_would_lack_the_others() -> None:
    day = START - START % (24 * HOUR)
    at_ms = day + 3 * HOUR + 2 * MINUTE
    hours = bars(3, day, period=Period.H1)
    minutes = bars(22, day + 2 * HOUR + 40 * MINUTE)
    made = RollUp(SYMBOL, (Period.H1, Period.D1), 1, 64)
    made.begin(at_ms, [*hours, *minutes], 0)
    hour, whole_day = made.current(
        empty_bar(SYMBOL, Period.M1, at_ms, parsing.price("100"), State.FORMING), (Period.H1, Period.D1)
    )
    assert made.held.oldest_ms == day + 3 * HOUR
    assert State.PARTIAL not in (hour.state, whole_day.state)
    assert whole_day.volume == sum(bar.volume for bar in [*hours, *minutes[-2:]])


@given(st.integers(1, 15), st.integers(0, 14))
def test_a_longer_bar_is_filled_by_all_its_children_since_the_listing(count: int, listed: int) -> None:
    children = bars(15)[15 - count :]
    whole = roll_up(children, Period.M15, START)
    assert (whole.period, whole.open_ms, whole.end_ms) == (Period.M15, START, QUARTER)
    assert candle(whole) == oracle.merged(map(candle, children))
    is_of_two_contracts = 15 - count < listed
    wanted = 15 if is_of_two_contracts else 15 - listed
    assert is_filled(children, Period.M15, START, START + listed * MINUTE, 1) == (count >= wanted)
    assert is_filled(children, Period.M15, START, 0, 1) == (count == 15)
