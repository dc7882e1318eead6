"""Runs inside a pseudo-terminal: one screen, one rate of trades; prints nothing, writes what it measured as JSON.

python -m bench.screen_child klagg|plain|idle|keys|one|six|figures|figures_of_500|figure_keys|minutes|wall|symbol TRADES_A_SECOND SECONDS OUTPUT

`one` and `six`: 1,500 symbols of so many exchanges; `figures`: of one, with rolling windows and indicators beside the columns of bars;
`figure_keys`: keys on that; `minutes`: of 500 of those symbols the frames in which a minute is over.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App

from bench.screen_changes import FRAMES_A_SECOND, MinuteEnds, RecordedMarket
from bench.screen_plain import PlainTable
from klagg_tui.app import KlaggApp
from klagg_tui.runtime import interpreter
from klagg_tui.view.preferences import Preferences

WARM_S = 2.0
KEYS: dict[str, list[str]] = {
    "filter": ["slash", "b", "t", "c", "escape"],
    "sort": ["S", "S"],
    "scroll": ["down", "down", "pagedown", "pageup", "end", "home"],
    "period": ["1", "3", "2"],
    "open a symbol": ["enter"],
}
ROUNDS = 100
SIX = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
EXCHANGES = {
    "one": SIX[:1],
    "six": SIX,
    "figures": SIX[:1],
    "figures_of_500": SIX[:1],
    "figure_keys": SIX[:1],
    "minutes": SIX[:1],
}
FIGURES = (
    "symbol", "last", "chg(24h)", "turnover(24h)", "chg(1h)", "rvol(5m)", "range(24h)", "delta(1h)", "corr(1h)", "rsi(1m)",
    "taker", "spark",
)  # fmt: skip
"""Twelve columns, eight of them figures."""
OPENED = {"wall": "W", "symbol": "enter"}
"""Screens above the table, by the key that opens them."""
MARKED = 9
"""Of the busiest symbols: charts on the wall."""
OF_EXCHANGES = 1_500
"""Symbols of one exchange, or of six together."""
SYMBOLS = {"figures_of_500": 500, "minutes": 500}
FIGURE_ROUNDS = 40
MINUTES = 10
"""Minutes that end."""
LATE = 1.5
"""Times the beat after which a frame that did not come counts as dropped."""


class Timed:
    """Notes when the first thing is painted after a key was handled."""

    def __init__(self, app: App[Any]) -> None:
        self.app = app
        self.handled = False
        self.painted: asyncio.Future[tuple[float, float]] | None = None
        display, on_event = app._display, app.on_event

        def timed_display(screen: Any, renderable: Any) -> None:
            display(screen, renderable)
            if self.handled and renderable is not None and self.painted and not self.painted.done():
                self.painted.set_result((time.perf_counter(), time.process_time()))

        async def timed_on_event(event: events.Event) -> None:
            if isinstance(event, events.Key):
                self.handled = True
            await on_event(event)

        app._display = timed_display  # type: ignore[method-assign]
        app.on_event = timed_on_event  # type: ignore[method-assign]

    async def press(self, key: str) -> tuple[float, float]:
        """Milliseconds from the key to the paint, and those of the processor, which other processes cannot lengthen."""
        self.handled = False
        self.painted = asyncio.get_running_loop().create_future()
        began, cpu_began = time.perf_counter(), time.process_time()
        names = {"slash": "/"}
        character = key if len(key) == 1 else names.get(key)
        self.app.post_message(events.Key(key, character))
        painted, cpu_painted = await asyncio.wait_for(self.painted, 5)
        return (painted - began) * 1_000, (cpu_painted - cpu_began) * 1_000


async def measure_frames(app: App[Any], feed: RecordedMarket, seconds: float) -> dict[str, float]:
    """CPU while the market runs, by the frames there really were: a slow screen does not come to five a second."""
    await _warmed_up(app)
    cpu, wall, frames = time.process_time(), time.perf_counter(), feed.taken
    await asyncio.sleep(seconds)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    frames = feed.taken - frames
    return {"cpu": cpu / wall, "ms_per_frame": cpu * 1_000 / frames, "frames_a_second": frames / wall}


async def _warmed_up(app: App[Any]) -> None:
    """Wait until the screen is as it is for hours. The made market makes its history by itself, which is no cost of the screen."""
    await asyncio.sleep(WARM_S)
    if reading := [worker for worker in app.workers if worker.group == "history"]:
        await app.workers.wait_for_complete(reading)
    gc.collect()


async def measure_minutes(app: App[Any], feed: MinuteEnds) -> dict[str, Any]:
    """Milliseconds of the processor for frames in which a minute was over, and for the others; how many frames came late.

    A frame is all that is done from its beat to the next one's.
    """
    await _warmed_up(app)
    begun, last = feed.taken, MINUTES * MinuteEnds.FRAMES + 1
    await asyncio.sleep((last - begun + 1) / FRAMES_A_SECOND)
    ends, others, dropped = [], [], 0
    for before, after in pairwise(feed.takes[begun:last]):
        (ends if before[2] else others).append((after[1] - before[1]) * 1_000)
        dropped += (after[0] - before[0]) > LATE / FRAMES_A_SECOND
    return {"ends": ends, "others": others, "dropped": dropped}


async def measure_keys(app: App[Any], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Key to paint, again and again, at odd moments of the beat."""
    timed = Timed(app)
    await asyncio.sleep(WARM_S)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in KEYS}
    for number in range(rounds):
        for name, keys in KEYS.items():
            for key in keys:
                taken[name].append(await timed.press(key))
                await asyncio.sleep(0.03 + number % 7 * 0.011)
            if name == "open a symbol":
                await asyncio.sleep(0.05)
                await timed.press("escape")
                await asyncio.sleep(0.05)
    return taken


def main() -> None:
    what, rate, seconds, output = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    frames = 40 if rate else 0
    exchanges = EXCHANGES.get(what)
    symbols = SYMBOLS.get(what, OF_EXCHANGES)
    if what == "minutes":
        feed: RecordedMarket = MinuteEnds(rate, MINUTES, symbols, SIX[:1])
    elif exchanges:
        feed = RecordedMarket(rate, frames, symbols, exchanges)
    else:
        feed = RecordedMarket(rate, frames)
    interpreter.freeze()
    interpreter.tune()
    chosen = Preferences(columns=FIGURES) if what in (*SYMBOLS, "figures", "figure_keys") else None
    if what in OPENED:
        busiest = tuple(feed.symbols[:MARKED])
        chosen = Preferences(period="1m", marks=busiest, sort="symbol", descending=False, filter="btcusdt")
    app: App[Any] = PlainTable(feed) if what == "plain" else KlaggApp(feed, chosen)

    async def measure() -> None:
        try:
            found: dict[str, Any]
            if what in OPENED:
                await asyncio.sleep(WARM_S)
                app.post_message(events.Key(OPENED[what], OPENED[what] if len(OPENED[what]) == 1 else None))
            if isinstance(feed, MinuteEnds):
                found = await measure_minutes(app, feed)
            elif what in ("keys", "figure_keys"):
                found = await measure_keys(app, ROUNDS if what == "keys" else FIGURE_ROUNDS)
            else:
                found = await measure_frames(app, feed, seconds)
            await asyncio.to_thread(output.write_text, json.dumps(found), "utf-8")
        finally:
            app.exit()

    app.call_later(lambda: app.run_worker(measure(), exit_on_error=False))
    app.run()


if __name__ == "__main__":
    main()
