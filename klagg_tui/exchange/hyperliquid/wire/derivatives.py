"""Mark and oracle price, funding and open interest of every perpetual: the states of `metaAndAssetCtxs`.

Sources: hyperliquid.gitbook.io, "Perpetuals" (asset contexts) and "Funding": the rate is of an hour, and paid every hour.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from klagg_tui.engine.derivatives import ContractQuote, rate
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.exchange.fields import Json, each_readable, mapping, symbol, text
from klagg_tui.exchange.hyperliquid.wire.answers import coins_and_states

FUNDED_EVERY_MS: Final = 3_600_000


def read_quotes(raw: bytes, at_ms: int) -> list[ContractQuote]:
    """What is told of each coin at that time; of one that cannot be read nothing. Raises BadFrame where it is no pair of lists."""

    def read(item: tuple[Json, Json]) -> ContractQuote:
        coin, state = map(mapping, item)
        return _quote(coin, state, at_ms)

    return list(each_readable(coins_and_states(raw), read))


def _quote(coin: dict[str, Json], state: dict[str, Json], at_ms: int) -> ContractQuote:
    """The oracle price is the index: what the exchanges that it looks at trade at."""
    return ContractQuote(
        symbol(text(coin["name"])),
        at_ms,
        _told(state.get("markPx"), price) or None,
        _told(state.get("oraclePx"), price) or None,
        _told(state.get("funding"), rate),
        funding_every_ms=FUNDED_EVERY_MS,
        open_interest=_told(state.get("openInterest"), quantity),
    )


def _told(value: Json, read: Callable[[str], int]) -> int | None:
    return None if value is None else read(text(value))
