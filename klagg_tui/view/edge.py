"""What a chart says at its left edge: whether older bars are on their way, and otherwise why there are none. Pure."""

from __future__ import annotations

from klagg_tui import formatting
from klagg_tui.edge import Edge, OlderBars

FETCHING = "fetching older bars…"


def edge_text(told: OlderBars, *, local: bool = False) -> str:
    """As half a sentence; empty where there is nothing to say."""
    if told.edge is Edge.LISTED and told.listed_ms:
        day = formatting.date_time(told.listed_ms, local=local).partition(" ")[0]
        return f"the exchange has no older bars (listed {day})"
    if told.edge is Edge.REACHED and told.most_bars:
        return f"the exchange gives its newest {told.most_bars:,} bars only"
    return _WORDS.get(told.edge, "")


_WORDS = {
    Edge.LISTED: "the exchange has no older bars",
    Edge.NONE: "the exchange has no older bars",
    Edge.REACHED: "the exchange gives no older bars",
    Edge.KEPT: "older bars are not kept, see keep in the settings",
    Edge.UNREACHABLE: "older bars cannot be fetched now: the exchange is not reachable",
}
