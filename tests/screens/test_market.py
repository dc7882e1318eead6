"""The market table, as a person at the keyboard meets it."""

import pytest
from rich.cells import cell_len

from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.feed import Mode, Progress
from klagg_tui.screens.palette import Tints, palette
from klagg_tui.screens.widgets.row_renderer import RowState, row_strip
from klagg_tui.screens.widgets.table import MarketTable
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import DEFAULT_KEYS, view_columns
from klagg_tui.view.layout import Widths, place
from klagg_tui.view.model import Row
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.makers import START, bar
from tests.pilot import Seen, opened

SIZES = [(80, 24), (120, 36), (200, 60), (300, 100)]


def _table(seen: Seen) -> MarketTable:
    return seen.app.screen.query_one(MarketTable)


def _current(seen: Seen) -> str:
    row = _table(seen).current
    assert row is not None
    return row.symbol


@pytest.mark.parametrize("size", SIZES)
async def test_status_heads_rows_and_keys_are_there_at_every_size(size: tuple[int, int]) -> None:
    async with opened(size, feed=MadeMarket(120)) as seen:
        status = seen.lines[0]
        for part in ("klagg", "made market", "demo", "120 of 120", "1m", "00:30:00 UTC", "45 ms"):
            assert part in status
        for head in ("Symbol", "Last", "Chg", "Age"):
            assert head in seen.lines[2]
        assert len(seen.symbols()) == min(120, size[1] - 4)
        assert "filter" in seen.lines[-1]


async def test_more_room_shows_more_columns() -> None:
    heads = []
    for size in SIZES:
        async with opened(size) as seen:
            heads.append(set(seen.lines[2].split()))
    assert heads[0] < heads[1] < heads[2]
    assert {"Open", "High", "Low", "Close", "Volume", "Turnover", "Trades", "Buyers", "Closes", "State"} <= heads[2]


@pytest.mark.parametrize("size", [(59, 30), (100, 14), (10, 3)])
async def test_a_terminal_that_is_too_small_is_told_so(size: tuple[int, int]) -> None:
    async with opened(size) as seen:
        assert "klagg" in seen.text
        assert "Symbol" not in seen.text


@pytest.mark.parametrize("keys", [(), ("slash",)])
async def test_keys_go_where_they_went_once_a_terminal_that_was_too_small_has_room_again(keys: tuple[str, ...]) -> None:
    async with opened((120, 36)) as seen:
        await seen.press(*keys)
        before = seen.app.focused
        assert before is not None
        await seen.pilot.resize_terminal(20, 5)
        await seen.pilot.resize_terminal(10, 3)
        await seen.pilot.resize_terminal(120, 36)
        assert seen.app.focused is before


async def test_a_row_shows_price_change_and_age() -> None:
    async with opened() as seen:
        seen.feed.trade_at("BTCUSDT", "70000.00")
        seen.feed.trade_at("BTCUSDT", "77777.12")
        await seen.beat()
        line = seen.line_with("BTCUSDT")
        assert "77777.12" in line
        assert "0s" in line
        assert "+" in line
        assert "forming" in line


async def test_only_rows_that_changed_are_drawn_anew() -> None:
    async with opened() as seen:
        await seen.beat(3)
        table = _table(seen)

        def drawn() -> dict[str, int]:
            return {symbol: id(strip) for symbol, (_, strip) in table._cache.items()}

        before = drawn()
        seen.feed.trade_at("ETHUSDT", "3333.33")
        await seen.beat()
        after = drawn()
        assert {symbol for symbol in before if before[symbol] != after[symbol]} == {"ETHUSDT"}


async def test_arrows_and_vim_keys_move_the_cursor() -> None:
    async with opened() as seen:
        names = [row.symbol for row in _table(seen).rows]
        await seen.press("down", "j", "j", "k")
        assert _current(seen) == names[2]
        await seen.press("up")
        assert _current(seen) == names[1]
        await seen.press("end")
        assert _current(seen) == names[-1]
        assert names[-1] in seen.text
        await seen.press("home")
        assert _current(seen) == names[0]
        await seen.press("G", "g", "pagedown")
        assert names.index(_current(seen)) == _table(seen).size.height - 1
        await seen.press("pageup")
        assert _current(seen) == names[0]


