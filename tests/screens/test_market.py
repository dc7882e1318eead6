"""The market table, as somebody at the keyboard meets it."""

import pytest

from klagg_tui.engine.period import DAY_MS
from klagg_tui.feed import InstrumentFacts, Mode
from klagg_tui.screens.market_keys import SORT_KEYS
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.makers import START
from tests.pilot import opened

SIZES = [(80, 24), (120, 36), (200, 60), (300, 100)]


@pytest.mark.parametrize("size", SIZES)
async def test_status_heads_rows_and_keys_are_there_at_every_size(size: tuple[int, int]) -> None:
    async with opened(size, feed=MadeMarket(120)) as seen:
        status = seen.lines[0]
        for part in ("klagg", "made market", "demo", "120 of 120", "1m", "00:30:00 UTC", "45 ms"):
            assert part in status
        for head in ("Symbol", "Last", "Chg 24h", "Turn 24h", "Chg 1h", "RVol 5m", "Closes"):
            assert head in seen.lines[2]
        assert len(seen.symbols()) == min(120, size[1] - 5)
        assert "filter" in seen.lines[-1]


async def test_n_goes_through_the_matches_round_and_round() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("usdc")
        await seen.press("enter")
        assert sorted(seen.symbols()) == ["BTCUSDC", "ETHUSDC", "SOLUSDC"]
        names = []
        for _ in range(4):
            names.append(seen.current)
            await seen.press("n")
        assert names[0] == names[3]
        assert len(set(names)) == 3
        await seen.press("N")
        assert seen.current == names[0]


async def test_escape_on_the_table_clears_the_filter() -> None:
    async with opened(preferences=Preferences(filter="btc", sort="symbol")) as seen:
        assert len(seen.symbols()) == 2
        assert "⌕ btc" in seen.lines[1]
        await seen.press("escape")
        assert len(seen.symbols()) > 2


async def test_nothing_that_matches_is_said() -> None:
    async with opened(preferences=Preferences(filter="xyzzy")) as seen:
        assert "No symbol matches xyzzy" in seen.text


async def test_where_nothing_matches_it_is_said_what_is_listed_besides_and_how_to_choose_it() -> None:
    feed = MadeMarket(10)
    feed.not_chosen = (
        "Not chosen: 170 TRADIFI_PERPETUAL. --contract-types PERPETUAL,TRADIFI_PERPETUAL follows them too."
    )
    async with opened((80, 24), feed=feed, preferences=Preferences(filter="tsla")) as seen:
        assert "No symbol matches tsla" in seen.text
        assert "Not chosen" not in seen.text, "none of them has that name"
        feed.others = ("NVDAUSDT", "TSLAUSDT")
        await seen.beat()
        assert "Listed but not followed: TSLAUSDT" in seen.text
        assert "Not chosen: 170 TRADIFI_PERPETUAL." in seen.text
        assert "--contract-types PERPETUAL,TRADIFI_PERPETUAL follows them too." in seen.text
        await seen.press("slash", *"last>10b", "enter")
        await seen.beat()
        assert "Nearest is BTCUSDT with last at " in seen.text
        assert "--contract-types" not in seen.text


async def test_a_market_without_symbols_says_what_it_waits_for() -> None:
    async with opened(feed=MadeMarket(0)) as seen:
        assert "waiting for the first symbols" in seen.text
        await seen.press("down", "end", "enter", "m", "n", "G")
        assert "0 of 0" in seen.lines[0]


async def test_a_click_on_a_head_sorts_by_it() -> None:
    async with opened() as seen:
        x = seen.lines[2].index("Chg 24h")
        await seen.pilot.click("#headers", offset=(x, 0))
        await seen.pilot.pause()
        assert seen.app.state.preferences.sorting.key == "chg(24h)"


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
        assert "99,999.99" not in seen.text
        await seen.press("escape")
        await seen.press("space")
        assert "99,999.99" in seen.line_with("BTCUSDT")
        assert "frozen" not in seen.lines[0]


async def test_the_order_is_marked_in_either_view() -> None:
    async with opened(preferences=Preferences(sort="chg(5m)", period="5m")) as seen:
        assert "▼Chg 5m" in seen.lines[2]
        await seen.press("v")
        assert "▼5m" in seen.lines[2]
        seen.app.screen.action_sort_by("chg(5m)")  # type: ignore[attr-defined]
        await seen.pilot.pause()
        assert "▲5m" in seen.lines[2]
        await seen.press("v")
        assert "▲Chg 5m" in seen.lines[2]
        seen.app.screen.action_sort_by("vol")  # type: ignore[attr-defined]
        await seen.pilot.pause()
        assert "▼ Volume" in seen.lines[1]


async def test_a_market_that_cannot_be_reached_offers_the_simulated_one() -> None:
    feed = MadeMarket(0)
    feed.mode = Mode.OFFLINE
    feed.notices = ("127.0.0.1:9 cannot be reached.",)
    async with opened((80, 24), feed=feed) as seen:
        assert "D opens a simulated market" in seen.text
        assert seen.lines[-1].startswith(" D simulated market")
        assert "cannot be reached" in seen.lines[-2]


async def test_until_a_try_has_failed_nothing_is_called_unreachable() -> None:
    feed = MadeMarket(0)
    feed.mode = Mode.CONNECTING
    async with opened((80, 24), feed=feed) as seen:
        assert "◌ connecting" in seen.lines[0]
        assert "Connecting …" in seen.text
        assert "cannot be reached" not in seen.text
        assert "simulated" not in seen.lines[-1]


