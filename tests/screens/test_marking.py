"""Marks for the wall, as keys of the table give and take them."""

from pathlib import Path

from klagg_tui.view.preferences import Preferences
from tests.made_venues import made_venues
from tests.pilot import opened

BY_SYMBOL = Preferences(sort="symbol", descending=False, period="1m")


async def test_the_key_marks_goes_on_to_the_next_and_marks_are_drawn() -> None:
    async with opened() as seen:
        first = seen.current
        await seen.press("M", "M", "down", "M")
        rows = seen.table.rows
        marked = [rows[0].symbol, rows[1].symbol, rows[3].symbol]
        assert list(seen.app.state.preferences.marks) == marked
        assert [line[1] for line in seen.lines[3:8]] == ["▣", "▣", " ", "▣", " "]
        await seen.press("home", "M")
        assert first not in seen.app.state.preferences.marks
        assert seen.line_with(first)[1] == " "


async def test_a_marked_symbol_that_is_on_the_watchlist_has_a_sign_for_both() -> None:
    async with opened() as seen:
        symbol = seen.current
        await seen.press("m", "home", "M")
        assert seen.line_with(symbol)[1] == "✪"
        await seen.press("home", "M")
        assert seen.line_with(symbol)[1] == "★"


async def test_no_filter_order_list_or_period_loses_a_mark() -> None:
    async with opened() as seen:
        await seen.press("M", "M", "M")
        marks = seen.app.state.preferences.marks
        await seen.press("slash")
        await seen.type("btc")
        await seen.press("enter", "S", "T", "3", "tab", "tab", "escape", "X", "v")
        assert seen.app.state.preferences.marks == (), "unmarked while no marked row is on view"
        await seen.press("A", "home", "M", "M", "M")
        await seen.press("slash")
        await seen.type("btc")
        await seen.press("enter", "S", "T", "1", "tab", "tab", "escape", "A")
        assert set(seen.app.state.preferences.marks) == set(marks)
        assert all(seen.line_with(symbol)[1] == "▣" for symbol in marks)


async def test_one_key_takes_every_mark_away_and_says_how_many() -> None:
    async with opened() as seen:
        await seen.press("M", "M", "X")
        assert seen.app.state.preferences.marks == ()
        assert "▣" not in seen.text
        assert any("2 marks taken away." in str(each.message) for each in seen.app._notifications)
        await seen.press("X")
        assert any("Nothing is marked." in str(each.message) for each in seen.app._notifications)


async def test_marks_are_there_again_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    async with opened(state_path=path) as seen:
        await seen.press("M", "M")
        marks = seen.app.state.preferences.marks
        assert seen.app._state_file is not None
        seen.app._state_file.flush()
    async with opened(state_path=path) as seen:
        assert seen.app.state.preferences.marks == marks
        assert all(seen.line_with(symbol)[1] == "▣" for symbol in marks)


async def test_of_two_symbols_of_one_name_the_exchange_s_own_is_marked() -> None:
    async with opened((160, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await seen.press("slash")
        await seen.type("btcusdt")
        await seen.press("enter", "M")
        (mark,) = seen.app.state.preferences.marks
        assert mark in ("binance-um:BTCUSDT", "binance-spot:BTCUSDT")
        assert seen.table.on_wall == {mark}


async def test_a_mark_is_given_and_taken_on_the_symbol_s_own_screen() -> None:
    async with opened() as seen:
        symbol = seen.current
        await seen.press("enter", "M")
        assert f"▣ {symbol}" in seen.lines[0]
        await seen.press("escape")
        await seen.beat(5)
        assert seen.line_with(symbol)[1] == "▣"
        await seen.press("enter", "M")
        assert "▣" not in seen.lines[0]
