"""The list of alerts."""

from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


async def test_an_alert_rings_shows_a_toast_and_is_listed() -> None:
    async with opened() as seen:
        await seen.press("a")
        assert "none yet" in seen.text
        await seen.press("a", "ctrl+u")
        await seen.type("volx>1")
        await seen.press("enter")
        assert "no column volx" in seen.text
        await seen.press("ctrl+u")
        await seen.type("chg>")
        assert "compared with" not in seen.text, "who types may go on"
        await seen.press("enter")
        assert "What is chg compared with?" in seen.text
        await seen.press("ctrl+u")
        await seen.type("last>90000")
        await seen.press("enter", "escape")
        await seen.beat()
        seen.feed.play(2_000, 1_000)
        await seen.beat()
        seen.feed.trade_at("BTCUSDT", "90001.5")
        await seen.beat()
        assert len(seen.app._notifications) == 1
        await seen.press("a")
        assert "last>90000  at 90001.5" in seen.text
        seen.feed.trade_at("ETHUSDT", "90002.5")
        await seen.beat()
        assert "90002.5" in seen.text
        await seen.press("k", "j", "d")
        assert seen.app.state.preferences.alerts == ()


async def test_an_alert_that_fires_leaves_the_cursor_of_the_list_alone() -> None:
    async with opened(preferences=Preferences(alerts=("last>90000", "chg>99", "btc last<1"))) as seen:
        await seen.press("a", "down")
        for price in ("1.5", "90001.5"):
            seen.feed.trade_at("ETHUSDT", price)
            await seen.beat()
        assert "90001.5" in seen.text
        await seen.press("d")
        assert seen.app.state.preferences.alerts == ("last>90000", "btc last<1")
