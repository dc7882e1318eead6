"""The last 24 hours of every instrument: `vol24h` counts sizes, which are contracts of swaps; `volCcy24h` the quote of spot."""

from __future__ import annotations

from klagg_tui.exchange.fields import Json, mapping, text
from klagg_tui.exchange.okx.facts import SPOT, Market
from klagg_tui.exchange.okx.wire.answers import rows
from klagg_tui.exchange.tickers import Ticker24h, number, read_each, told, worth
from klagg_tui.exchange.units import Contracts, contract_of


def read_tickers(raw: bytes, at_ms: int, market: Market, contracts: Contracts) -> dict[str, Ticker24h]:
    """By instrument, of swaps those in `contracts`; raises BadFrame. No count is told, and of linear swaps no turnover."""

    def read(value: Json) -> tuple[str, Ticker24h]:
        row = mapping(value)
        contract = contract_of(contracts, symbol := text(row["instId"]))
        volume = worth(number(row["vol24h"]), contract.size)
        paid = number(row["volCcy24h"]) if market is SPOT else worth(volume, contract.value)
        return symbol, told(row, at_ms, "last", "open24h", "high24h", "low24h")._replace(volume=volume, turnover=paid)

    return read_each(rows(raw), read)
