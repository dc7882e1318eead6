"""Which columns fit a width, and where each stands."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.screens.widgets.row_renderer import header_pieces
from klagg_tui.view.columns.registry import DEFAULT_KEYS, find, view_columns
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
            assert all(_importance(gone) < _importance(kept) for kept in narrow)
    assert {"symbol", "last", "chg(24h)"} <= shown[-1]


def _importance(key: str) -> int:
    column = find(key)
    assert column is not None
    return column.importance


def test_what_is_seen_at_the_usual_sizes() -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False)
    seen = {room: [one.column.title for one in place(columns, room - 1, Widths(12, 9))] for room in (80, 120, 200)}
    assert seen[80] == ["Symbol", "Last", "Chg 24h", "Turn 24h", "Chg 1h", "RVol 5m", "Closes"]
    assert set(seen[120]) - set(seen[80]) == {"Chg 5m", "Range 24h", "Buyers", "State"}
    assert set(seen[200]) - set(seen[120]) == {"Off high 24h", "Age"}


@given(st.integers(60, 320), st.booleans())
def test_the_order_and_the_quotes_move_no_column(room: int, all_periods: bool) -> None:
    pure, mixed = (
        place(
            view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=all_periods, mixes_quotes=mixes),
            room,
            Widths(12, 9),
        )
        for mixes in (False, True)
    )
    assert [one[1:] for one in pure] == [one[1:] for one in mixed]


@given(st.integers(40, 320), st.sampled_from(DEFAULT_KEYS), st.booleans(), st.booleans())
def test_no_title_touches_the_one_before_it_whatever_the_order(
    room: int, sorted_by: str, all_periods: bool, has_venues: bool
) -> None:
    columns = view_columns(
        DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=all_periods, has_venues=has_venues, mixes_quotes=has_venues
    )
    columns = tuple(replace(column, title=column.title.replace(" ", "_")) for column in columns)
    placed = place(columns, room, Widths(12, 9, 26))
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


def test_what_somebody_added_or_sorts_by_and_what_the_filter_goes_by_stay_where_room_is_short() -> None:
    def seen(keys: tuple[str, ...] = DEFAULT_KEYS, besides: tuple[str, ...] = (), sorted_by: str = "") -> list[str]:
        columns = view_columns(keys, (), all_periods=False, besides=besides, sorted_by=sorted_by)
        return [placed.column.title for placed in place(columns, 79, Widths(12, 9))]

    assert "Age" not in seen()
    assert "Age" in seen(sorted_by="age")
    assert "NATR 5m" in seen((*DEFAULT_KEYS, "natr(5m)"))
    assert seen(besides=("rsi(1h)", "turnover(24h)"))[2] == "⌕RSI 1h"
    assert "Turn 24h" in seen(besides=("rsi(1h)", "turnover(24h)")), "it is chosen, and not the filter's"
