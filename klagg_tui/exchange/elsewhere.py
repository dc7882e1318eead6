"""What other programs call an exchange and its symbols: facts of each venue, for files that they read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


def _never(_: str) -> bool:
    return False


def _whole(symbol: str) -> str:
    return symbol


class NamesElsewhere(NamedTuple):
    """Of one venue."""

    ccxt: str
    """Its id in ccxt, which freqtrade goes by."""
    instrument: Callable[[str], str]
    """What nautilus_trader's adapter calls a symbol, `SYMBOL.VENUE`."""
    is_futures: bool = False
    """Whether these are contracts, settled in a coin."""
    coins: Callable[[str], str] = _whole
    """A symbol without what tells the kind of contract: base and quote, and what stands between them."""
    has_end: Callable[[str], bool] = _never
    """Whether a contract ends on a day that its symbol says."""
    is_inverse: Callable[[str], bool] = _never
    """Whether a contract is settled in its base; a listing says it surer."""
