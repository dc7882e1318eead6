"""The candle chart: where its cells are, and what may be read from them."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import price_text
from klagg_tui.engine.period import Period
from klagg_tui.view.candles import BODIES, STEPS, Chart, Picture, draw
from klagg_tui.view.indicators.registry import INDICATORS
from klagg_tui.view.role import Role
from tests.makers import MINUTE, START, bar

CANDLE = set("╷╻╵│╽╹╿┃█▀▄")
PRICE = st.integers(1, 10_000)


@st.composite
def _bars(drawn: st.DrawFn, at_least: int = 1) -> list[Bar]:
    bars = []
    for index in range(drawn(st.integers(at_least, 60))):
        prices = sorted(drawn(st.lists(PRICE, min_size=4, max_size=4)))
        low, one, other, high = map(str, prices)
        open_, close = drawn(st.permutations([one, other]))
        bars.append(bar(START + index * MINUTE, open_, high, low, close, str(drawn(st.integers(0, 99)))))
    return bars


def _grid(picture: Picture) -> list[list[tuple[str, int]]]:
    return [[(letter, piece.role) for piece in row for letter in piece.text] for row in picture.rows]


def _plain(bars: list[Bar], width: int, height: int, step: int) -> tuple[Picture, list[list[tuple[str, int]]]]:
    picture = draw(bars, Chart(width, height, Period.M1, 0, step))
    return picture, _grid(picture)


@settings(max_examples=40)
@given(_bars(), st.integers(0, 120), st.integers(0, 40), st.sampled_from(STEPS), st.booleans())
def test_the_picture_has_exactly_the_size_asked_for(
    bars: list[Bar], width: int, height: int, step: int, all_on: bool
) -> None:
    indicators = tuple(indicator.key for indicator in INDICATORS) if all_on else ()
    chart = Chart(width, height, Period.M1, 2, step, cross=len(bars) - 1, indicators=indicators)
    picture = draw(bars, chart)
    assert [sum(len(piece.text) for piece in row) for row in picture.rows] == (
        [width] * height if width else [0] * height
    )


@settings(max_examples=40)
@given(_bars(), st.integers(30, 120), st.integers(13, 40), st.sampled_from(STEPS))
def test_a_candle_never_leaves_its_column(bars: list[Bar], width: int, height: int, step: int) -> None:
    picture, grid = _plain(bars, width, height, step)
    assert picture.scale is not None
    for row in grid[: picture.scale.rows]:
        for x, (letter, role) in enumerate(row[: picture.plot_width]):
            if letter in CANDLE and role in (Role.GAIN, Role.LOSS):
                assert (x - picture.left) % step < BODIES[step]
                assert 0 <= (x - picture.left) // step < picture.bars


@settings(max_examples=40)
@given(_bars(), st.integers(30, 120), st.integers(13, 40), st.sampled_from(STEPS))
def test_highs_and_lows_land_on_their_rows(bars: list[Bar], width: int, height: int, step: int) -> None:
    picture, grid = _plain(bars, width, height, step)
    scale = picture.scale
    assert scale is not None
    for index, one in enumerate(bars[picture.first : picture.first + picture.bars]):
        columns = range(picture.left + index * step, picture.left + index * step + BODIES[step])
        rows = [y for y in range(scale.rows) if any(grid[y][x][0] in CANDLE for x in columns)]
        assert rows == list(range(scale.row(one.high), scale.row(one.low) + 1))


@settings(max_examples=40)
@given(_bars(at_least=2), st.sampled_from(STEPS))
def test_the_highest_high_is_on_the_first_row_below_the_legend_and_the_lowest_low_on_the_last(
    bars: list[Bar], step: int
) -> None:
    picture, _ = _plain(bars, 100, 30, step)
    scale = picture.scale
    shown = bars[picture.first : picture.first + picture.bars]
    assert scale is not None
    assume(max(one.high for one in shown) > min(one.low for one in shown))
    assert scale.row(max(one.high for one in shown)) == 1
    assert scale.row(min(one.low for one in shown)) == scale.rows - 1


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 60), PRICE, PRICE)
def test_a_higher_price_is_never_on_a_lower_row(low: int, reach: int, rows: int, one: int, other: int) -> None:
    from klagg_tui.view.axes import PriceScale

    scale = PriceScale(low, low + reach, rows)
    assert (scale.row(max(one, other)) <= scale.row(min(one, other))) is True
    assert 0 <= scale.row(one) < rows


def test_nothing_to_draw_draws_nothing() -> None:
    for bars in ([], [bar(open="0")]):
        picture = draw(bars, Chart(60, 20, Period.M1))
        assert picture.scale is None
        assert not "".join(piece.text for row in picture.rows for piece in row).strip()


def test_a_rising_candle_gains_and_a_falling_one_loses() -> None:
    bars = [bar(START, "100", "110", "90", "105"), bar(START + MINUTE, "105", "110", "90", "100")]
    picture, grid = _plain(bars, 60, 20, 2)
    for x, expected in ((picture.left, Role.GAIN), (picture.left + 2, Role.LOSS)):
        assert {row[x][1] for row in grid[:16] if row[x][0] in CANDLE} == {expected}


@settings(max_examples=40)
@given(_bars(), st.integers(30, 120), st.sampled_from(STEPS))
def test_the_newest_bar_stands_at_the_right_however_few_there_are(bars: list[Bar], width: int, step: int) -> None:
    picture, _ = _plain(bars, width, 20, step)
    room = picture.plot_width - picture.left - picture.bars * step
    assert 0 <= room < step
    assert picture.bar_at(picture.left, step) == picture.first
    assert picture.bar_at(picture.left - 1, step) is None
    assert picture.bar_at(picture.plot_width - 1 - room, step) == picture.first + picture.bars - 1


def test_the_prices_beside_it_are_those_of_their_rows() -> None:
    bars = [bar(START + i * MINUTE, str(100 + i), str(103 + i), str(98 + i), str(101 + i)) for i in range(40)]
    picture, grid = _plain(bars, 80, 30, 1)
    assert picture.scale is not None
    labels = {y: "".join(letter for letter, _ in row[picture.plot_width :]).strip() for y, row in enumerate(grid)}
    prices = {y: float(label) for y, label in labels.items() if label and y < picture.scale.rows}
    assert len(prices) >= 3
    for y, price in prices.items():
        assert picture.scale.row(price * 1e12) == y


def test_the_crosshair_names_price_and_time_of_its_bar() -> None:
    bars = [bar(START + i * MINUTE, str(100 + i), close=str(101 + i)) for i in range(20)]
    picture = draw(bars, Chart(80, 24, Period.M1, 2, 2, cross=7))
    drawn = ["".join(piece.text for piece in row) for row in picture.rows]
    assert "2024-08-08 00:07" in drawn[-1]
    assert all(len(word) > 3 for word in drawn[-1].split())  # no rest of a time that it covers
    assert any(f"╴{price_text(bars[7].close, 2)}" in row for row in drawn)


def test_a_column_tells_which_bar_it_belongs_to() -> None:
    bars = [bar(START + i * MINUTE) for i in range(100)]
    picture = draw(bars, Chart(60, 20, Period.M1, 0, 2))
    assert picture.bar_at(0, 2) == picture.first
    assert picture.bar_at(3, 2) == picture.first + 1
    assert picture.bar_at(picture.plot_width, 2) is None
    assert picture.first + picture.bars == 100


def test_scrolled_back_the_newest_bars_are_not_on_view() -> None:
    bars = [bar(START + i * MINUTE) for i in range(100)]
    picture = draw(bars, Chart(60, 20, Period.M1, 0, 2, end=50))
    assert picture.first + picture.bars == 50


def test_a_partial_bar_has_a_volume_of_another_colour() -> None:
    picture, grid = _plain([bar(state=State.PARTIAL, volume="5")], 60, 20, 2)
    assert {row[picture.left][1] for row in grid[16:19] if row[picture.left][0] != " "} == {Role.WARN}


def test_a_marked_price_is_a_line_behind_the_candles_and_beside_it() -> None:
    bars = [bar(START + place * MINUTE, "100", "110", "90", "105") for place in range(5)]
    unit = 10**12
    lines = (80 * unit, 95 * unit, 120 * unit)
    plain = draw(bars, Chart(60, 20, Period.M1, 0, 2))
    marked = draw(bars, Chart(60, 20, Period.M1, 0, 2, lines=lines))
    changed = [place for place, (one, other) in enumerate(zip(plain.rows, marked.rows, strict=True)) if one != other]
    assert plain.scale is not None
    assert changed == [plain.scale.row(95 * unit)]
    (line,) = ["".join(piece.text for piece in marked.rows[place]) for place in changed]
    assert line.rstrip().endswith("◇95")
    assert CANDLE & set(line)
    assert line.count("╌") > 30
