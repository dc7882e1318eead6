"""A run of numbers as one line of blocks."""

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.view.sparkline import balance, sparkline


@given(st.lists(st.integers(0, 10**15), max_size=80), st.integers(0, 60))
def test_a_sparkline_has_its_width_and_the_highest_value_the_highest_block(values: list[int], width: int) -> None:
    drawn = sparkline(values, width)
    shown = values[-width:] if width else []
    assert len(drawn) == width
    if len(set(shown)) > 1:
        blocks = drawn[-len(shown) :]
        assert blocks[shown.index(max(shown))] == "█"
        assert blocks[shown.index(min(shown))] == "▁"


@given(st.floats(-1, 2), st.integers(0, 40))
def test_a_balance_fills_its_width(share: float, width: int) -> None:
    bought, sold = balance(share, width)
    assert len(bought) + len(sold) == width
