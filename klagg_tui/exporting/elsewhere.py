"""What other programs call what is exported for them."""

from __future__ import annotations

from klagg_tui.exchange import registry
from klagg_tui.exchange.elsewhere import NamesElsewhere
from klagg_tui.exporting.series import Coins
from klagg_tui.names import Name


def names_of(venue: str) -> NamesElsewhere | None:
    """The names of a venue, by its key; None where nobody said which it is."""
    return registry.venue(venue).elsewhere if venue in set(registry.keys()) else None


def coins_by_quote(name: Name, quote: str) -> Coins | None:
    """What a symbol is traded in, where somebody says what it is paid in; None where it does not end with that."""
    names = names_of(name.venue)
    pair = names.coins(name.symbol) if names else name.symbol
    base = pair[: -len(quote)].rstrip("-/")
    if not base or not pair.upper().endswith(quote.upper()):
        return None
    return Coins(base, pair[-len(quote) :], bool(names and names.is_inverse(name.symbol)))
