"""Stored bars put into a tape at once."""

from __future__ import annotations

import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.view.screener.history import FRESH, fill
from klagg_tui.view.screener.tape import Tape
from tests.view.screener.made import CANDLE_LACKS, FIRST, Shape, minute_bar, stored

LENGTHS = {"close": 30, "high": 30, "low": 12, "volume": 30, "turnover": 7, "trades": 30, "delta": 30, "cvd": 30}


def tape(lengths: dict[str, int] | None = None) -> Tape:
    made = Tape()
    made.fit(LENGTHS if lengths is None else lengths)
    return made


def held(made: Tape) -> dict[str, list[float | None]]:
    """What is held of each field, in plain order; None where unknown."""
    found: dict[str, list[float | None]] = {}
    for field, ring in {**made.prices, **made.sums}.items():
        values = [ring.values[minute % ring.size] for minute in range(made.end - ring.size, made.end)]
        scale = made.unit if field in made.prices else 1
        found[field] = [
            None if math.isnan(value) or (field in made.prices and not value) else value * scale for value in values
        ]
    return found


shapes = st.builds(
    Shape,
    close=st.integers(-300, 300),
    up=st.integers(0, 9),
    down=st.integers(0, 9),
    bought=st.integers(0, 9),
    trades=st.integers(1, 9),
    lots=st.sampled_from([0, 1, 7]),
    evidence=st.sampled_from([0, CANDLE_LACKS.value]),
    is_partial=st.booleans(),
)


@given(st.dictionaries(st.integers(0, 90), shapes, max_size=60), st.integers(0, 12))
def test_bars_from_the_store_lie_where_those_that_came_one_by_one_lie(minutes: dict[int, Shape], decimals: int) -> None:
    bars = [minute_bar(FIRST + at, minutes[at], decimals=decimals) for at in sorted(minutes)]
    one_by_one, at_once = tape(), tape()
    for bar in bars:
        one_by_one.take(bar)
    assert fill(at_once, stored(bars)) is bool(bars)
    assert at_once.end == one_by_one.end
    assert held(at_once) == held(one_by_one)
    assert {minute for minute in at_once.partial if minute >= at_once.end - 38} == {
        minute for minute in one_by_one.partial if minute >= at_once.end - 38
    }


def rising(count: int) -> list[Bar]:
    return [minute_bar(FIRST + at, Shape(close=at)) for at in range(count)]


def test_what_is_stored_mends_old_minutes_but_not_the_newest_as_they_were_seen() -> None:
    made = tape({"close": 20})
    for bar in rising(20):
        made.take(bar)
    assert fill(made, stored([minute_bar(FIRST + at, Shape(close=500)) for at in range(20)]))
    closes = held(made)["close"][-20:]
    assert closes == [1_500 * 10**10] * (20 - FRESH) + [(1_000 + at) * 10**10 for at in range(20 - FRESH, 20)]


def test_a_partial_minute_is_mended_by_the_whole_one_from_the_store() -> None:
    made = tape()
    for bar in rising(20):
        made.take(bar)
    made.take(minute_bar(FIRST + 3, Shape(is_partial=True)))
    fill(made, stored(rising(10)))
    assert not made.partial


def test_columns_that_were_not_read_leave_what_is_held_alone() -> None:
    made = tape()
    for bar in rising(30):
        made.take(bar)
    before = held(made)
    assert fill(made, stored([minute_bar(FIRST + at, Shape(close=at, lots=5)) for at in range(20)], ["close"]))
    assert held(made) == before


def test_prices_that_no_decimals_give_are_kept_as_near_as_can_be() -> None:
    made = tape({"close": 5})
    bars = stored(rising(2))._replace(close=array("d", [1 / 3, float("nan")]))
    fill(made, bars)
    assert held(made)["close"][-2:] == [round(10**12 / 3), None]


def test_history_that_is_all_older_than_what_is_looked_at_is_let_go() -> None:
    made = tape({"close": 5})
    made.take(minute_bar(FIRST + 100, Shape()))
    assert not fill(made, stored(rising(10)))
    assert held(made)["close"].count(None) == 12


def test_a_field_that_is_looked_at_later_gets_the_newest_minutes_too() -> None:
    made = tape({"close": 10})
    bars = rising(20)
    for bar in bars:
        made.take(bar)
    made.fit({"close": 10, "high": 10})
    assert fill(made, stored(bars))
    assert None not in held(made)["high"][-10:]
