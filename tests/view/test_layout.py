"""Which columns fit a width, and where each stands."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.screens.palette import Tints, palette
from klagg_tui.screens.widgets.row_renderer import RowState, header_pieces, row_strip
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.prices import LAST
from klagg_tui.view.columns.registry import DEFAULT_KEYS, find, view_columns
from klagg_tui.view.layout import LEAD, MAX_WIDTHS, MIN_WIDTHS, Widths, grown, place
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FIGURES, Figure, FigureCall, FigureUnit
from tests.makers import DAY, START, bar


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


def test_a_price_that_the_exchange_alone_told_has_room_before_the_first_trade() -> None:
    row = Row("1000SATSUSDT")
    row.figures = cast("Any", SimpleNamespace(told_last=0.00022029))
    widths = grown(MIN_WIDTHS, [row])
    (last,) = place([LAST], 40, widths)
    text, _ = LAST.draw(row, None, RenderContext(Period.parse("1m"), START, is_stale=False), last.width)
    assert text == "≈0.00022029"
    assert len(text) <= last.width


def test_a_price_has_room_for_the_commas_that_it_is_drawn_with() -> None:
    row = Row("BTCUSDT")
    row.decimals = 1
    row.bars[Period.parse("1m").ordinal] = bar(close="1086474.9")
    (last,) = place([LAST], 40, grown(MIN_WIDTHS, [row]))
    text, _ = LAST.draw(row, None, RenderContext(Period.parse("1m"), START, is_stale=False), last.width)
    assert text == "1,086,474.9"
    assert len(text) <= last.width


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


ROOMS = (80, 120, 160, 200, 300)
TWELVE = ("symbol", "last", "chg(24h)", "turnover(24h)", "delta(1h)", "rvol(5m)", "high(24h)", "corr(1h)", "rsi(1h)", "funding",
          "macd(1h)", "funding_in")  # fmt: skip
CONTEXT = RenderContext(Period.M1, START, is_stale=False)
STYLES = palette({}, Tints.THEME).plain
PRICE_TEXTS = (
    "0.000000012345",
    "0.00000000421",
    "123456.789012",
    "12345678901.25",
    "0.5912",
    "7",
    "99999.99",
    "64250.1",
    "123456.78",
    "1234567.8",
)
EXTREMES = (0.0, 1e-9, 0.004, 9.996, 99.96, 999.6, 9_999.96, 99_999.96, 123_456.789, 9.99e8, 9.999e14)
VALUES = st.one_of(
    st.none(), st.sampled_from(EXTREMES).flatmap(lambda value: st.sampled_from((value, -value))), st.floats(-1e15, 1e15)
)


class AnyFigures:
    """The same value of every figure."""

    def __init__(self, value: float | None, *, is_whole: bool) -> None:
        self.told_last = value
        self._value, self._is_whole = value, is_whole

    def value(self, _call: FigureCall, _bars: Sequence[Bar | None]) -> float | None:
        return self._value

    def coverage(self, _call: FigureCall, _bars: Sequence[Bar | None]) -> float:
        return float(self._is_whole)

    def look(self, _call: FigureCall, _bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        return self._value, self._is_whole


@st.composite
def any_rows(draw: st.DrawFn) -> Row:
    row = Row(
        draw(st.sampled_from(("BTCUSDT", "1000000MOGUSDT", "币安人生USDT", "okx-swap:BTC-USD-261225-SWAP-LONGER")))
    )
    price = draw(st.sampled_from((*PRICE_TEXTS, "")))
    if price:
        volume = draw(st.sampled_from(("0", "1", "123456789")))
        row.take(bar(START, price, volume=volume, symbol=row.symbol, trade_count=draw(st.sampled_from((0, 1, 10**9))),
                     state=draw(st.sampled_from(list(State)))))  # fmt: skip
    row.figures = AnyFigures(draw(VALUES), is_whole=draw(st.booleans()))
    row.quote = draw(st.sampled_from(("", "USDT", "TRY")))
    row.last_trade_ms = draw(st.sampled_from((None, START - 400 * DAY, START)))
    return row


def cells_of(text: str) -> list[str]:
    """A letter for each cell; of a wide one, itself twice."""
    return [letter for letter in text for _ in range(cell_len(letter))]


@given(st.sampled_from(ROOMS), st.sampled_from((DEFAULT_KEYS, TWELVE)), st.booleans(), st.booleans(), st.data())
def test_no_cell_touches_its_neighbour_and_nothing_moves_whatever_the_values(
    room: int, keys: tuple[str, ...], all_periods: bool, has_venues: bool, data: st.DataObject
) -> None:
    columns = view_columns(
        keys, DEFAULT_PERIODS, all_periods=all_periods, has_venues=has_venues, mixes_quotes=has_venues
    )
    rows = data.draw(st.lists(any_rows(), min_size=1, max_size=4))
    widths = grown(MIN_WIDTHS, rows)
    placed = place(columns, room - 1, widths)
    ends = [one.x + one.width for one in placed]
    edges = list(zip(ends[:-1], [one.x for one in placed[1:]], strict=True))
    for row in rows:
        state = RowState(cursor=False, mark=True, flash=data.draw(st.sampled_from((-1, 0, 1))), thumb=True, alert="◆")
        strip = row_strip(row, placed, CONTEXT, STYLES, room, state)
        cells = cells_of(strip.text)
        assert len(cells) == strip.cell_length == room
        assert all(" " in cells[end:begin] for end, begin in edges), strip.text
        assert ends[-1] <= room - 1
    sorted_by = data.draw(st.sampled_from([one.column.key for one in placed]))
    heads = cells_of(
        "".join(text for text, _, _ in header_pieces(placed, sorted_by, descending=data.draw(st.booleans())))
    )
    assert all(" " in heads[end:begin] for end, begin in edges), "".join(heads)
    # Another moment: other values, prices that went on by a tenth, one row less or none.
    for row in rows:
        row.figures = AnyFigures(data.draw(VALUES), is_whole=True)
        if (minute := row.bars[0]) is not None:
            tick = 10 ** (PRICE_DECIMALS - row.decimals)
            close = max(tick, minute.close * data.draw(st.integers(80, 110)) // 100 // tick * tick)
            row.take(minute._replace(close=close, high=max(minute.high, close), low=min(minute.low, close)))
    later = grown(widths, rows[: data.draw(st.integers(0, len(rows)))])
    assert place(columns, room - 1, later) == placed


@given(st.sampled_from(list(FIGURES.values())), VALUES, st.booleans(), st.sampled_from(PRICE_TEXTS))
def test_no_figure_is_cut_but_for_prices_that_are_none(
    figure: Figure, value: float | None, is_whole: bool, price: str
) -> None:
    column = find(figure.example)
    assert column is not None
    row = Row("BTCUSDT")
    row.take(bar(START, price))
    if value is not None and figure.unit is FigureUnit.TIMES:
        value = abs(value)  # nothing is traded less than never
    row.figures = AnyFigures(value, is_whole=is_whole)
    (one,) = place([column], 60, grown(MIN_WIDTHS, [row]))
    if figure.unit not in (FigureUnit.PRICE, FigureUnit.MINUTES, FigureUnit.DAYS):  # a time has its own bounds
        assert len(column.draw(row, row.bars[0], CONTEXT, one.width)[0]) <= one.width


def test_a_price_gets_the_room_of_the_digit_that_it_is_about_to_need() -> None:
    for price, cells in (("99999.99", 10), ("64250.1", 8), ("88000.5", 8), ("9.5", 8), ("950000.25", 12)):
        row = Row("BTCUSDT")
        row.take(bar(START, price))
        assert grown(MIN_WIDTHS, [row]).price == cells, price


def test_widths_only_grow_and_stay_below_what_is_too_wide() -> None:
    row = Row("okx-swap:BTC-USD-261225-SWAP-LONGER")
    row.take(bar(START, "123456789012.123456"))
    widths = grown(MIN_WIDTHS, [row])
    assert widths == MAX_WIDTHS
    assert grown(widths, []) == widths


def test_the_exchange_is_cut_before_the_last_numbers_are_left_out() -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False, has_venues=True)
    placed = place(columns, 61, Widths(18, 11, 26))
    assert [one.column.key for one in placed] == ["symbol", "venue", "last", "chg(24h)"]
    assert placed[1].width < 13
    assert place(columns, 120, Widths(18, 11, 26))[1].width == 13
