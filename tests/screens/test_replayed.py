"""A replay behind the screen: screener and alerts work in it, by the recording's clock."""

from __future__ import annotations

from pathlib import Path

from klagg_tui.app import KlaggApp
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.runtime.playback import ReplayPlayback, passes
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.screens.app_state import AppState
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.importing.test_importer import event, file_of
from tests.makers import HOUR, MINUTE, START, trade, trades


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


async def test_table_and_chart_begin_anew_where_a_replay_goes_back(tmp_path: Path) -> None:
    made = trades(range(START, START + 90 * MINUTE, 5_000))
    others = trades(range(START + HOUR, START + 90 * MINUTE, 5_000), symbol="ETHUSDT")
    files = [file_of(tmp_path / f"{number}.jsonl", map(event, each)) for number, each in enumerate((made, others))]
    replay = Replay(files, None)
    replay.player.pause()
    replay.player.skip_to(START + 80 * MINUTE)
    runtime = Runtime(passes(replay, (Period.M1,), tmp_path))
    runtime.start()
    app = KlaggApp(runtime, Preferences(period="1m", sort="symbol"), playback=ReplayPlayback(replay, runtime))
    try:
        async with app.run_test(size=(160, 40)) as pilot:

            def charted() -> list[Bar]:
                series = app._symbol.chart.series
                return series.bars if series else []

            async def stands_at(symbols: list[str], at_ms: int, newest_ms: int) -> None:
                def is_there() -> bool:
                    app.beat()
                    is_paused = app.state.liveness == "paused" and app.state.live.newest_trade_ms == newest_ms
                    return is_paused and [bar.open_ms for bar in charted()] == [*range(START, at_ms + MINUTE, MINUTE)]

                await until(is_there)
                assert list(app.state.shown_market.rows) == symbols

            await until(lambda: bool(app.state.live.rows))
            await app.open_symbol("BTCUSDT")
            await pilot.pause()
            await stands_at(["BTCUSDT", "ETHUSDT"], START + 79 * MINUTE, START + 80 * MINUTE - 5_000)
            await pilot.press("u", "ctrl+u")
            await pilot.press(*"-40m", "enter")
            target_ms = START + 80 * MINUTE - 5_000 - 40 * MINUTE
            await stands_at(["BTCUSDT"], START + 39 * MINUTE, target_ms - 5_000)
            await pilot.press("escape")
            app.beat()
            await pilot.pause()
            assert [row.symbol for row in app._table_screen.table.rows] == ["BTCUSDT"]
    finally:
        await runtime.stop()
