"""The list of alerts."""

from klagg_tui.view.alerts import Firing
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
        assert "BTCUSDT at 90,001.50: last>90000" in seen.text
        assert "fired          1×  every 1m  " in seen.line_with("last>90000")
        seen.feed.trade_at("ETHUSDT", "90002.5")
        await seen.beat()
        assert "90,002.5" in seen.text
        await seen.press("k", "j", "d")
        assert list(seen.app.state.preferences.alerts) == []
        assert "u brings it back" in seen.text
        await seen.press("u", "u")
        assert list(seen.app.state.preferences.alerts) == ["last>90000"]
        assert "u brings it back" not in seen.text
        await seen.press("d")
        assert seen.app.state.preferences.alerts == ()


async def test_an_alert_that_fires_leaves_the_cursor_of_the_list_alone() -> None:
    async with opened(preferences=Preferences(alerts=("last>90000", "chg>99", "btc last<1"))) as seen:
        await seen.press("a", "down")
        for price in ("1.5", "90001.5"):
            seen.feed.trade_at("ETHUSDT", price)
            await seen.beat()
        assert "90,001.5" in seen.text
        await seen.press("d")
        assert seen.app.state.preferences.alerts == ("last>90000", "btc last<1")


async def test_how_often_an_alert_fires_is_chosen_and_it_can_have_a_name() -> None:
    async with opened(preferences=Preferences(alerts=("last>90000", "hot>1"))) as seen:
        await seen.press("a")
        assert "armed" in seen.line_with("last>90000")
        assert "not watched" in seen.line_with("hot>1")
        await seen.press("m", "ctrl+u")
        await seen.type("twice")
        await seen.press("enter")
        assert "does not say how often" in seen.text
        await seen.press("ctrl+u")
        await seen.type("once")
        await seen.press("enter")
        assert "once" in seen.line_with("last>90000")
        await seen.press("r")
        await seen.type("x" * 61)
        await seen.press("enter")
        assert "60 letters" in seen.text
        await seen.press("ctrl+u")
        await seen.type("Up")
        await seen.press("enter", "m", "escape", "r", "escape")
        for price in ("1.5", "90001.5"):
            seen.feed.trade_at("ETHUSDT", price)
            await seen.beat()
        assert "ETHUSDT at 90,001.50: Up (last>90000)" in seen.text
        assert "ended" in seen.line_with("Up: last>90000")


async def test_where_there_is_no_alert_nothing_can_be_changed() -> None:
    async with opened() as seen:
        await seen.press("a", "m", "r", "d")
        assert "none yet" in seen.text
        await seen.press("a", "ctrl+u")
        await seen.type("btc")
        await seen.press("enter")
        assert "would never fire" in seen.text


async def test_what_could_not_be_told_is_said_beside_what_fired() -> None:
    async with opened() as seen:
        fired = Firing(1, "BTCUSDT", "", "last>2", "", "3", "", 1, "webhook: refused (404)")
        seen.app.state.fired.append(fired)
        await seen.press("a")
        assert "webhook: refused (404)" in seen.text
