"""Whether what is shown is now, in a word."""

from __future__ import annotations

from klagg_tui.feed import Mode, Status


def liveness(status: Status, *, frozen: bool, stale: bool, has_trades: bool = True) -> str:
    """The one word that says whether what is shown is now; without a trade so far it is starting."""
    if frozen:
        return "frozen"
    if status.mode is Mode.OFFLINE:
        return "offline"
    if stale:
        return "stale" if has_trades else "starting"
    if status.mode is Mode.REPLAY and status.connection in ("paused", "ended"):
        return status.connection
    return status.mode.value