async def test_the_cursor_stays_with_its_symbol_when_the_order_changes() -> None:
    async with opened() as seen:
        await seen.press("down", "down", "down")
        symbol = _current(seen)
        await seen.press("S")
        assert _current(seen) == symbol
        assert _table(seen).index == 36


async def test_a_cursor_that_was_not_moved_stays_on_top() -> None:
    async with opened() as seen:
        first = _current(seen)
        await seen.press("S")
        assert _table(seen).index == 0
        assert _current(seen) != first


async def test_n_goes_through_the_matches_round_and_round() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("usdc")
        await seen.press("enter")
        assert sorted(seen.symbols()) == ["BTCUSDC", "ETHUSDC", "SOLUSDC"]
        names = []
        for _ in range(4):
            names.append(_current(seen))
            await seen.press("n")
        assert names[0] == names[3]
        assert len(set(names)) == 3
        await seen.press("N")
        assert _current(seen) == names[0]


async def test_a_number_shows_another_period() -> None:
    async with opened() as seen:
        await seen.press("2")
        assert "5m" in seen.lines[0]
        await seen.press("right_square_bracket")
        assert "30m" in seen.lines[0]
        await seen.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert "1m" in seen.lines[0]
        await seen.press("9")
        assert "1m" in seen.lines[0]
        assert seen.app.state.preferences.period == "1m"


async def test_the_filter_works_while_it_is_typed_and_a_bad_one_leaves_the_last_good_one() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc")
        assert sorted(seen.symbols()) == ["BTCUSDC", "BTCUSDT"]
        assert "2 of 40" in seen.lines[0]
        await seen.type(" volx>1")
        assert "There is no column volx" in seen.text
        assert len(seen.symbols()) <= 2
        await seen.press("escape")
        assert len(seen.symbols()) > 2
        assert "volx" not in seen.text


async def test_a_pasted_tab_or_control_sign_does_not_tear_the_line_apart() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc\t\x1b!usdc")
        assert seen.app.state.filter.text == "btc  !usdc"
        assert seen.symbols() == ["BTCUSDT"]


async def test_filters_of_before_come_back_with_up() -> None:
    async with opened() as seen:
        for text in ("btc", "eth"):
            await seen.press("slash", "ctrl+u")
            await seen.type(text)
            await seen.press("enter")
        await seen.press("slash", "up")
        assert seen.app.state.filter.text == "eth"
        await seen.press("up")
        assert seen.app.state.filter.text == "btc"
        await seen.press("up", "down", "down")
        assert seen.app.state.filter.text == "eth"


async def test_typing_begins_a_new_filter_and_an_arrow_goes_on_with_the_old_one() -> None:
    async with opened(preferences=Preferences(filter="btc")) as seen:
        await seen.press("slash", "e", "t", "h", "enter")
        assert seen.app.state.filter.text == "eth"
        await seen.press("slash", "right", "u", "enter")
        assert seen.app.state.filter.text == "ethu"


async def test_escape_on_the_table_clears_the_filter() -> None:
    async with opened(preferences=Preferences(filter="btc", sort="symbol")) as seen:
        assert len(seen.symbols()) == 2
        assert "⌕ btc" in seen.lines[1]
        await seen.press("escape")
        assert len(seen.symbols()) > 2


async def test_a_filter_is_saved_by_name_and_used_by_it() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc")
        await seen.press("ctrl+s")
        await seen.type("a b")
        await seen.press("enter")
        assert "Letters, digits" in seen.text
        await seen.press("ctrl+u")
        await seen.type("coins")
        await seen.press("enter")
        assert dict(seen.app.state.preferences.saved_filters) == {"coins": "btc"}
        await seen.press("escape", "slash")
        await seen.type("@coins")
        assert len(seen.symbols()) == 2


