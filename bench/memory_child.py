"""Runs inside a pseudo-terminal: the demo with 600 symbols, until an hour of its market has gone by.

What klagg does by the clock on the wall, which is to collect garbage every ten minutes, is done by the market's.

python -m bench.memory_child SYMBOLS SPEED OUTPUT
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import psutil

from klagg_tui.app import KlaggApp
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS
from klagg_tui.runtime import interpreter
from klagg_tui.runtime.plans import demo_plan
from klagg_tui.runtime.simulation import simulated_exchange
from klagg_tui.runtime.worker import Runtime


def main() -> None:
    symbols, speed, output = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    found: dict[str, float] = {}
    options = ("--symbols", symbols, "--speed", str(speed), "--activity", "20", "--faults", "life")
    with tempfile.TemporaryDirectory() as folder, simulated_exchange(*options) as urls:
        runtime = Runtime(demo_plan(urls.rest, urls.ws, Path(folder) / "market.db", DEFAULT_PERIODS))
        runtime.start()
        app = KlaggApp(runtime)

        def look() -> None:
            status = runtime.status()
            if status.counters.trades:
                found.setdefault("begun_ms", status.exchange_now_ms)
            past_ms = status.exchange_now_ms - found.get("begun_ms", float("inf"))
            if past_ms >= (found.get("collected", 0) + 1) * interpreter.COLLECT_S * 1_000:
                found["collected"] = found.get("collected", 0) + 1
                interpreter.collect()
            if status.exchange_now_ms >= found.get("begun_ms", float("inf")) + 60 * MINUTE_MS and "mb" not in found:
                found["mb"] = psutil.Process().memory_info().rss / 1e6
                found["trades"] = status.counters.trades
                found["symbols"] = len(app.state.shown_market.rows)
                app.call_later(app.action_quit)

        app.call_later(lambda: app.set_interval(1, look))
        app.run()
        runtime.wait(30)
    output.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
