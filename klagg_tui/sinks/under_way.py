"""Which of the bars under way that several recorders tell is the one to be shown. Pure.

Of two of the same time the surer one, as `surer` has it: that with more trades, so that one recorder's gap is not seen and nothing goes back.
A recorder that is not heard of any more holds nothing up.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.sinks.surer import replaces
from klagg_tui.storage.sink_log import SeriesPlace

SILENT_S: Final = 60.0
"""Who has told nothing for so long is dead, or tells bars under way so seldom that others do better."""


class _Shown(NamedTuple):
    recorder: str
    bar: Bar


class UnderWay:
    """The bars under way of all series, as they are shown."""

    def __init__(self) -> None:
        self._shown: dict[SeriesPlace, _Shown] = {}
        self._heard_s: dict[str, float] = {}

    def takes(self, recorder: str, series: SeriesPlace, bar: Bar, now_s: float) -> bool:
        """Whether a bar that is told now, by some clock's seconds, is to be shown from now on."""
        self._heard_s[recorder] = now_s
        shown = self._shown.get(series)
        if shown is not None and not self._is_next(recorder, bar, shown, now_s):
            return False
        self._shown[series] = _Shown(recorder, bar)
        return True

    def _is_next(self, recorder: str, bar: Bar, shown: _Shown, now_s: float) -> bool:
        is_own = recorder == shown.recorder or now_s > self._heard_s[shown.recorder] + SILENT_S
        if bar.open_ms != shown.bar.open_ms:
            return is_own or bar.open_ms > shown.bar.open_ms
        return replaces(bar, shown.bar, is_own=is_own)