async def test_saved_filters_are_chosen_from_a_menu_and_deleted_there() -> None:
    async with opened() as seen:
        await seen.press("f")
        assert "None is saved yet" in next(iter(seen.app._notifications)).message
    async with opened(preferences=Preferences(saved_filters=(("coins", "btc"), ("usdc", "usdc")))) as seen:
        await seen.press("f")
        assert "@coins" in seen.text
        await seen.press("u")
        assert len(seen.symbols()) == 3
        await seen.press("f", "escape")
        assert len(seen.symbols()) == 3
        await seen.press("f", "d")
        assert seen.app.state.preferences.saved_filters == (("coins", "btc"),)
        assert len(seen.symbols()) > 3


@pytest.mark.parametrize("price", ["70001.25", "7.5"])
def test_a_price_that_changed_flashes_with_an_arrow_in_a_line_of_the_same_width(price: str) -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, price))
    placed = place(view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False), 99, Widths(10, 8))
    context, styles = RenderContext(Period.M1, START, is_stale=False), palette({}, Tints.THEME).plain
    for flash, sign in ((1, "▲"), (-1, "▼"), (0, " ")):
        strip = row_strip(
            row, placed, context, styles, 100, RowState(cursor=False, mark=False, flash=flash, thumb=False)
        )
        assert f"{sign}{price}" in strip.text
        assert strip.cell_length == cell_len(strip.text) == 100


async def test_nothing_that_matches_is_said() -> None:
    async with opened(preferences=Preferences(filter="xyzzy")) as seen:
        assert "No symbol matches xyzzy" in seen.text


async def test_a_market_without_symbols_says_what_it_waits_for() -> None:
    async with opened(feed=MadeMarket(0)) as seen:
        assert "waiting for the first symbols" in seen.text
        await seen.press("down", "end", "enter", "m", "n", "G")
        assert "0 of 0" in seen.lines[0]


async def test_s_and_a_letter_sort_by_a_column_and_again_the_other_way() -> None:
    async with opened((200, 60)) as seen:
        await seen.press("s")
        assert "Sort by" in seen.text
        await seen.press("l")
        assert seen.app.state.preferences.sorting.key == "last"
        prices = [row.last or 0 for row in _table(seen).rows]
        assert prices == sorted(prices, reverse=True)
        assert "▼Last" in seen.lines[2]
        await seen.press("s", "l")
        assert "▲Last" in seen.lines[2]
        await seen.press("s", "escape")
        assert "▲Last" in seen.lines[2]


async def test_a_click_on_a_head_sorts_by_it() -> None:
    async with opened() as seen:
        x = seen.lines[2].index("Chg")
        await seen.pilot.click("#headers", offset=(x, 0))
        await seen.pilot.pause()
        assert seen.app.state.preferences.sorting.key == "chg"


async def test_live_order_follows_the_market_once_a_second() -> None:
    async with opened(preferences=Preferences(sort="chg", period="1m")) as seen:
        seen.feed.trade_at("SNXUSDT", "5")
        seen.feed.trade_at("SNXUSDT", "6")
        await seen.beat(6)
        assert seen.symbols()[0] == "SNXUSDT"


async def test_a_frozen_picture_stands_still_says_so_and_goes_on_again() -> None:
    async with opened() as seen:
        await seen.press("space")
        assert "❚❚ frozen" in seen.lines[0]
        before = seen.line_with("BTCUSDT")
        seen.feed.trade_at("BTCUSDT", "99999.99")
        await seen.beat(6)
        assert seen.line_with("BTCUSDT") == before
        await seen.press("slash")
        await seen.type("btc")
        assert "99999.99" not in seen.text
        await seen.press("escape")
        await seen.press("space")
        assert "99999.99" in seen.line_with("BTCUSDT")
        assert "frozen" not in seen.lines[0]


async def test_marks_fill_a_watchlist_with_a_tab_of_its_own() -> None:
    async with opened() as seen:
        first = _current(seen)
        await seen.press("m", "m")
        assert "Watchlist 2" in seen.lines[1]
        assert "★" in seen.lines[3]
        await seen.press("tab")
        assert len(seen.symbols()) == 2
        await seen.press("home", "m")
        assert len(seen.symbols()) == 1
        assert first not in seen.symbols()
        await seen.press("m")
        assert "is empty" in seen.text
        await seen.press("shift+tab")
        assert len(seen.symbols()) > 2


