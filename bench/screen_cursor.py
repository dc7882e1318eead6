"""Runs inside a pseudo-terminal: the split beside a running engine and a filled database; writes what it measured as JSON.

python -m bench.screen_cursor DATABASE TRADES_A_SECOND KEYS OUTPUT
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from textual import events
from textual.app import App

from bench.made_trades import MadeMarket
from klagg_tui.app import KlaggApp
from klagg_tui.engine.events import AddSymbol, SeedBars
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.feed import Mode
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import Plan, SourceStatus
from klagg_tui.runtime.worker import Runtime
from klagg_tui.screens.market import MarketScreen
from klagg_tui.view.preferences import SPLIT, Preferences

SYMBOLS: Final = 600
BEATS_A_SECOND: Final = 20
WARM_S: Final = 6.0
DRAWN: Final = 20
"""Candles from which on a chart is one: of the bar under way alone there is one."""
PERIODS: Final = {"1m": Period.M1, "15m": Period.M15, "4h": Period.H4}
PATIENCE_S: Final = 5.0


class MadeSource:
    """A `Source`: trades of a made market, as they come."""

    market = "made market"
    is_live = True
    knows_time = True

    def __init__(self, rate: int) -> None:
        self.status = SourceStatus(Mode.DEMO, "connected")
        self._rate = rate
        self._made = MadeMarket(symbols=SYMBOLS)

    def now_ms(self) -> int:
        """This machine's time."""
        return int(time.time() * 1_000)

    async def run(self, host: EngineHost) -> None:
        """Twenty times a second, what was traded since."""
        minute_ms = self.now_ms() // MINUTE_MS * MINUTE_MS
        for symbol in self._made.symbols:
            host.handle([AddSymbol(symbol, 0), SeedBars(symbol, minute_ms, (), None, 1, minute_ms)])
        while True:
            now_ms = self.now_ms()
            made = self._made.chunk(self._rate // BEATS_A_SECOND)
            host.receive([(*one[:3], now_ms, *one[4:8], now_ms) for one in made])
            await asyncio.sleep(1 / BEATS_A_SECOND)


class Timed:
    """Waits for what is painted."""

    def __init__(self, app: App[Any]) -> None:
        self.app = app
        self._is_there: Callable[[], bool] = lambda: False
        self._seen: asyncio.Future[tuple[float, float]] | None = None
        display = app._display

        def timed_display(screen: Any, renderable: Any) -> None:
            display(screen, renderable)
            if renderable is not None and self._seen and not self._seen.done() and self._is_there():
                self._seen.set_result((time.perf_counter(), time.process_time()))

        app._display = timed_display  # type: ignore[method-assign]

    async def press(self, key: str, is_there: Callable[[], bool]) -> tuple[float, float]:
        """Milliseconds from the key to the first paint in which it is there, and those of the processor, engine included."""
        self._is_there = is_there
        self._seen = asyncio.get_running_loop().create_future()
        began, cpu_began = time.perf_counter(), time.process_time()
        self.app.post_message(events.Key(key, None))
        seen, cpu_seen = await asyncio.wait_for(self._seen, PATIENCE_S)
        return (seen - began) * 1_000, (cpu_seen - cpu_began) * 1_000


async def measure(app: KlaggApp, keys: int) -> dict[str, list[tuple[float, float]]]:
    """From the key that moves the cursor to the candles of the next symbol, in some periods, at odd moments of the beat."""
    screen = app.screen
    assert isinstance(screen, MarketScreen)
    timed = Timed(app)
    await asyncio.sleep(WARM_S)
    chart, table = screen.pane.chart, screen.table
    taken: dict[str, list[tuple[float, float]]] = {}
    gc.collect()
    for name, period in PERIODS.items():
        app.state.choose(period=str(period))
        screen.period_changed()
        await asyncio.sleep(1)
        for number in range(keys):
            turn = number // (len(table.rows) - 1) % 2
            following = table.rows[table.index + (-1 if turn else 1)].symbol

            def is_there(symbol: str = following) -> bool:
                picture = chart._picture
                return chart.symbol == symbol and picture is not None and picture.bars >= DRAWN

            taken.setdefault(name, []).append(await timed.press("up" if turn else "down", is_there))
            await asyncio.sleep(0.05 + number % 7 * 0.021)
    return taken


def main() -> None:
    database, rate, keys, output = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    runtime = Runtime(Plan(lambda: MadeSource(rate), database=database, market=""))
    runtime.start()
    app = KlaggApp(runtime, Preferences(layout=SPLIT, sort="symbol", descending=False))

    async def work() -> None:
        try:
            found = await measure(app, keys)
            await asyncio.to_thread(output.write_text, json.dumps(found), "utf-8")
        finally:
            app.exit()

    app.call_later(lambda: app.run_worker(work(), exit_on_error=False))
    app.run()
    runtime.cancel()
    runtime.wait()


if __name__ == "__main__":
    main()
