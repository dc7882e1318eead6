"""A window on another klagg, as somebody at the keyboard meets it."""

from __future__ import annotations

from tests.made_market import MadeMarket
from tests.pilot import opened


class Made:
    """An attachment that notes what is asked of it."""

    def __init__(self) -> None:
        self.is_attached = True
        self.asked = 0

    def take_over(self) -> str:
        self.asked += 1
        return "Recording here from now on."


async def test_the_header_says_whose_market_it_is() -> None:
    feed = MadeMarket(5)
    async with opened(feed=feed, welcome="This is a window.") as seen:
        assert "attached" not in seen.lines[0]
        feed.attached = "attached to 4242"
        await seen.beat()
        assert "attached to 4242" in seen.lines[0]
        assert [notice.message for notice in seen.app._notifications] == ["This is a window."]


async def test_a_window_records_by_a_key_that_there_is_in_no_other_klagg() -> None:
    attachment = Made()
    async with opened(attachment=attachment) as seen:
        await seen.press("ctrl+r")
        assert attachment.asked == 1
        assert [notice.message for notice in seen.app._notifications][-1] == "Recording here from now on."
        await seen.press("enter", "ctrl+r")
        assert attachment.asked == 2
        attachment.is_attached = False
        await seen.press("ctrl+r")
        assert attachment.asked == 2
    async with opened() as seen:
        await seen.press("ctrl+r")
        assert not list(seen.app._notifications)
