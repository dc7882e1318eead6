"""A replay that goes back: what is shown then is what a fresh one shows at that time, to the last bar and figure."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.runtime.playback import ReplayPlayback, passes
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.history import HistoryReader, HistoryReaders
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.importing.test_importer import event, file_of
from tests.makers import HOUR, MINUTE, START, SYMBOL, trade, trades

OTHER = "ETHUSDT"
PERIODS = (Period.M1, Period.M5, Period.H1)
FIGURES = ("chg(15m)", "rvol(5m)", "rsi(1m)", "corr(1h)", "delta(1h)", "range(24h)", "vwap(1h)", "ema(5m,9)")
COLUMNS = ("symbol", "last", *FIGURES, "spark")


class Watched:
    """A replay behind the screen's state, which takes what comes when it is told to."""

    def __init__(self, folder: Path, files: Iterable[Path], alerts: tuple[str, ...] = ()) -> None:
        folder.mkdir()
        self.replay = Replay([*files], None)
        self.replay.player.pause()
        self.folder = folder
        self.runtime = Runtime(passes(self.replay, PERIODS, folder))
        self.playback = ReplayPlayback(self.replay, self.runtime)
        self.alerts = alerts
        self.fired: list[tuple[str, int]] = []

    def start(self) -> None:
        self.runtime.start()
        chosen = Preferences(period="1m", columns=COLUMNS, alerts=self.alerts)
        self.state = AppState(self.runtime, chosen, lambda _: None)
        self.history = HistoryReaders(self.state)

    def beat(self) -> None:
        fired = self.state.check_alerts(self.state.beat())
        self.fired += [(one.symbol, one.at_ms) for one in fired]

    async def to(self, at_ms: int, newest_ms: int) -> None:
        """Until this is the newest trade, and every figure was read."""
        self.playback.skip_to(at_ms)
        await self.until_seen("paused", newest_ms)

    async def until_seen(self, word: str, newest_ms: int) -> None:
        def is_there() -> bool:
            self.beat()
            return self.state.liveness == word and self.state.live.newest_trade_ms == newest_ms

        await until(is_there)
        while readers := self.history.beat() or self._wanting():
            for reader in readers:
                await reader.read()
            self.beat()

    def _wanting(self) -> list[HistoryReader]:
        """Readers of whom something is wanted still, though they wait."""
        return [reader for reader in self.history._readers if reader._wanted.gather()]

    async def bars(self) -> dict[tuple[str, Period], tuple[Bar, ...]]:
        """All that there are, as a chart has them: stored ones and the current one."""
        found: dict[tuple[str, Period], tuple[Bar, ...]] = {}
        for symbol in (SYMBOL, OTHER):
            for period in PERIODS:
                row = self.state.live.rows[symbol]
                current = row.bar(period)
                assert current is not None
                past = await self.runtime.history(symbol, period, None, 10_000)
                # The one under way may lie on the disk as it was when that was written last.
                found[symbol, period] = (*(bar for bar in past if bar.open_ms < current.open_ms), current)
        return found

    def figures(self) -> dict[tuple[str, str], object]:
        state = self.state
        found: dict[tuple[str, str], object] = {}
        for symbol, row in state.live.rows.items():
            for key in COLUMNS:
                column = state.find_column(key)
                assert column is not None
                found[symbol, key] = column.measure(row, row.bar(state.period), state.live.newest_trade_ms)
            found[symbol, "closes"] = row.closes(state.period)
        return found


@asynccontextmanager
async def watched(folder: Path, files: Iterable[Path], alerts: tuple[str, ...] = ()) -> AsyncIterator[Watched]:
    made = Watched(folder, files, alerts)
    made.start()
    try:
        yield made
    finally:
        await made.runtime.stop()


def _files(folder: Path) -> list[Path]:
    """Four hours of two symbols, the second of which begins an hour later."""
    first = trades(range(START, START + 4 * HOUR, 7_000))
    second = trades(range(START + HOUR, START + 4 * HOUR, 11_000), symbol=OTHER)
    return [file_of(folder / "a.jsonl", map(event, first)), file_of(folder / "b.jsonl", map(event, second))]


def _newest(before_ms: int) -> int:
    return max(
        (before_ms - 1 - START) // 7_000 * 7_000 + START,
        (before_ms - 1 - START - HOUR) // 11_000 * 11_000 + START + HOUR,
    )


async def test_gone_back_to_a_time_all_stands_as_in_a_fresh_replay_up_to_it(tmp_path: Path) -> None:
    files = _files(tmp_path)
    early, late = START + 2 * HOUR + 17 * MINUTE + 30_000, START + 3 * HOUR + 40 * MINUTE
    async with watched(tmp_path / "fresh", files) as fresh:
        await fresh.to(early, _newest(early))
        bars, figures = await fresh.bars(), fresh.figures()
        known = [value for value in figures.values() if value is not None]
        assert len(known) > len(figures) * 0.8
        await fresh.to(late, _newest(late))
        later, figures_later = await fresh.bars(), fresh.figures()
    assert bars != later
    async with watched(tmp_path / "back", files) as back:
        await back.to(late, _newest(late))
        for _ in range(2):  # again and again
            await back.to(early, _newest(early))
            assert await back.bars() == bars
            assert back.figures() == figures
            await back.to(late, _newest(late))
            assert await back.bars() == later
            assert back.figures() == figures_later
        assert len([*(tmp_path / "back").glob("*.db")]) == 1


