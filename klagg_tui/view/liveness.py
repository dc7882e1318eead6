"""Whether what is shown is now, in one word. Pure."""

from __future__ import annotations

from typing import Final

from klagg_tui.feed import Mode, Status

STALE_FEED_MS: Final = 15_000
"""A whole market is never silent for so long."""


def liveness(status: Status, *, frozen: bool, stale: bool, has_trades: bool = True) -> str:
    """The one word that says whether what is shown is now; without a trade so far it is starting, unless the recorder that it is a window on is gone."""
    if frozen:
        return "frozen"
    if not status.mode.is_reached:
        return status.mode.value
    if stale:
        return "stale" if has_trades or (status.attached and status.is_behind) else "starting"
    if status.mode is Mode.REPLAY and status.connection in ("paused", "ended"):
        return status.connection
    return status.mode.value


def is_stale_feed(status: Status, newest_trade_ms: int) -> bool:
    """Whether a feed that ought to move stands still."""
    if status.mode not in (Mode.LIVE, Mode.DEMO):
        return False
    return status.is_behind or status.exchange_now_ms - newest_trade_ms > STALE_FEED_MS