async def test_a_simulated_market_offers_no_simulated_one() -> None:
    feed = MadeMarket(0)
    feed.mode, feed.is_simulated = Mode.OFFLINE, True
    async with opened((80, 24), feed=feed) as seen:
        assert "D opens" not in seen.text
        assert "simulated" not in seen.lines[-1]
        await seen.press("D")
        assert seen.told == ["This is the simulated market."]
        assert seen.app.is_running


async def test_a_symbol_whose_trading_is_halted_is_shown_as_that_and_can_be_filtered_for() -> None:
    feed = MadeMarket(10)
    feed.halted = frozenset({"ETHUSDT"})
    async with opened((120, 36), feed=feed) as seen:
        assert "halted" in seen.line_with("ETHUSDT")
        assert "halted" not in seen.line_with("BTCUSDT")
        await seen.press("slash", *"state:halted", "enter")
        await seen.beat()
        assert [row.symbol for row in seen.table.rows] == ["ETHUSDT"]
        feed.halted = frozenset()
        await seen.beat()
        await seen.press("escape")
        await seen.beat()
        assert "halted" not in seen.text


async def test_a_line_below_the_table_says_how_the_whole_market_does_where_there_is_room() -> None:
    async with opened((80, 24)) as seen:
        line = seen.lines[-2]
        for part in ("▲ ", "▼ ", "turnover 24h $", "median ", "BTC 6"):
            assert part in line
        count = sum(int(line.split()[place]) for place in (1, 3, 5))
        assert count == len(seen.app.state.live.rows)
        await seen.press("slash", *"eth", "enter")
        assert seen.lines[-2] == line, "whatever the filter"
    async with opened((80, 23), preferences=Preferences(sort="symbol", columns=("symbol",))) as seen:
        assert "median" not in seen.text
        assert not seen.app.state.live.screener.calls, "what nobody sees is not computed"


async def test_keys_move_the_order_to_the_column_beside_round_and_round() -> None:
    preferences = Preferences(sort="last", columns=("symbol", "last", "chg(1h)"))
    async with opened(preferences=preferences) as seen:
        for key, found in (
            ("greater_than_sign", "▼Chg 1h"), ("greater_than_sign", "Symbol▲"), ("less_than_sign", "▼Chg 1h"), ("less_than_sign", "▼Last"),
        ):  # fmt: skip
            await seen.press(key)
            assert found in seen.lines[2]
        seen.app.screen.action_sort_by("vol")  # type: ignore[attr-defined]
        await seen.press("greater_than_sign")
        assert "Symbol▲" in seen.lines[2], "from a column that is not on view"
        seen.app.screen.action_sort_by("vol")  # type: ignore[attr-defined]
        await seen.press("less_than_sign")
        assert "▼Chg 1h" in seen.lines[2]


@pytest.mark.parametrize(("letter", "key"), [(letter, key) for letter, key, _, _ in SORT_KEYS])
async def test_a_capital_sorts_by_its_column_and_again_turns_round(letter: str, key: str) -> None:
    async with opened((200, 24), feed=MadeMarket(5), preferences=Preferences(sort="vol")) as seen:
        await seen.press(letter)
        first = seen.app.state.sorting
        assert first.key == key
        await seen.press(letter)
        assert seen.app.state.sorting == first.toggled()


async def test_what_a_filter_goes_by_is_shown_as_columns_of_its_own_and_goes_with_it() -> None:
    async with opened((80, 24)) as seen:
        await seen.press("slash")
        await seen.type("@oversold")
        await seen.press("enter")
        await seen.beat()
        assert "⌕RSI 1h" in seen.text
        assert "▲ most oversold first" in seen.text
        await seen.press("slash")
        await seen.type("@funding")
        await seen.press("enter")
        assert "⌕Funding" in seen.text
        assert "⌕OI value" in seen.text
        await seen.press("slash")
        await seen.type("natr(5m)>0.01 chg(24h)>-50")
        await seen.press("enter")
        assert "⌕NATR 5m" in seen.text
        assert "⌕Chg" not in seen.text, "it is there already"
        await seen.press("escape")
        assert "⌕" not in seen.text


async def test_it_is_told_of_how_many_symbols_a_filter_does_not_know_what_it_asks_for() -> None:
    async with opened((160, 40)) as seen:
        count = len(seen.app.state.live.rows)
        await seen.press("slash", *"oi_value>100m")
        assert f"0 of {count} match, {count} not known" in seen.text
        await seen.press("enter")
        assert f"⌕ oi_value>100m · {count} not known" in seen.lines[1]
        await seen.press("escape")
        assert "not known" not in seen.lines[1]


async def test_of_the_row_under_the_cursor_it_is_told_how_much_of_its_figures_is_known() -> None:
    async with opened((200, 30), preferences=Preferences(columns=("symbol", "chg(24h)", "rvol(5m)"))) as seen:
        assert "≈ known of chg(24h) " in seen.lines[-2]
        assert "rvol(5m) " in seen.lines[-2]


async def test_new_listings_come_youngest_first_with_their_age_until_another_order_is_chosen() -> None:
    feed = MadeMarket(10)
    names = sorted(feed.symbols)[:3]
    ages = dict(zip(names, (20, 3, 400), strict=True))
    feed.instruments = {name: InstrumentFacts(listed_ms=START - days * DAY_MS) for name, days in ages.items()}
    async with opened((120, 36), feed=feed) as seen:
        assert "Listed" not in seen.text
        await seen.press("slash")
        await seen.type("@new")
        await seen.press("enter")
        await seen.beat()
        assert [row.symbol for row in seen.table.rows] == [names[1], names[0]]
        assert "▲ youngest first" in seen.text
        assert "3.0d" in seen.line_with(names[1])
        await seen.press("L")
        assert "youngest first" not in seen.text
        assert "Listed" in seen.text
        await seen.press("escape")
        assert "Listed" not in seen.text
