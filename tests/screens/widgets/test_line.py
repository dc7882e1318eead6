"""One line of pieces."""

from tests.made_market import MadeMarket
from tests.pilot import opened


async def test_a_line_that_is_too_long_says_so() -> None:
    feed = MadeMarket(10)
    feed.notices = ("The disk is full; " * 20,)
    async with opened((80, 24), feed=feed) as seen:
        assert seen.lines[-2].endswith("…")
