"""The candle chart: which bars are on view."""

from textual import events

from klagg_tui.screens.widgets.chart import CandleChart
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened


def _wheel(kind: type[events.MouseScrollUp | events.MouseScrollDown], *, ctrl: bool) -> events.MouseEvent:
    return kind(None, 5, 5, 0, 0, 0, shift=False, meta=False, ctrl=ctrl)


async def _chart(seen: Seen) -> CandleChart:
    await seen.press("enter")
    await seen.work_done()
    return seen.app.screen.query_one(CandleChart)


async def test_the_wheel_goes_into_the_past_and_back_and_zooms_with_ctrl() -> None:
    feed = MadeMarket(3, minutes=120)
    async with opened((80, 24), feed=feed, preferences=Preferences(period="1m", filter="btcusdt")) as seen:
        chart = await _chart(seen)
        newest = chart.picture.first + chart.picture.bars
        chart.post_message(_wheel(events.MouseScrollUp, ctrl=False))
        await seen.pilot.pause()
        assert chart.picture.first + chart.picture.bars == newest - 4
        chart.post_message(_wheel(events.MouseScrollDown, ctrl=False))
        await seen.pilot.pause()
        assert chart.end is None
        count = chart.picture.bars
        chart.post_message(_wheel(events.MouseScrollUp, ctrl=True))
        await seen.pilot.pause()
        assert chart.picture.bars < count
        chart.post_message(_wheel(events.MouseScrollDown, ctrl=True))
        await seen.pilot.pause()
        assert chart.picture.bars == count


async def test_a_symbol_without_a_bar_says_so_and_takes_every_key() -> None:
    async with opened((80, 24), feed=MadeMarket(3)) as seen:
        await seen.app.open_symbol("NONEUSDT")
        await seen.work_done()
        assert "no bars of this period yet" in seen.text
        assert "no bars of NONEUSDT yet" in seen.text
        await seen.press("left", "pageup", "home", "end", "plus", "n")
        assert "NONEUSDT" not in seen.text


async def test_older_bars_that_come_leave_what_is_looked_at() -> None:
    feed = MadeMarket(3, minutes=120)
    async with opened((80, 24), feed=feed, preferences=Preferences(period="1m", filter="btcusdt")) as seen:
        chart = await _chart(seen)
        await seen.press("left", "pageup")
        cross, end = chart.cross, chart.end
        assert cross is not None
        assert end is not None
        chart.shift(3)
        assert (chart.cross, chart.end) == (cross + 3, end + 3)
