"""What feeds the engine: the live market, or recorded files."""

from __future__ import annotations

from typing import Protocol

from klagg_tui.feed import Mode, Progress
from klagg_tui.runtime.host import EngineHost


class Source(Protocol):
    """Runs on the engine's loop, as long as `run` does."""

    market: str
    """For people: `Binance USDⓈ-M`, `simulated`, `replay`."""
    is_live: bool
    """Whether its clock says that a quiet minute is over, and missing trades can be fetched, so that a symbol waits
    for them. In a recording a quiet symbol's file may just have ended."""

    @property
    def mode(self) -> Mode:
        """Live, demo, replay; offline while the exchange cannot be reached."""
        ...

    @property
    def connection(self) -> str:
        """The connection in a word or two."""
        ...

    @property
    def progress(self) -> Progress | None:
        """How far the longest work in the background is."""
        ...

    @property
    def delay_ms(self) -> float | None:
        """How far the newest trade was behind the exchange's clock when it came."""
        ...

    def now_ms(self) -> int:
        """The exchange's clock, or the replay's."""
        ...

    async def run(self, core: EngineHost) -> None:
        """Feed the core until cancelled or at the end of what there is."""
        ...
