"""A replay behind the screen: screener and alerts work in it, by the recording's clock."""

from __future__ import annotations

from pathlib import Path

from klagg_tui.engine.period import Period
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.screens.app_state import AppState
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.importing.test_importer import event, file_of
from tests.makers import MINUTE, START, trade


async def test_a_figure_filters_and_an_alert_fires_at_the_time_that_is_played(tmp_path: Path) -> None:
    prices = ["100"] * 20 + ["110"] * 3
    made = [trade(1 + minute, START + minute * MINUTE, price) for minute, price in enumerate(prices)]
    replay = Replay([file_of(tmp_path / "a.jsonl", map(event, made))], None)
    replay.player.pause()
    replay.player.skip_to(START + 20 * MINUTE)
    runtime = Runtime(Plan(lambda: replay, (Period.M1,), tmp_path / "replay.db", replay.bars_of))
    runtime.start()
    state = AppState(runtime, Preferences(period="1m", filter="chg(5m)>5", alerts=("last>105",)), lambda _: None)

    def beat(word: str) -> bool:
        state.check_alerts(state.beat())
        row = state.live.rows.get("BTCUSDT")
        is_there = row is not None and row.last_trade_ms == replay.now_ms()
        return state.liveness == word and is_there

    try:
        await until(lambda: beat("paused"))
        row = state.live.rows["BTCUSDT"]
        assert not state.filter.matches(row, state.period, state.now_ms)
        assert not state.fired
        replay.player.pause()
        await until(lambda: beat("ended"))
        assert state.filter.matches(row, state.period, state.now_ms)
        (fired,) = state.fired
        assert START + 20 * MINUTE <= fired.at_ms <= START + 22 * MINUTE
    finally:
        await runtime.stop()