async def test_lists_are_made_and_deleted() -> None:
    async with opened() as seen:
        await seen.press("w", "n")
        await seen.type("Mine")
        await seen.press("enter")
        assert seen.app.state.preferences.shown_list == "Mine"
        assert "★ Mine 0" in seen.lines[1]
        await seen.press("w", "d")
        assert "Mine" not in seen.text
        await seen.press("w", "1")
        assert seen.app.state.preferences.shown_list == "Watchlist"
        await seen.press("w", "0")
        assert seen.app.state.preferences.shown_list == ""


async def test_all_seven_periods_have_room_in_eighty_columns() -> None:
    async with opened((80, 24), preferences=Preferences(all_periods=True, filter="1000 or btcusdt")) as seen:
        heads = seen.lines[2].replace("▲", " ").replace("▼", " ").split()
        assert heads[-7:] == ["1m", "5m", "30m", "1h", "4h", "1d", "1w"]
        assert seen.line_with("BTCUSDT").count("%") == 7


async def test_beside_all_periods_stand_others_where_there_is_room() -> None:
    async with opened((200, 60), preferences=Preferences(all_periods=True)) as seen:
        assert seen.lines[2].split()[-4:] == ["▼Turnover", "Buyers", "Closes", "Age"]


async def test_where_room_is_short_the_filter_is_worth_more_than_the_keys_of_the_periods() -> None:
    lists = (("Watchlist", ("BTCUSDT",)), ("Majors", ()))
    async with opened((80, 24), preferences=Preferences(filter="chg>0", watchlists=lists)) as seen:
        assert "⌕ chg>0 " in seen.lines[1]
        assert seen.lines[1].endswith(" 1d  1w")
    async with opened((80, 24), preferences=Preferences(watchlists=lists)) as seen:
        assert seen.lines[1].endswith(" 7 1w")


async def test_the_order_is_marked_in_either_view() -> None:
    async with opened(preferences=Preferences(sort="chg", period="5m")) as seen:
        await seen.press("v")
        assert "▼5m" in seen.lines[2]
        await seen.press("s", "5")
        await seen.press("escape")
        seen.app.screen.action_sort_by("chg(5m)")  # type: ignore[attr-defined]
        await seen.pilot.pause()
        assert "▲5m" in seen.lines[2]
        await seen.press("v")
        assert "▲Chg" in seen.lines[2]
        seen.app.screen.action_sort_by("turnover")  # type: ignore[attr-defined]
        await seen.press("v")
        assert "▼ Turnover" in seen.lines[1]


async def test_a_market_that_cannot_be_reached_offers_the_simulated_one() -> None:
    feed = MadeMarket(0)
    feed.mode = Mode.OFFLINE
    feed.notices = ("127.0.0.1:9 cannot be reached.",)
    async with opened((80, 24), feed=feed) as seen:
        assert "D opens a simulated market" in seen.text
        assert seen.lines[-1].startswith(" D simulated market")
        assert "cannot be reached" in seen.lines[-2]


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_help_and_leaving_stand_at_the_foot_at_any_width(width: int) -> None:
    async with opened((width, 24)) as seen:
        assert seen.lines[-1].startswith(" / filter")
        assert seen.lines[-1].rstrip().endswith("? help  q quit")


async def test_the_keys_at_the_foot_are_those_of_the_keymap() -> None:
    async with opened(keymap={"freeze": "f5"}) as seen:
        assert "f5 freeze" in seen.lines[-1]
        assert "␣" not in seen.lines[-1]


@pytest.mark.parametrize("width", [80, 120])
async def test_what_is_wrong_with_a_filter_is_told_to_its_end(width: int) -> None:
    async with opened((width, 24)) as seen:
        await seen.press("slash")
        assert any(line.endswith(("saves", "clears")) for line in seen.lines)
        await seen.type("x>1")
        assert "state." in seen.text


async def test_all_periods_stand_beside_each_other() -> None:
    async with opened() as seen:
        await seen.press("v")
        assert seen.lines[2].split() == ["Symbol▲", "Last", "1m", "5m", "30m", "1h", "4h", "1d", "1w", "Age"]
        assert seen.line_with("BTCUSDT").count("%") == 7
        await seen.press("s", "d")
        assert seen.lines[2].split()[2] in ("▼1m", "1m")
        await seen.press("s", "d")
        assert seen.app.state.preferences.sort.startswith("chg(")
        await seen.press("v")
        assert "Turnover" in seen.lines[2]


