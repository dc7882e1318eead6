"""What is drawn while the screen is frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from klagg_tui.view.model import Market


@dataclass(slots=True)
class StillPicture:
    """The market of one moment; figures of it that are asked for since come one by one."""

    market: Market
    at_ms: int
    """By the exchange's clock."""
    stale_venues: frozenset[str]
    """Exchanges that were stale then."""
    news: set[str] = field(default_factory=set)
    """Symbols of which figures became known since somebody took them."""

    def take_news(self) -> set[str]:
        """Those, once."""
        news, self.news = self.news, set()
        return news
