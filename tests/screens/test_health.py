"""The health screen."""

import pytest

from tests.made_market import MadeMarket
from tests.pilot import opened


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_health_shows_figures_notices_and_the_log(size: tuple[int, int]) -> None:
    feed = MadeMarket(10)
    feed.notices = ("REST is slow.",)
    async with opened(size, feed=feed) as seen:
        await seen.press("h")
        await seen.pilot.pause()
        await seen.beat()
        for part in (
            "made market: connected",
            "Trades taken",
            "Gaps found",
            "Memory",
            "REST is slow.",
            "21:00:02 INFO",
        ):
            assert part in seen.text
        await seen.press("h")
        assert seen.app.screen.id == "market"
