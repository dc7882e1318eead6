"""The wall of charts, as somebody at the keyboard meets it."""

from pathlib import Path

import pytest
from textual import events

from klagg_tui.engine.period import Period
from klagg_tui.feed import Mode
from klagg_tui.screens.dialogs.alerts import AlertsScreen
from klagg_tui.screens.wall import WallScreen
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.made_venues import made_venues
from tests.pilot import Seen, opened

BY_SYMBOL = Preferences(sort="symbol", descending=False, period="1m")
NAMES = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "BNBUSDT", "ADAUSDT", "LINKUSDT", "AVAXUSDT")


def _marked(count: int) -> Preferences:
    return Preferences(sort="symbol", descending=False, period="1m", marks=NAMES[:count])


def _wall(seen: Seen) -> WallScreen:
    assert isinstance(seen.app.screen, WallScreen)
    return seen.app.screen


async def _ready(seen: Seen) -> None:
    """Every chart on view has its history, and is drawn with it."""
    wall = _wall(seen)
    await until(lambda: bool(wall.on_view) and all(wall.grid.chart_of(symbol) for symbol in wall.on_view))
    await seen.work_done()
    await seen.beat()


async def _to_wall(seen: Seen) -> WallScreen:
    await seen.press("W")
    await _ready(seen)
    return _wall(seen)


def _titles(seen: Seen) -> list[tuple[int, int]]:
    """Column and row of each chart's title."""
    grid = _wall(seen).grid
    return [(chart.region.x, chart.region.y) for symbol in grid.on_view if (chart := grid.chart_of(symbol)) is not None]


@pytest.mark.parametrize(
    ("size", "count", "shown"),
    [((80, 24), 9, 4), ((80, 24), 2, 2), ((120, 36), 9, 9), ((200, 60), 5, 5), ((300, 80), 9, 9), ((60, 15), 4, 1)],
)
async def test_as_many_charts_as_can_be_read_each_with_its_title(size: tuple[int, int], count: int, shown: int) -> None:
    async with opened(size, preferences=_marked(count)) as seen:
        wall = await _to_wall(seen)
        assert wall.on_view == NAMES[:shown]
        for symbol, (x, y) in zip(wall.on_view, _titles(seen), strict=True):
            title = seen.lines[y][x:].removeprefix("▌").lstrip()
            assert title.startswith(f"▣  {symbol} ")
            assert "%" in title
        assert any(candle in seen.text for candle in "┃╽╿")
        assert f"▣ {count} marked" in seen.lines[1]
        assert (" · page 1 of " in seen.lines[1]) is (count > shown)
        assert ("page" in seen.lines[-1]) is (count > shown)


