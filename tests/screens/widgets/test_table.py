"""The market table: what it draws, and when."""

from klagg_tui.view.preferences import Preferences
from tests.pilot import opened

SIZES = [(80, 24), (120, 36), (200, 60), (300, 100)]


async def test_more_room_shows_more_columns() -> None:
    heads = []
    for size in SIZES:
        async with opened(size) as seen:
            heads.append(set(seen.lines[2].split()))
    assert heads[0] < heads[1] < heads[2] == heads[3]
    assert {"Chg", "Turn", "RVol", "Range", "Off", "Buyers", "Closes", "Age", "State"} <= heads[2]


async def test_a_row_shows_price_change_and_age_and_no_state_that_is_the_usual_one() -> None:
    async with opened((160, 36)) as seen:
        seen.feed.trade_at("BTCUSDT", "70000.00")
        seen.feed.trade_at("BTCUSDT", "77777.12")
        await seen.beat()
        line = seen.line_with("BTCUSDT")
        assert "77,777.12" in line
        assert "0s" in line
        assert "+" in line
        assert "State" in seen.lines[2]
        assert "forming" not in line


async def test_only_rows_that_changed_are_drawn_anew() -> None:
    async with opened() as seen:
        await seen.beat(3)
        table = seen.table

        def drawn() -> dict[str, int]:
            return {symbol: id(strip) for symbol, (_, strip) in table._cache.items()}

        before = drawn()
        seen.feed.trade_at("ETHUSDT", "3333.33")
        await seen.beat()
        after = drawn()
        assert {symbol for symbol in before if before[symbol] != after[symbol]} == {"ETHUSDT"}


async def test_all_seven_periods_have_room_in_eighty_columns() -> None:
    async with opened((80, 24), preferences=Preferences(all_periods=True, filter="1000 or btcusdt")) as seen:
        heads = seen.lines[2].replace("▲", " ").replace("▼", " ").split()
        assert heads[-7:] == ["1m", "5m", "30m", "1h", "4h", "24h", "7d"]
        assert [sign for sign in seen.line_with("BTCUSDT") if sign in "%–"] == [*"%%%––%–"], "half an hour was traded"


async def test_beside_all_periods_stand_others_where_there_is_room() -> None:
    async with opened((200, 60), preferences=Preferences(all_periods=True)) as seen:
        assert seen.lines[2].split()[-4:] == ["24h", "Buyers", "Closes", "Age"]


async def test_all_periods_stand_beside_each_other() -> None:
    async with opened() as seen:
        await seen.press("v")
        assert seen.lines[2].split() == ["Symbol▲", "Last", "1m", "5m", "30m", "1h", "4h", "24h", "7d", "Closes", "Age"]
        assert [sign for sign in seen.line_with("BTCUSDT") if sign in "%–"] == [*"%%%––%–"]
        await seen.press("s", "g")
        assert "▼5m" in seen.lines[2]
        await seen.press("s", "g")
        assert seen.app.state.preferences.sort.startswith("chg(")
        await seen.press("v")
        assert "Turn 24h" in seen.lines[2]
