"""The wall of charts as a pure value."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.model import Row
from klagg_tui.view.wall import (
    LEAST_HEIGHT,
    LEAST_WIDTH,
    MOST,
    Shape,
    Source,
    Wall,
    cells_of,
    shape_for,
    title_pieces,
    told_source,
)
from tests.makers import START, bar

NAMES = tuple(f"S{number}USDT" for number in range(12))


def _wall(count: int) -> Wall:
    wall = Wall()
    wall.choose(NAMES[:count], (), ())
    return wall


@pytest.mark.parametrize(
    ("size", "shapes"),
    [
        ((80, 21), {1: (1, 1), 2: (2, 1), 3: (2, 2), 4: (2, 2), 5: (2, 2), 9: (2, 2)}),
        ((120, 33), {2: (2, 1), 4: (2, 2), 5: (3, 2), 6: (3, 2), 7: (3, 3), 9: (3, 3)}),
        ((300, 77), {1: (1, 1), 4: (2, 2), 6: (3, 2), 9: (3, 3), 12: (3, 3)}),
        ((60, 12), {1: (1, 1), 9: (1, 1)}),
        ((60, 40), {1: (1, 1), 2: (1, 2), 3: (1, 3), 9: (1, 3)}),
        ((90, 40), {5: (2, 3), 9: (2, 3)}),
    ],
)
def test_the_shape_goes_by_count_and_size(size: tuple[int, int], shapes: dict[int, tuple[int, int]]) -> None:
    assert {count: tuple(shape_for(count, *size)) for count in shapes} == shapes


@given(st.integers(0, 30), st.integers(0, 400), st.integers(0, 120))
def test_charts_can_be_read_and_fill_the_area_without_lying_over_each_other(
    count: int, width: int, height: int
) -> None:
    shape = shape_for(count, width, height)
    cells = cells_of(shape, width, height)
    assert len(cells) == shape.charts <= MOST
    assert sum(cell.width * cell.height for cell in cells) == width * height
    for one, other in combinations(cells, 2):
        is_beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert is_beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    if shape.charts > 1:
        assert all(cell.width >= LEAST_WIDTH and cell.height >= LEAST_HEIGHT for cell in cells)


def test_marks_come_before_the_list_on_view_and_that_before_the_first_rows() -> None:
    for marked, listed, source, symbols in (
        (("A",), ("B",), Source.MARKS, ("A",)),
        ((), ("B", "C"), Source.LIST, ("B", "C")),
        ((), (), Source.ROWS, NAMES[:9]),
    ):
        wall = Wall()
        wall.choose(marked, listed, NAMES)
        assert (wall.source, wall.symbols) == (source, symbols)


def test_the_first_rows_stay_while_the_table_goes_on_and_give_way_to_marks() -> None:
    wall = Wall()
    wall.choose((), (), ())
    sources = [wall.source]
    wall.choose((), (), ("A", "B"))
    wall.choose((), (), ("B", "A"))
    assert list(wall.symbols) == ["A", "B"]
    wall.choose(("C",), (), ("B", "A"))
    assert list(wall.symbols) == ["C"]
    assert [*sources, wall.source] == [None, Source.MARKS]


def test_whoever_marks_the_first_rows_keeps_them_in_view() -> None:
    wall = Wall()
    wall.choose((), (), ("A", "B"))
    wall.keep()
    wall.choose(("A",), (), ())
    assert wall.symbols == ("A", "B")


def test_the_last_mark_that_goes_leaves_an_empty_wall() -> None:
    wall = _wall(1)
    wall.keep()
    wall.choose((), (), NAMES)
    assert (wall.source, wall.symbols, wall.focused) == (Source.MARKS, (), None)


def test_the_focus_stays_with_its_symbol_and_goes_to_the_next_where_that_goes() -> None:
    wall = _wall(5)
    wall.focus_on(2)
    wall.choose(NAMES[1:5], (), ())
    assert wall.focused == NAMES[2]
    wall.choose((NAMES[1], *NAMES[3:5]), (), ())
    assert wall.focused == NAMES[3]
    wall.focus_on(99)
    wall.choose(NAMES[1:3], (), ())
    assert wall.focused == NAMES[2]


def test_pages_hold_every_symbol_once_and_turn_round_and_round() -> None:
    wall, shape = _wall(9), Shape(2, 2)
    seen: list[str] = []
    for _ in range(wall.pages(shape)):
        seen += wall.on_view(shape)
        wall.turn(1, shape)
    assert tuple(seen) == wall.symbols
    assert wall.page(shape) == 0
    wall.turn(-1, shape)
    assert wall.on_view(shape) == (NAMES[8],)
    assert told_source(wall, "", shape) == " ▣ 9 marked · page 3 of 3"
    assert told_source(wall, "", Shape(3, 3)) == " ▣ 9 marked"


@given(st.integers(1, 12), st.integers(0, 11), st.sampled_from([Shape(1, 1), Shape(2, 2), Shape(3, 2), Shape(3, 3)]))
def test_the_focus_is_always_in_view(count: int, focus: int, shape: Shape) -> None:
    wall = _wall(count)
    wall.focus_on(focus)
    assert wall.focused in wall.on_view(shape)


def _title(row: Row | None, width: int, *, is_stale: bool = False, now_ms: int = START) -> str:
    context = RenderContext(Period.M1, now_ms, is_stale)
    return "".join(piece.text for piece in title_pieces("BTCUSDT", row, context, width, "▣", 1.5))


def test_a_title_drops_its_last_parts_where_room_is_short_and_never_the_symbol() -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, "100", close="101", state=State.FORMING))
    assert _title(row, 60) == "▣  BTCUSDT 101 ▲ +1.00% 24h +1.50%"
    assert _title(row, 30) == "▣  BTCUSDT 101 ▲ +1.00%"
    assert _title(row, 16) == "▣  BTCUSDT 101"
    assert _title(row, 5) == "▣  BTCUSDT"


def test_a_title_has_the_newest_price_also_where_the_period_has_no_bar_yet() -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, "100", close="101", period=Period.M5))
    assert _title(row, 60) == "▣  BTCUSDT 101"


def test_a_title_has_the_signs_of_the_table() -> None:
    row = Row("BTCUSDT")
    assert _title(None, 60) == _title(row, 60) == "▣  BTCUSDT"
    row.take(bar(START, "100"))
    assert _title(row, 60, is_stale=True).startswith("▣✕ BTCUSDT")
    assert _title(row, 60, now_ms=START + 120_000).startswith("▣✕ BTCUSDT"), "its bar should long be over"
    row.is_halted = True
    assert _title(row, 60, is_stale=True).startswith("▣= BTCUSDT")
