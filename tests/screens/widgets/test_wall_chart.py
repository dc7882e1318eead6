"""One chart of the wall."""

from textual.geometry import Region

from klagg_tui.screens.wall import WallScreen
from klagg_tui.screens.widgets.wall_chart import WallChart
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened

MARKED = Preferences(sort="symbol", descending=False, period="1m", marks=("BTCUSDT", "币安人生USDT"))


async def _chart(seen: Seen, symbol: str) -> WallChart:
    await seen.press("W")
    screen = seen.app.screen
    assert isinstance(screen, WallScreen)
    await until(lambda: screen.grid.chart_of(symbol) is not None)
    await seen.work_done()
    await seen.beat()
    chart = screen.grid.chart_of(symbol)
    assert chart is not None
    return chart


async def test_only_lines_that_differ_are_painted_again() -> None:
    async with opened((120, 36), feed=MadeMarket(41), preferences=MARKED) as seen:
        chart = await _chart(seen, "BTCUSDT")
        painted: list[int] = []
        refresh = chart.refresh

        def noted(*regions: Region, **how: bool) -> WallChart:
            painted.extend(region.y for region in regions)
            refresh(*regions, **how)
            return chart

        chart.refresh = noted  # type: ignore[method-assign]
        before = [strip.text for strip in chart._strips]
        await seen.beat(2)
        assert painted == []
        seen.feed.now_ms += 100
        row = chart.row
        assert row is not None
        last = row.last
        assert last is not None
        seen.feed.trade_at("BTCUSDT", f"{last / 10**12 + 0.1:.1f}")
        await seen.beat()
        after = [strip.text for strip in chart._strips]
        differing = {y for y, (one, other) in enumerate(zip(before, after, strict=True)) if one != other}
        assert 0 in painted, "the title"
        assert differing <= set(painted)
        assert len(painted) < chart.size.height // 2


async def test_lines_are_as_wide_as_the_chart_in_every_script() -> None:
    async with opened((120, 36), feed=MadeMarket(41), preferences=MARKED) as seen:
        chart = await _chart(seen, "币安人生USDT")
        assert {strip.cell_length for strip in chart._strips} == {chart.size.width}
        assert "币安人生USDT" in chart.render_line(0).text
        assert chart.render_line(0).text.endswith(" "), "the next chart's edge is never touched"


async def test_a_chart_waits_for_its_history_but_not_for_long() -> None:
    async with opened((120, 36), feed=MadeMarket(41), preferences=MARKED) as seen:
        chart = await _chart(seen, "BTCUSDT")
        before = chart.picture
        chart.begin("BTCUSDT")
        assert chart.picture is before, "as after another period was chosen"
        chart.begin("ETHUSDT")
        assert chart.picture.bars == 0, "what stood there was another symbol's"
        for _ in range(2):
            chart.beat(set())
        assert chart.picture.bars >= 1
