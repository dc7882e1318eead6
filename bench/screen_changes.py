"""Changes of a busy market, made beforehand so that only the screen is measured."""

from __future__ import annotations

from klagg_tui.feed import FeedUpdate
from tests.made_market import MadeMarket

SYMBOLS = 500
FRAMES_A_SECOND = 5


class RecordedMarket(MadeMarket):
    """A made market whose changes are recorded, to be given out one a frame."""

    def __init__(self, trades_a_second: int, frames: int) -> None:
        super().__init__(SYMBOLS, minutes=40, per_minute=4)
        self._frames: list[FeedUpdate | None] = [super().take_changes()]
        for _ in range(frames):
            self.play(trades_a_second // FRAMES_A_SECOND, 1_000 // FRAMES_A_SECOND)
            self._frames.append(super().take_changes())
        self._at = 0
        self.taken = 0
        """How often the screen asked: how many frames there were."""

    def take_changes(self) -> FeedUpdate | None:
        """The next frame's; from the end back to the second one."""
        self.taken += 1
        changes = self._frames[self._at]
        self._at = self._at + 1 if self._at + 1 < len(self._frames) else 1
        self.now_ms += 1_000 // FRAMES_A_SECOND if self._at > 1 else 0
        return changes
