"""Which columns fit a width, and where each stands."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.screens.widgets.row_renderer import header_pieces
from klagg_tui.view.columns.registry import BY_KEY, DEFAULT_KEYS, view_columns
from klagg_tui.view.layout import LEAD, Widths, place


@given(st.integers(0, 320), st.integers(10, 16), st.integers(8, 14), st.booleans())
def test_columns_never_overlap_nor_leave_their_room(room: int, symbol: int, price: int, all_periods: bool) -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=all_periods)
    x = LEAD
    for placed in place(columns, room, Widths(symbol, price)):
        assert placed.x == x + placed.gap
        x = placed.x + placed.width
    assert x <= max(room, LEAD)


def test_the_least_important_columns_go_first() -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False)
    widths = Widths(12, 9)
    shown = [{placed.column.key for placed in place(columns, room, widths)} for room in range(200, 40, -1)]
    for wide, narrow in itertools.pairwise(shown):
        assert narrow <= wide
        for gone in wide - narrow:
            assert all(BY_KEY[gone].importance < BY_KEY[kept].importance for kept in narrow)
    assert {"symbol", "last", "chg"} <= shown[-1]


@given(st.integers(40, 320), st.sampled_from(DEFAULT_KEYS), st.booleans(), st.booleans())
def test_no_title_touches_the_one_before_it_whatever_the_order(
    room: int, sorted_by: str, all_periods: bool, has_venues: bool
) -> None:
    columns = view_columns(
        DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=all_periods, has_venues=has_venues, mixes_quotes=has_venues
    )
    placed = place(columns, room, Widths(12, 9, 26), sorted_by)
    if len(placed) > 1:
        titles = "".join(text for text, _, _ in header_pieces(placed, sorted_by, descending=True))
        assert titles.split() == [
            f"{one.column.title}▼" if one.column.is_left and one.column.key == sorted_by
            else f"▼{one.column.title}" if one.column.key == sorted_by
            else one.column.title
            for one in placed
        ]  # fmt: skip


def test_an_arrow_before_the_longest_price_leaves_a_blank_behind_the_exchange() -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False, has_venues=True)
    widths = Widths(12, 11, 26)
    last = next(one for one in place(columns, 79, widths) if one.column.key == "last")
    assert last.width + last.gap >= widths.price + 2
