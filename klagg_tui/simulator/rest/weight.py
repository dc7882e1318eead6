"""The request weight an address has used, and what it gets for using too much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS

LIMIT: Final = 2400
"""Weight a minute."""
_PATIENCE: Final = 20
"""Refused requests of one minute after which the address is banned."""
_BAN_MS: Final = 2 * MINUTE_MS


@dataclass
class Weight:
    """Weight used in the present minute of the exchange."""

    limit: int = LIMIT
    used: int = 0
    refused: int = 0
    banned_until_ms: int = 0
    minutes: dict[int, int] = field(default_factory=dict)
    """Weight used in each minute of the exchange that had any, by minutes since the epoch; of the last day."""
    _minute: int = 0

    def admit(self, weight: int, now_ms: int) -> int:
        """The HTTP status that answers a request of that weight: 200, 429 or 418."""
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self.used, self.refused = minute, 0, 0
        if now_ms < self.banned_until_ms:
            return 418
        self.used += weight
        self._note(minute)
        if self.used <= self.limit:
            return 200
        self.refused += 1
        if self.refused > _PATIENCE:
            self.banned_until_ms = now_ms + _BAN_MS
            return 418
        return 429

    def _note(self, minute: int) -> None:
        self.minutes[minute] = self.used
        if len(self.minutes) > DAY:
            del self.minutes[next(iter(self.minutes))]

    def retry_after_s(self, now_ms: int) -> int:
        """Seconds of the exchange's time until requests are answered again."""
        until_ms = max(self.banned_until_ms, (now_ms // MINUTE_MS + 1) * MINUTE_MS)
        return -(-(until_ms - now_ms) // 1000)
