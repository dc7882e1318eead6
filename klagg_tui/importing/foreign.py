"""Archives of another exchange than the first, whose rows name their instrument and count in units of their own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

from klagg_tui.engine.parsing import price
from klagg_tui.errors import BadNumber, BadUsage
from klagg_tui.exchange.binance import archive
from klagg_tui.exchange.binance.archive import ArchiveName, Evidence, Market
from klagg_tui.exchange.kraken import archive as pairs
from klagg_tui.exchange.okx import archive as daily

_FOREIGN: Final = {one.key: Market(one.key, one.key, one.name) for one in daily.MARKETS} | {
    pairs.KEY: Market(pairs.KEY, pairs.KEY, pairs.TITLE)
}
MARKETS: Final = (*archive.MARKETS, *_FOREIGN.values())
"""All whose files can be read; those of the first exchange first, where a file leaves a choice."""


def name_in(name: str) -> ArchiveName:
    """What the name of a file or of a zip member says, whichever exchange's it is."""
    found = daily.read_name(PurePath(name).name)
    return ArchiveName(found.symbol, None, found.from_ms, found.to_ms) if found else archive.read_name(name)


def instrument_in(lines: Sequence[str]) -> str | None:
    """Whose trades these rows are, where most of them name their instrument; None: they do not."""
    found = [name for line in lines if (name := daily.instrument_of(line))]
    return found[0] if 2 * len(found) > sum(not daily.is_header(line) for line in lines) else None


def shown_by_instrument(symbol: str) -> Iterator[Evidence]:
    """What rows that name their instrument show of their market."""
    yield Evidence(frozenset({_FOREIGN[daily.market_of(symbol).key]}), f"its rows of {symbol}")


def shown_by_columns() -> Iterator[Evidence]:
    """What rows of sales, or of bars with seven columns, show of their market."""
    yield Evidence(frozenset({_FOREIGN[pairs.KEY]}), "its columns")


def checked_value(text: str) -> str:
    """What `--contract-value` says; raises BadUsage where it is no positive number."""
    try:
        if price(text):
            return text
    except BadNumber:
        pass
    raise BadUsage(f"--contract-value takes a positive number such as 0.01, not {text}.")