async def test_keys_turn_pages_and_the_focus_takes_the_page_along() -> None:
    async with opened((80, 24), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        await seen.press("pagedown")
        assert list(wall.on_view) == [*NAMES[4:8]]
        assert "page 2 of 3" in seen.lines[1]
        await seen.press("end")
        assert list(wall.on_view) == [*NAMES[8:]]
        await seen.press("pagedown")
        assert list(wall.on_view) == [*NAMES[:4]]
        await seen.press("right", "right", "right", "right")
        assert (wall.current, list(wall.on_view)) == (NAMES[4], [*NAMES[4:8]])
        await _ready(seen)
        assert NAMES[4] in seen.lines[2]
        assert NAMES[0] not in seen.text


async def test_arrows_and_clicks_move_the_focus_and_enter_opens_its_symbol() -> None:
    async with opened((120, 36), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        for key, symbol in (("right", 1), ("down", 4), ("left", 3), ("up", 0), ("up", 0), ("left", 0), ("end", 8)):
            await seen.press(key)
            assert wall.current == NAMES[symbol]
            x, y = _titles(seen)[symbol]
            assert seen.lines[y][x] == seen.lines[y + 3][x] == "▌"
            assert seen.text.count("▌") == wall.grid.charts[symbol].size.height
        assert f" {wall.current} " in seen.lines[0]
        await seen.pilot.click(offset=(90, 4))
        await seen.pilot.pause()
        assert wall.current == NAMES[2]
        await seen.press("enter")
        assert seen.app.screen.id == "symbol"
        assert "SOLUSDT" in seen.lines[0]
        await seen.press("n")
        assert "XRPUSDT" in seen.lines[0], "the next of the wall, not of the table"
        await seen.press("escape")
        assert seen.app.screen is wall


async def test_two_clicks_open_a_symbol() -> None:
    async with opened((120, 36), preferences=_marked(9)) as seen:
        await _to_wall(seen)
        await seen.pilot.double_click(offset=(90, 4))
        await seen.pilot.pause()
        assert seen.app.screen.id == "symbol"
        assert "SOLUSDT" in seen.lines[0]


async def test_the_wheel_turns_pages() -> None:
    async with opened((80, 24), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        for scrolled, names in ((events.MouseScrollDown, NAMES[4:8]), (events.MouseScrollUp, NAMES[:4])):
            await seen.pilot._post_mouse_events([scrolled], None, (10, 10))
            await seen.pilot.pause()
            assert wall.on_view == names
            assert all(chart.end is None for chart in wall.grid.charts), "no chart goes into the past"


async def test_a_mark_that_is_taken_away_drops_its_chart_and_the_others_are_not_loaded_again() -> None:
    async with opened((120, 36), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        charts = {symbol: wall.grid.chart_of(symbol) for symbol in NAMES}
        series = {symbol: chart.series for symbol, chart in charts.items() if chart is not None}
        await seen.press("right", "M")
        assert wall.on_view == (NAMES[0], *NAMES[2:])
        assert wall.current == NAMES[2]
        assert "ETHUSDT" not in seen.text
        assert seen.app.state.preferences.marks == (NAMES[0], *NAMES[2:])
        for symbol in wall.on_view:
            chart = wall.grid.chart_of(symbol)
            assert chart is charts[symbol]
            assert chart is not None
            assert chart.series is series[symbol]


async def test_without_any_mark_left_the_wall_says_so() -> None:
    async with opened((80, 24), preferences=_marked(1)) as seen:
        await _to_wall(seen)
        await seen.press("M")
        assert "Nothing is marked any more" in seen.text
        await seen.press("left", "down", "pagedown", "end", "enter", "M", "plus", "y", "space", "2")
        assert isinstance(seen.app.screen, WallScreen)
        await seen.press("escape")
        assert seen.app.screen.id == "market"


async def test_a_mark_that_is_taken_away_on_the_symbol_s_own_screen_drops_its_chart_too() -> None:
    async with opened((120, 36), preferences=_marked(4)) as seen:
        wall = await _to_wall(seen)
        await seen.press("right", "enter", "M", "escape")
        assert wall.on_view == (NAMES[0], *NAMES[2:4])


async def test_without_marks_the_list_on_view_counts_as_them() -> None:
    chosen = Preferences(
        sort="symbol", descending=False, period="1m", watchlists=(("Majors", NAMES[:4]),), shown_list="Majors"
    )
    async with opened((120, 36), preferences=chosen) as seen:
        wall = await _to_wall(seen)
        assert wall.on_view == NAMES[:4]
        assert "★ Majors 4" in seen.lines[1]
        assert seen.lines[2].startswith("▌★  BTCUSDT")


async def test_without_marks_and_list_it_is_the_first_rows_as_they_stood_and_that_is_said() -> None:
    async with opened((120, 36)) as seen:
        first = tuple(row.symbol for row in seen.table.rows[:9])
        wall = await _to_wall(seen)
        assert wall.on_view == first
        assert "nothing marked: the first rows" in seen.lines[1]
        await seen.press("M", "right", "M")
        assert wall.on_view == first, "whoever marks some of them goes on seeing all"
        assert seen.text.count("▣") == 2
        await seen.press("escape", "W")
        assert _wall(seen).on_view == first[:2]


async def test_another_period_holds_for_every_chart() -> None:
    async with opened((120, 36), preferences=_marked(4)) as seen:
        wall = await _to_wall(seen)
        await seen.press("right_square_bracket")
        await _ready(seen)
        assert seen.app.state.period is Period.M5
        for symbol in wall.on_view:
            chart = wall.grid.chart_of(symbol)
            assert chart is not None
            assert chart.series is not None
            assert (chart.series.period, len(chart.series.bars)) == (Period.M5, 7)


async def test_a_trade_moves_its_chart_and_no_other_is_drawn_anew() -> None:
    async with opened((120, 36), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        drawn = [chart.drawn for chart in wall.grid.charts]
        seen.feed.trade_at("SOLUSDT", "151.37")
        await seen.beat()
        assert "▣  SOLUSDT 151.37" in seen.text
        after = [chart.drawn for chart in wall.grid.charts]
        assert [now - before for before, now in zip(drawn, after, strict=True)] == [0, 0, 1, 0, 0, 0, 0, 0, 0]
        await seen.beat(3)
        assert [chart.drawn for chart in wall.grid.charts] == after


async def test_charts_of_other_pages_go_on_too() -> None:
    async with opened((80, 24), preferences=_marked(5)) as seen:
        await _to_wall(seen)
        await seen.press("pagedown")
        await _ready(seen)
        seen.feed.trade_at("ETHUSDT", "3456.78")
        await seen.beat()
        await seen.press("pagedown")
        assert "ETHUSDT 3,456.78" in seen.text


async def test_a_frozen_wall_stands_still_and_catches_up_with_the_bars_that_came() -> None:
    async with opened((120, 36), preferences=_marked(2)) as seen:
        wall = await _to_wall(seen)
        await seen.press("space")
        assert "❚❚ frozen" in seen.lines[0]
        before = seen.lines[2:-1]
        for price in ("77777.7", "78888.8", "79999.9"):
            seen.feed.play(20, 60_000)
            seen.feed.trade_at("BTCUSDT", price)
            await seen.beat()
        assert seen.lines[2:-1] == before
        await seen.press("space")
        await _ready(seen)
        assert "79,999.9" in seen.text
        chart = wall.grid.chart_of("BTCUSDT")
        assert chart is not None
        assert chart.series is not None
        opens = [bar.open_ms for bar in chart.series.bars]
        assert opens == list(range(opens[0], opens[-1] + 1, 60_000)), "none of the bars in between is missing"


async def test_bars_that_came_while_a_symbol_was_open_are_there_afterwards() -> None:
    async with opened((120, 36), preferences=_marked(2)) as seen:
        wall = await _to_wall(seen)
        await seen.press("enter")
        for _ in range(3):
            seen.feed.play(40, 60_000)
            await seen.beat()
        await seen.press("escape")
        await _ready(seen)
        for symbol in wall.on_view:
            chart = wall.grid.chart_of(symbol)
            assert chart is not None
            assert chart.series is not None
            opens = [bar.open_ms for bar in chart.series.bars]
            assert opens == list(range(opens[0], opens[-1] + 1, 60_000))


async def _resized(seen: Seen, size: tuple[int, int]) -> list[list[str]]:
    """Another size, and every frame that was painted on the way, line by line."""
    frames: list[list[str]] = []
    display = seen.app._display

    def noted(screen: object, renderable: object) -> None:
        display(screen, renderable)  # type: ignore[arg-type]
        if renderable is not None and seen.app.screen.size == size:
            frames.append(seen.lines)

    seen.app._display = noted  # type: ignore[method-assign]
    await seen.resize(*size)
    await until(lambda: bool(frames))
    await seen.beat(2)
    seen.app._display = display  # type: ignore[method-assign]
    return frames


async def test_another_size_loads_nothing_again_and_paints_no_frame_of_the_old_shape() -> None:
    async with opened((120, 36), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        series = [chart.series for chart in wall.grid.charts]
        for size, shown in (((80, 24), 4), ((300, 80), 9), ((60, 15), 1), ((120, 36), 9)):
            frames = await _resized(seen, size)
            assert wall.on_view == NAMES[:shown]
            for lines in frames:
                for symbol, (x, y) in zip(wall.on_view, _titles(seen), strict=True):
                    assert f"▣  {symbol}" in lines[y][x : x + 20]
                    assert any(candle in line[x:] for line in lines[y + 1 :] for candle in "┃╽╿")
        assert [chart.series for chart in wall.grid.charts] == series


async def test_the_page_of_the_focus_stays_in_view_in_another_size() -> None:
    async with opened((120, 36), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        await seen.press("end", "left")
        await _resized(seen, (80, 24))
        assert (wall.current, wall.on_view) == (NAMES[7], NAMES[4:8])
        await _resized(seen, (120, 36))
        assert wall.on_view == NAMES


async def test_too_small_a_terminal_says_so_and_the_wall_is_back_with_the_room() -> None:
    async with opened((80, 24), preferences=_marked(4)) as seen:
        await _to_wall(seen)
        await seen.resize(40, 10)
        assert "klagg needs" in seen.text
        await seen.resize(80, 24)
        assert "BTCUSDT" in seen.lines[2]


async def test_a_symbol_without_bars_says_so() -> None:
    feed = MadeMarket(9, minutes=0)
    async with opened((120, 36), feed=feed, preferences=_marked(2)) as seen:
        await _to_wall(seen)
        await seen.beat(3)
        assert "no bars of BTCUSDT in 1m yet" in seen.text
        assert "no bars of ETHUSDT in 1m yet" in seen.text
        seen.feed.trade_at("BTCUSDT", "64000.5")
        await seen.beat()
        assert "no bars of BTCUSDT" not in seen.text
        assert "64,000.5" in seen.text


async def test_states_show_as_elsewhere() -> None:
    feed = MadeMarket(9)
    async with opened((120, 36), feed=feed, preferences=_marked(2)) as seen:
        await _to_wall(seen)
        feed.halted = frozenset({"ETHUSDT"})
        await seen.beat()
        assert "▣= ETHUSDT" in seen.text
        feed.now_ms += 120_000
        await seen.beat()
        assert "✕ stale" in seen.lines[0]
        assert "▣✕ BTCUSDT" in seen.text
        feed.mode = Mode.OFFLINE
        await seen.beat()
        assert "○ offline" in seen.lines[0]
        assert "▣✕ BTCUSDT" in seen.text


async def test_of_several_exchanges_the_one_that_is_behind_is_shown_so_alone() -> None:
    feed = made_venues()
    feed.venues = tuple(one._replace(is_behind=one.key == "kraken") for one in feed.venues)
    marks = ("binance-um:BTCUSDT", "kraken:BTC/USD")
    async with opened((160, 48), feed=feed, preferences=Preferences(period="1m", marks=marks)) as seen:
        await _to_wall(seen)
        assert "▣  binance-um:BTCUSDT" in seen.text
        assert "▣✕ kraken:BTC/USD" in seen.text


async def test_the_charts_on_view_are_fetched_first() -> None:
    async with opened((80, 24), preferences=_marked(9)) as seen:
        await _to_wall(seen)
        await seen.press("right")
        await seen.beat()
        assert seen.feed.looked_at == (NAMES[:4], Period.M1, NAMES[1])
        await seen.press("escape")
        await seen.beat()
        assert seen.feed.looked_at[0] != NAMES[:4]


async def test_the_wall_is_up_again_at_the_next_start_unless_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    for has_left in (False, True):
        async with opened((80, 24), preferences=_marked(4), state_path=path) as seen:
            if not isinstance(seen.app.screen, WallScreen):
                await seen.press("W")
            await until(lambda: seen.app.screen.id == "wall")
            if has_left:
                await seen.press("escape")
            assert seen.app._state_file is not None
            seen.app._state_file.flush()
    async with opened((80, 24), preferences=_marked(4), state_path=path) as seen:
        await seen.beat(2)
        assert seen.app.screen.id == "market"
        assert not seen.app.state.preferences.on_wall


async def test_the_start_can_ask_for_the_wall() -> None:
    chosen = Preferences(sort="symbol", descending=False, period="1m", on_wall=True)
    async with opened((80, 24), preferences=chosen) as seen:
        await until(lambda: seen.app.screen.id == "wall")
        await _ready(seen)
        assert len(_wall(seen).on_view) == 4


@pytest.mark.parametrize("marks", [(), NAMES[:2]])
async def test_a_wall_that_was_up_before_the_market_had_a_symbol_shows_those_that_come(marks: tuple[str, ...]) -> None:
    feed = MadeMarket(9)
    update = feed.take_changes()
    later = [None, None, update]
    feed.take_changes = lambda: later.pop(0) if later else None  # type: ignore[method-assign]
    chosen = Preferences(sort="symbol", descending=False, period="1m", on_wall=True, marks=marks)
    async with opened((80, 24), feed=feed, preferences=chosen) as seen:
        await until(lambda: seen.app.screen.id == "wall")
        await until(lambda: not later)
        await _ready(seen)
        assert len(_wall(seen).on_view) == (len(marks) or 4)
        assert "0 of" not in seen.lines[0]


async def test_help_and_palette_have_the_wall_s_keys() -> None:
    async with opened((120, 60), preferences=_marked(4)) as seen:
        await _to_wall(seen)
        await seen.press("question_mark")
        assert "Help · Wall of charts" in seen.text
        assert "Take the symbol's mark away, or mark it" in seen.text
        await seen.press("escape", "escape", "question_mark")
        assert "Wall: charts of the marked symbols" in seen.text
        await seen.press("escape", "colon")
        await seen.type("wall: charts")
        await until(lambda: "Wall: charts of the marked symbols" in seen.text)
        await seen.press("enter")
        await until(lambda: seen.app.screen.id == "wall")


async def test_alerts_and_export_mean_the_chart_that_has_the_focus() -> None:
    async with opened((120, 36), preferences=_marked(4)) as seen:
        await _to_wall(seen)
        await seen.press("right", "a")
        assert isinstance(seen.app.screen, AlertsScreen)
        assert seen.app.screen._suggestion.startswith("symbol=ETHUSDT ")


async def test_candles_of_every_chart_get_broader_and_the_theme_changes_all() -> None:
    async with opened((300, 80), preferences=_marked(9)) as seen:
        wall = await _to_wall(seen)
        steps = [chart.picture.bars for chart in wall.grid.charts]
        await seen.press("plus")
        assert "▄" in seen.text or "█" in seen.text
        assert [chart.breadth for chart in wall.grid.charts] == [2] * 9
        await seen.press("minus")
        assert [chart.picture.bars for chart in wall.grid.charts] == steps
        before = wall.grid.charts[0]._strips[5]
        seen.app.theme = "textual-light"
        await seen.beat()
        assert wall.grid.charts[0]._strips[5] != before
        assert wall.grid.charts[0]._strips[5].text == before.text
