"""The last 24 hours of every instrument of a market."""

from __future__ import annotations

from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.okx.facts import SPOT, Market
from klagg_tui.exchange.okx.wire.answers import rows
from klagg_tui.exchange.okx.wire.units import Contracts, contract_of, moment
from klagg_tui.exchange.tickers import Ticker24h, number, price, read_each


def read_tickers(raw: bytes, market: Market, contracts: Contracts) -> dict[str, Ticker24h]:
    """By instrument, of swaps those in `contracts`; no count is told.

    `vol24h` counts contracts of swaps and coins of spot, `volCcy24h` coins of swaps and the quote of spot.

    Raises:
        BadFrame: the answer is no list.
    """

    def read(value: Json) -> tuple[str, Ticker24h]:
        row = fields.mapping(value)
        symbol = fields.text(row["instId"])
        sizes, others = number(row["vol24h"]), number(row["volCcy24h"])
        contract = contract_of(contracts, symbol)
        if market is SPOT:
            volume, turnover = sizes, others
        elif contract.is_inverse:
            volume, turnover = sizes, None if sizes is None else sizes * float(contract.value)
        else:
            volume, turnover = others, None  # what was paid for them is not told
        last, first, high, low = (price(row[name]) for name in ("last", "open24h", "high24h", "low24h"))
        return symbol, Ticker24h(moment(row["ts"]), last, first, high, low, volume, turnover)

    return read_each(rows(raw), read)
