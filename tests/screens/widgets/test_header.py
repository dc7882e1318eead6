"""The two lines on top."""

from klagg_tui.feed import Mode
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.pilot import opened


async def test_where_room_is_short_the_filter_is_worth_more_than_the_keys_of_the_periods() -> None:
    lists = (("Watchlist", ("BTCUSDT",)), ("Majors", ()))
    async with opened((80, 24), preferences=Preferences(filter="chg>0", watchlists=lists)) as seen:
        assert "⌕ chg>0 " in seen.lines[1]
        assert seen.lines[1].endswith(" 1d  1w")
    async with opened((80, 24), preferences=Preferences(watchlists=lists)) as seen:
        assert seen.lines[1].endswith(" 7 1w")


async def test_a_market_from_the_disk_says_that_it_is_offline() -> None:
    feed = MadeMarket(10)
    feed.mode = Mode.OFFLINE
    async with opened(feed=feed) as seen:
        assert "○ offline" in seen.lines[0]


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


async def test_in_sixty_columns_a_count_that_says_nothing_gives_way_to_the_market_s_name() -> None:
    async with opened((60, 20)) as seen:
        assert " made market  ● demo " in seen.lines[0]
        assert " 40 │ 1m │" in seen.lines[0]
        seen.app.state.use_filter("symbol=btcusdt")
        seen.app._table_screen.reorder()
        await seen.beat()
        assert " 1 of 40 │ 1m │" in seen.lines[0]
