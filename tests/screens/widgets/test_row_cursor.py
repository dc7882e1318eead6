"""The cursor of the table: keys, mouse, and the symbol it stays with."""

from tests.pilot import opened


async def test_arrows_and_vim_keys_move_the_cursor() -> None:
    async with opened() as seen:
        names = [row.symbol for row in seen.table.rows]
        await seen.press("down", "j", "j", "k")
        assert seen.current == names[2]
        await seen.press("up")
        assert seen.current == names[1]
        await seen.press("end")
        assert seen.current == names[-1]
        assert names[-1] in seen.text
        await seen.press("home")
        assert seen.current == names[0]
        await seen.press("G", "g", "pagedown")
        assert names.index(seen.current) == seen.table.size.height - 1
        await seen.press("pageup")
        assert seen.current == names[0]


async def test_the_cursor_stays_with_its_symbol_when_the_order_changes() -> None:
    async with opened() as seen:
        await seen.press("down", "down", "down")
        symbol = seen.current
        await seen.press("S")
        assert seen.current == symbol
        assert seen.table.index == 36


async def test_a_cursor_that_was_not_moved_stays_on_top() -> None:
    async with opened() as seen:
        first = seen.current
        await seen.press("S")
        assert seen.table.index == 0
        assert seen.current != first


async def test_a_click_moves_the_cursor_and_two_open_the_symbol() -> None:
    async with opened() as seen:
        await seen.pilot.click("#table", offset=(10, 4))
        assert seen.table.index == 4
        await seen.pilot.click("#table", offset=(10, 4), times=2)
        await seen.pilot.pause()
        assert seen.app.screen.id == "symbol"


async def test_the_wheel_and_the_scroll_bar_scroll() -> None:
    async with opened((120, 20)) as seen:
        table = seen.table
        await seen.pilot._post_mouse_events([__import__("textual.events", fromlist=["x"]).MouseScrollDown], table)
        await seen.pilot.pause()
        assert table.scroll_offset.y > 0
        await seen.pilot.mouse_down("#table", offset=(119, 15))
        await seen.pilot.hover("#table", offset=(119, 15))
        await seen.pilot.mouse_up("#table", offset=(119, 15))
        assert table.scroll_offset.y == table.max_scroll_y
