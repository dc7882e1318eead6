"""The keys of a replay: pause, speed, and going on or back to a time; without a replay there are none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.app import App
from textual.binding import Binding, BindingType

from klagg_tui import formatting
from klagg_tui.errors import BadTime
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.view.playing import FORMS, next_hour, time_meant

if TYPE_CHECKING:
    from klagg_tui.screens.app_state import AppState
    from klagg_tui.steering import Playback

PLAYBACK_BINDINGS: Final[list[BindingType]] = [
    Binding("p", "playback('pause')", "Replay: pause, or go on", id="play_pause"),
    Binding("full_stop", "playback('faster')", "Replay: faster", id="play_faster", key_display="."),
    Binding("comma", "playback('slower')", "Replay: slower", id="play_slower", key_display=","),
    Binding("U", "playback('hour')", "Replay: on to the next hour", id="play_hour"),
    Binding("u", "playback('until')", "Replay: on or back to a time", id="play_until"),
]
_TOLD_S: Final = 2


class PlaybackKeys:
    """What the keys do."""

    def __init__(self, app: App[Any], state: AppState, playback: Playback) -> None:
        self._app = app
        self._state = state
        self._playback = playback

    def do(self, what: str) -> None:
        """One of `pause`, `faster`, `slower`, `hour`, `until`."""
        has_ended = self._state.status.connection == "ended"
        if has_ended and self._playback.goes_back and what != "until":
            self._tell("The replay has ended: u goes back to a time.")
        elif has_ended and not self._playback.goes_back:
            self._tell("The replay has ended: there is nothing left to play.")
        elif what == "pause":
            self._playback.pause()
            self._tell("Paused" if self._playback.pace.is_paused else "Playing on")
        elif what == "hour":
            self._skip_to(next_hour(self._state.status.exchange_now_ms))
        elif what == "until":
            self._ask_until()
        else:
            self._playback.change_speed(1 if what == "faster" else -1)
            self._tell(f"Speed: {self._playback.pace}")

    def _ask_until(self) -> None:
        local = self._state.preferences.local_time
        has_ended = self._state.status.connection == "ended"
        suggested = (
            "-1h" if has_ended else formatting.hour_minute(next_hour(self._state.status.exchange_now_ms), local=local)
        )
        note = f"As one of {FORMS}; {formatting.zone(local=local)}."
        _ = self._app.push_screen(Ask("Go to", note, suggested, self._wrong), self._skip_to_typed)

    def _wrong(self, text: str) -> str | None:
        try:
            self._read(text)
        except BadTime as error:
            return str(error)
        return None

    def _read(self, text: str) -> int:
        now_ms, local = self._state.status.exchange_now_ms, self._state.preferences.local_time
        at_ms = time_meant(text, now_ms, local=local, recorded_ms=self._playback.recorded_ms)
        if at_ms <= now_ms and not self._playback.goes_back:
            raise BadTime(
                f"{text!r} was played already; a replay whose bars are kept in a file of yours does not go back."
            )
        return at_ms

    def _skip_to_typed(self, text: str | None) -> None:
        if text is not None:
            self._skip_to(self._read(text))

    def _skip_to(self, at_ms: int) -> None:
        is_back = at_ms <= self._state.status.exchange_now_ms
        self._playback.skip_to(at_ms)
        local = self._state.preferences.local_time
        self._tell(
            f"{'Back' if is_back else 'On'} to {formatting.date_time(at_ms, local=local)} {formatting.zone(local=local)}"
        )

    def _tell(self, text: str) -> None:
        self._app.notify(text, timeout=_TOLD_S)
