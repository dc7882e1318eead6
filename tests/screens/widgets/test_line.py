"""One line of pieces."""

from tests.made_market import MadeMarket
from tests.pilot import opened


async def test_a_line_that_is_too_long_says_so() -> None:
    feed = MadeMarket(10)
    feed.notices = ("The disk is full; " * 20,)
    async with opened((80, 24), feed=feed) as seen:
        assert seen.lines[-2].endswith("…")


async def test_what_would_move_the_cursor_or_hide_is_shown_as_a_code() -> None:
    feed = MadeMarket(10)
    feed.notices = ("It said \x1b[2J\r\u202eforged\u200b.",)
    async with opened((80, 24), feed=feed) as seen:
        (line,) = [line for line in seen.lines if "It said" in line]
        assert r"It said \x1b[2J\r\u202eforged\u200b." in line
