"""klagg itself in a pseudo-terminal, watched from within: what its screen has when; writes that as JSON.

python -m bench.cold_child BEGAN ARGUMENTS… OUTPUT

`BEGAN` is when it was started, by the clock that all processes share; the arguments are klagg's.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from klagg_tui.app import KlaggApp
from klagg_tui.cli import main as klagg
from klagg_tui.metrics import Metric
from klagg_tui.view.model import Row

ENOUGH_CLOSES: Final = 32
"""Of a sparkline that is there."""
TIMEOUT_S: Final = 1_100
_MINUTE_MS: Final = 60_000


class Probe:
    """Looks at the screen's own values after each of its beats."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self.at_s: dict[str, float] = {}
        """When each thing was there first, in seconds from the start."""
        self.weight: dict[str, float] = {}
        """What the exchange's headers said was used, with what was under way, by when the minute began."""
        self.notices: set[str] = set()
        self.rows = 0
        self.second: float | None = None
        """Of the exchange's minute, when klagg was started."""
        self._has_history_begun = False

    def look(self, app: KlaggApp) -> bool:
        """Note what is there now; returns whether all is."""
        state, passed_s = app.state, time.monotonic() - self._began_s
        status = state.status
        self.notices.update(status.notices)
        if status.knows_time:
            at_ms = status.exchange_now_ms
            if self.second is None:
                self.second = (at_ms / 1_000 - passed_s) % 60
            minute = str(at_ms // _MINUTE_MS * _MINUTE_MS)
            used = status.metrics.get(Metric.WEIGHT_USED, 0)
            self.weight[minute] = max(self.weight.get(minute, 0), used)
        visible = [state.live.rows[name] for name in app._table_screen.table.visible_symbols()]
        self.rows = len(visible)
        for name, is_there in self._parts(app).items():
            if name not in self.at_s and visible and all(map(is_there, visible)):
                self.at_s[name] = passed_s
        self._has_history_begun |= status.progress is not None
        if "history" not in self.at_s and self._has_history_begun and status.progress is None:
            self.at_s["history"] = passed_s
        return len(self.at_s) == len(self._parts(app)) + 1 or passed_s > TIMEOUT_S

    @staticmethod
    def _parts(app: KlaggApp) -> dict[str, Callable[[Row], bool]]:
        state = app.state
        change = state.find_column("chg(24h)")
        assert change is not None

        def has_change(row: Row) -> bool:
            return change.measure(row, row.bar(state.period), state.now_ms) is not None

        return {
            "rows": lambda _row: True,
            "figures": has_change,
            "sparklines": lambda row: len(row.closes(state.period, ENOUGH_CLOSES)) >= ENOUGH_CLOSES,
        }

    def as_json(self) -> str:
        """What was seen."""
        process = psutil.Process()
        work = process.cpu_times()
        return json.dumps(
            {
                "at_s": self.at_s,
                "second": self.second or 0.0,
                "weight": self.weight,
                "notices": sorted(self.notices),
                "rows": self.rows,
                "took_s": time.monotonic() - self._began_s,
                "processor_s": work.user + work.system,
                "memory": process.memory_info().rss / 1e6,
            }
        )


def main() -> None:
    probe, output = Probe(float(sys.argv[1])), Path(sys.argv[-1])
    beat, has_ended = KlaggApp.beat, False

    def observed(app: KlaggApp) -> None:
        nonlocal has_ended
        beat(app)
        if not has_ended and probe.look(app):
            has_ended = True
            output.write_text(probe.as_json(), encoding="utf-8")
            app.call_later(app.action_quit)

    KlaggApp.beat = observed  # type: ignore[method-assign]
    sys.argv = ["klagg", *sys.argv[2:-1]]
    klagg()


if __name__ == "__main__":
    main()
