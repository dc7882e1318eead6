"""The volume profile: what was traded at which price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import Period
from klagg_tui.view.axes import PriceScale, scale_of
from klagg_tui.view.candles import STEPS, Chart, draw
from klagg_tui.view.indicators.profile import columns_of, profile_of
from klagg_tui.view.role import Role
from tests.makers import MINUTE, START, bar

UNIT = 10**12


def test_a_bar_is_spread_evenly_from_its_low_to_its_high() -> None:
    scale = PriceScale(100 * UNIT, 109 * UNIT, 10)
    profile = profile_of([bar(open="100", high="109", low="100", close="104", volume="9")], scale)
    assert profile is not None
    # Nineteen half rows are eighteen steps of half a price; the outermost rows reach half a step beyond.
    inner = [scale.edge(row) - scale.edge(row + 1) for row in range(1, 9)]
    assert profile.volumes[1:9] == pytest.approx([width / UNIT for width in inner])
    assert sum(profile.volumes) == pytest.approx(9)


def test_a_bar_of_one_price_is_in_one_row_and_the_largest_is_the_point_of_control() -> None:
    scale = PriceScale(100 * UNIT, 200 * UNIT, 20)
    bars = [bar(START, "120", volume="5"), bar(START + MINUTE, "180", volume="7"), bar(START, "120", volume="3")]
    profile = profile_of(bars, scale)
    assert profile is not None
    assert profile.control == scale.row(120 * UNIT)
    assert (profile.volumes[scale.row(120 * UNIT)], profile.volumes[scale.row(180 * UNIT)]) == (8, 7)
    assert scale.row(profile.price) == profile.control


def test_without_trades_there_is_none() -> None:
    assert profile_of([bar(volume="0")], PriceScale(UNIT, 2 * UNIT, 9)) is None


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 999)), min_size=1, max_size=40),
    st.integers(3, 60),
    st.booleans(),
)
def test_nothing_is_lost_of_the_volume(made: list[tuple[int, int, int]], rows: int, is_log: bool) -> None:
    bars = [bar(volume=str(volume))._replace(low=low, high=low + reach) for low, reach, volume in made]
    profile = profile_of(bars, scale_of(bars, rows, has_headroom=True, is_log=is_log))
    total = sum(volume for _, _, volume in made)
    if profile is None:
        assert not total
    else:
        assert sum(profile.volumes) == pytest.approx(total)
        assert min(profile.volumes) >= -1e-9 * total


@pytest.mark.parametrize("step", STEPS)
def test_it_stands_between_candles_and_axis_and_says_where_most_was_traded(step: int) -> None:
    bars = [bar(START + i * MINUTE, "100", "110", "90", "105", volume="2") for i in range(90)]
    bars.append(bar(START + 90 * MINUTE, "95", volume="500"))
    picture = draw(bars, Chart(100, 30, Period.M1, 0, step, indicators=("profile",)))
    plain = draw(bars, Chart(100, 30, Period.M1, 0, step))
    assert picture.scale is not None
    assert plain.plot_width - picture.plot_width == columns_of(100)
    row = picture.rows[picture.scale.row(95 * UNIT)]
    cells = [(letter, piece.role) for piece in row for letter in piece.text]
    assert cells[picture.plot_width : picture.plot_width + columns_of(100)] == [("█", Role.MARK)] * columns_of(100)
    assert "POC  95" in "".join(piece.text for piece in picture.rows[0])


def test_a_narrow_chart_has_none() -> None:
    bars = [bar(START + i * MINUTE, "100", "110", "90", "105", volume="2") for i in range(30)]
    assert draw(bars, Chart(49, 24, Period.M1, indicators=("profile",))) == draw(bars, Chart(49, 24, Period.M1))