async def test_columns_are_chosen_ordered_and_reset() -> None:
    async with opened() as seen:
        await seen.press("c", "down", "space", "enter")
        assert "Last" not in seen.lines[2]
        await seen.press("c", "J", "enter")
        assert seen.lines[2].split()[1].startswith("Symbol")
        await seen.press("c", "d", "enter")
        assert seen.lines[2].split()[1] == "Last"
        await seen.press("c", "space", "K", "k", "j", "escape")
        assert "Symbol" in seen.lines[2]


async def test_a_partial_row_looks_partial_and_an_old_one_stale() -> None:
    async with opened() as seen:
        seen.feed.now_ms += 120_000
        await seen.beat(6)
        assert "stale" in seen.lines[0]
        assert all("✕" in line for line in seen.lines[3:-1])


async def test_a_market_from_the_disk_says_that_it_is_offline() -> None:
    feed = MadeMarket(10)
    feed.mode = Mode.OFFLINE
    async with opened(feed=feed) as seen:
        assert "○ offline" in seen.lines[0]


async def test_trouble_is_told_above_the_keys_and_takes_no_line_without() -> None:
    feed = MadeMarket(10)
    feed.notices = ("The disk is full; 12 bars wait in memory.", "REST is slow.")
    async with opened((80, 24), feed=feed) as seen:
        assert "▲ The disk is full; 12 bars wait in memory.  (+1)" in seen.lines[-2]
        assert "q quit" in seen.lines[-1]
        feed.notices = ()
        await seen.beat()
        assert "The disk" not in seen.text


async def test_longer_work_is_told_with_how_far_it_is() -> None:
    feed = MadeMarket(10)
    feed.progress = Progress("history", 1, 4)
    async with opened((80, 24), feed=feed) as seen:
        assert seen.lines[-2].endswith("history ━━━━━━━━━━━━  25%")


async def test_a_line_that_is_too_long_says_so() -> None:
    feed = MadeMarket(10)
    feed.notices = ("The disk is full; " * 20,)
    async with opened((80, 24), feed=feed) as seen:
        assert seen.lines[-2].endswith("…")


async def test_before_the_first_trade_a_market_is_starting_and_its_old_rows_are_not_live() -> None:
    feed = MadeMarket(10)
    feed.hides_trades = True
    async with opened(feed=feed) as seen:
        assert "◌ starting" in seen.lines[0]
        assert "✕" in seen.line_with("BTCUSDT")
        feed.hides_trades = False
        feed.trade_at("BTCUSDT", "70000")
        await seen.beat()
        assert "● demo" in seen.lines[0]


async def test_a_click_moves_the_cursor_and_two_open_the_symbol() -> None:
    async with opened() as seen:
        await seen.pilot.click("#table", offset=(10, 4))
        assert _table(seen).index == 4
        await seen.pilot.click("#table", offset=(10, 4), times=2)
        await seen.pilot.pause()
        assert seen.app.screen.id == "symbol"


async def test_the_wheel_and_the_scroll_bar_scroll() -> None:
    async with opened((120, 20)) as seen:
        table = _table(seen)
        await seen.pilot._post_mouse_events([__import__("textual.events", fromlist=["x"]).MouseScrollDown], table)
        await seen.pilot.pause()
        assert table.scroll_offset.y > 0
        await seen.pilot.mouse_down("#table", offset=(119, 15))
        await seen.pilot.hover("#table", offset=(119, 15))
        await seen.pilot.mouse_up("#table", offset=(119, 15))
        assert table.scroll_offset.y == table.max_scroll_y


async def test_symbols_of_other_scripts_stand_in_their_columns() -> None:
    async with opened(feed=MadeMarket(41), preferences=Preferences(filter="币安 or btcusdt", sort="symbol")) as seen:
        ends = [cell_len(line.split("%")[0]) for line in seen.lines[3:5]]
        assert ends[0] == ends[1]
