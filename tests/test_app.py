"""The app: going from screen to screen, leaving, what goes on underneath."""

import pytest

from klagg_tui.app import KlaggApp
from klagg_tui.engine.period import Period
from klagg_tui.feed import Mode
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.pilot import opened


async def test_times_are_local_or_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as seen:
        assert "UTC" in seen.lines[0]
        await seen.press("z")
        assert seen.app.state.preferences.local_time


@pytest.mark.parametrize("key", ["s", "c", "w", "a", "question_mark", "colon", "t"])
async def test_the_market_goes_on_under_whatever_lies_over_it(key: str) -> None:
    async with opened() as seen:
        await seen.press(key)
        assert seen.app.screen.id != "market"
        before = seen.lines[0]
        seen.feed.now_ms += 7_000
        await seen.beat()
        assert seen.lines[0] != before


@pytest.mark.parametrize("keys", [("q",), ("ctrl+c",), ("slash", "ctrl+c"), ("e", "ctrl+c")])
async def test_q_and_ctrl_c_leave_after_the_last_write(keys: tuple[str, ...]) -> None:
    async with opened() as seen:
        for key in keys:
            await seen.press(key)
        assert seen.feed.stopped
        assert seen.app.return_value is False


@pytest.mark.parametrize(("keys", "ids"), [("eheh", "eh"), ("ehe", "e"), ("heh", "h"), ("ehehe", "e")])
async def test_export_and_health_from_each_other_are_gone_back_to_and_not_opened_twice(keys: str, ids: str) -> None:
    names = {"e": "export", "h": "health"}
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press(*keys)
        assert [screen.id for screen in seen.app.screen_stack[-len(ids) - 1 :]] == ["market", *map(names.get, ids)]


async def test_q_leaves_when_the_last_changes_are_written() -> None:
    async with opened() as seen:
        await seen.press("q")
        assert seen.feed.stopped
    assert seen.app.return_code == 0


@pytest.mark.parametrize("symbols", [5, 0], ids=["with rows", "without any"])
async def test_what_need_not_be_in_the_first_picture_comes_behind_it(symbols: int) -> None:
    told: list[tuple[Period, bool]] = []
    app = KlaggApp(
        MadeMarket(symbols), on_shown=lambda period: told.append((period, app._table_screen.table.is_painted))
    )
    async with app.run_test() as pilot:
        await pilot.pause()
        await until(lambda: app._symbol.is_mounted)
        assert app.screen is app._table_screen
        app.beat()
        await pilot.pause()
    assert told == [(Period.M5, True)]


async def test_an_engine_that_ended_takes_the_screen_along() -> None:
    app = KlaggApp(MadeMarket(5), failure=lambda: RuntimeError("gone"))
    async with app.run_test() as pilot:
        await pilot.pause()
        app.beat()
        await pilot.pause()
    assert app.return_code == 1


async def test_without_the_exchange_one_can_leave_for_the_simulated_market() -> None:
    feed = MadeMarket(5)
    feed.mode = Mode.OFFLINE
    async with opened(feed=feed) as seen:
        assert "simulated market" in seen.lines[-1]
        await seen.press("D")
    assert seen.app.return_value is True
    async with opened() as seen:
        await seen.press("D")
        assert seen.told == ["This is the simulated market."]
        assert seen.app.is_running
    assert not seen.app.return_value