async def test_asked_twice_at_once_it_goes_back_to_the_last_time_asked_for(tmp_path: Path) -> None:
    files = _files(tmp_path)
    late, earlier, early = START + 3 * HOUR, START + 2 * HOUR, START + 80 * MINUTE
    async with watched(tmp_path / "run", files) as seen:
        await seen.to(late, _newest(late))
        for at_ms in (earlier, early, early + MINUTE, early):
            seen.playback.skip_to(at_ms)
        await seen.until_seen("paused", _newest(early))
        assert seen.state.book.quiet_until_ms == early


async def test_from_its_end_it_goes_back_and_on_to_the_end_again(tmp_path: Path) -> None:
    files = _files(tmp_path)
    end, early = _newest(START + 4 * HOUR), START + 30 * MINUTE
    async with watched(tmp_path / "run", files) as seen:
        seen.replay.player.pause()
        await seen.until_seen("ended", end)
        bars, figures = await seen.bars(), seen.figures()
        seen.playback.skip_to(early)
        assert seen.playback.pace.is_paused, "without a speed it would be left at once"
        newest = (early - 1 - START) // 7_000 * 7_000 + START
        await seen.until_seen("paused", newest)
        assert set(seen.state.live.rows) == {SYMBOL}
        progress = seen.state.status.progress
        assert progress is not None
        assert progress.what == "replay paused, 0:29:59 of 3:59:59"
        seen.playback.pause()
        await seen.until_seen("ended", end)
        progress = seen.state.status.progress
        assert progress is not None
        assert progress.what == "the replay has ended: 3:59:59 played"
        assert (await seen.bars(), seen.figures()) == (bars, figures)


async def test_alerts_fire_no_second_time_on_the_way_and_what_fired_later_did_not(tmp_path: Path) -> None:
    prices = ["100", "110", "100", "100", "120", "100", "100", "130", "100", "100", "100"]
    made = [trade(1 + minute, START + minute * MINUTE, price) for minute, price in enumerate(prices)]
    files = [file_of(tmp_path / "a.jsonl", map(event, made))]
    async with watched(tmp_path / "run", files, ("last>105",)) as seen:
        for minute in range(10):  # a beat a minute, so that each of them is seen
            await seen.to(START + minute * MINUTE + 1, START + minute * MINUTE)
        (alert,) = seen.state.alerts.all
        assert [at_ms for _, at_ms in seen.fired] == [START + minute * MINUTE for minute in (1, 4, 7)]
        assert (alert.count, alert.last_ms) == (3, START + 7 * MINUTE)

        seen.fired.clear()
        await seen.to(START + 5 * MINUTE + 1, START + 5 * MINUTE)
        (alert,) = seen.state.alerts.all
        assert seen.fired == []
        assert [one.at_ms for one in seen.state.fired] == [START + MINUTE, START + 4 * MINUTE]
        assert (alert.count, alert.last_ms, alert.has_ended) == (2, START + 4 * MINUTE, False)
        for minute in range(6, 10):
            await seen.to(START + minute * MINUTE + 1, START + minute * MINUTE)
        assert [at_ms for _, at_ms in seen.fired] == [START + 7 * MINUTE]
        assert [one.number for one in seen.state.fired] == [1, 2, 3]


async def test_what_holds_at_the_time_gone_back_to_fires_only_once_it_came_true_again(tmp_path: Path) -> None:
    prices = ["100", "110", "110", "110", "100", "110", "100"]
    made = [trade(1 + minute, START + minute * MINUTE, price) for minute, price in enumerate(prices)]
    files = [file_of(tmp_path / "a.jsonl", map(event, made))]
    async with watched(tmp_path / "run", files, ("last>105",)) as seen:
        for minute in range(6):
            await seen.to(START + minute * MINUTE + 1, START + minute * MINUTE)
        seen.fired.clear()
        await seen.to(START + 2 * MINUTE + 1, START + 2 * MINUTE)
        await seen.to(START + 3 * MINUTE + 1, START + 3 * MINUTE)
        assert seen.fired == []
        for minute in (4, 5):
            await seen.to(START + minute * MINUTE + 1, START + minute * MINUTE)
        assert seen.fired == [(SYMBOL, START + 5 * MINUTE)]


async def test_a_tape_that_is_followed_and_a_frozen_screen_begin_anew_too(tmp_path: Path) -> None:
    files = _files(tmp_path)
    late, early = START + 3 * HOUR, START + 90 * MINUTE
    async with watched(tmp_path / "run", files) as seen:
        await seen.to(late, _newest(late))
        seen.runtime.follow(SYMBOL)
        seen.state.freeze()
        await seen.to(early, _newest(early))
        assert not seen.state.is_frozen
        assert seen.state.shown_market is seen.state.live
        tape = seen.runtime.tape(SYMBOL)
        assert tape[-1].traded_ms == (early - 1 - START) // 7_000 * 7_000 + START


async def test_a_replay_whose_bars_are_kept_goes_on_and_never_back(tmp_path: Path) -> None:
    replay = Replay(_files(tmp_path), 1.0)
    runtime = Runtime(Plan(lambda: replay, PERIODS, tmp_path / "kept.db", replay.bars_of))
    playback = ReplayPlayback(replay, runtime)
    runtime.start()
    try:
        assert not playback.goes_back
        playback.skip_to(START + HOUR)
        await until(lambda: replay.now_ms() >= START + 59 * MINUTE)
        assert playback.recorded_ms is not None
        assert playback.recorded_ms[0] == START
        before = playback.pace
        playback.skip_to(START + MINUTE)
        assert playback.pace == before
        assert math.isclose(before.speed, 1.0)
    finally:
        await runtime.stop()
