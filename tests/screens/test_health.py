"""The health screen."""

import pytest

from klagg_tui.metrics import Metric
from tests.made_market import MadeMarket
from tests.pilot import opened


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_health_shows_figures_notices_and_the_log(size: tuple[int, int]) -> None:
    feed = MadeMarket(10)
    feed.notices = ("REST is slow.",)
    feed.metrics = {Metric.OWED_MINUTES: 4_315, Metric.OWED_SYMBOLS: 2}
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
            "4,315 minutes of 2 symbols are still to be fetched",
            "21:00:02 INFO",
        ):
            assert part in seen.text
        await seen.press("h")
        assert seen.app.screen.id == "market"


async def test_health_says_what_is_listed_besides() -> None:
    feed = MadeMarket(10)
    feed.not_chosen = "Not chosen: 170 TRADIFI_PERPETUAL."
    async with opened((80, 24), feed=feed) as seen:
        await seen.press("h")
        await seen.beat()
        assert "Not chosen: 170 TRADIFI_PERPETUAL." in seen.text


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_long_sentence_is_read_whole_on_a_narrow_terminal(size: tuple[int, int]) -> None:
    feed = MadeMarket(10)
    told = "api.example.com does not serve this place (451): try --proxy, or see a simulated market with `klagg demo`."
    feed.notices = (told,)
    feed.not_chosen = f"Not chosen: 170 TRADIFI_PERPETUAL. {'--contract-types ' * 5}follows them too."
    async with opened(size, feed=feed) as seen:
        await seen.press("h")
        await seen.beat()
        text = " ".join(seen.text.split())
        assert told in text
        assert feed.not_chosen in text
        assert "…" not in seen.text
