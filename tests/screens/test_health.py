"""The health screen."""

import pytest

from klagg_tui.alert import Alert
from klagg_tui.metrics import Metric
from klagg_tui.view.health.groups import Group
from tests.made_market import MadeMarket
from tests.pilot import opened


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_health_says_in_one_view_what_matters(size: tuple[int, int]) -> None:
    feed = MadeMarket(10)
    feed.notices = ("REST is slow.",)
    feed.metrics = {Metric.OWED_MINUTES: 4_315, Metric.OWED_SYMBOLS: 2}
    async with opened(size, feed=feed) as seen:
        await seen.press("h")
        await seen.pilot.pause()
        await seen.beat()
        assert "▲ 1 thing needs you" in seen.lines[1]
        assert "▲ REST is slow." in seen.lines[2]
        assert "4,315 minutes of 2 symbols to come" in seen.line_with("Is it whole?")
        assert "● " in seen.line_with("made market: connected")
        for group in Group:
            assert group.value in seen.text
        await seen.press("h")
        assert seen.app.screen.id == "market"


async def test_all_metrics_and_the_log_stand_below_and_are_scrolled_to() -> None:
    feed = MadeMarket(10)
    async with opened((80, 24), feed=feed) as seen:
        await seen.press("h")
        await seen.beat()
        assert "All is well" in seen.lines[1]
        read = seen.text
        for _ in range(4):
            await seen.press("pagedown")
            read += seen.text
        for part in ("Trades taken", "Gaps found", "Memory", "21:00:02 INFO"):
            assert part in read
        await seen.press("pageup", "pageup", "pageup", "pageup")
        assert "All is well" in seen.lines[1]


async def test_alerts_that_are_watched_are_counted() -> None:
    async with opened((80, 24), feed=MadeMarket(10)) as seen:
        seen.app.state.put_alert(Alert("last>1", "1m"))
        await seen.press("h")
        await seen.beat()
        assert "1 armed" in seen.line_with("Alerts ")


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
