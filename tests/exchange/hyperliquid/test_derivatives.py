"""What is told of coins beside their trades, whole and damaged."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from klagg_tui.engine.derivatives import ContractQuote, rate
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.hyperliquid import VENUE, wire
from klagg_tui.exchange.venue import Priority
from klagg_tui.simulator import MarketSpec, SimulatedExchange

AT_MS = 1_790_000_000_000
# As documented: hyperliquid.gitbook.io, "Retrieve perpetuals asset contexts".
STATE: dict[str, Any] = {
    "dayNtlVlm": "1169046.29406",
    "funding": "0.0000125",
    "impactPxs": ["14.3047", "14.3444"],
    "markPx": "14.3161",
    "midPx": "14.314",
    "openInterest": "688.11",
    "oraclePx": "14.32",
    "premium": "0.00031774",
    "prevDayPx": "15.322",
}
QUOTE = ContractQuote(
    "BTC",
    AT_MS,
    price("14.3161"),
    price("14.32"),
    rate("0.0000125"),
    funding_every_ms=3_600_000,
    open_interest=quantity("688.11"),
)


def read(*pairs: tuple[object, object]) -> list[ContractQuote]:
    answer = [{"universe": [coin for coin, _ in pairs]}, [state for _, state in pairs]]
    return wire.read_quotes(orjson.dumps(answer), AT_MS)


def test_each_coin_has_its_state() -> None:
    blank = {**STATE, "markPx": None, "oraclePx": "0.0", "funding": "-0.0001"}
    assert read(({"name": "BTC"}, STATE), ({"name": "kPEPE"}, blank)) == [
        QUOTE,
        QUOTE._replace(symbol="kPEPE", mark_price=None, index_price=None, funding_rate=rate("-0.0001")),
    ]


@pytest.mark.parametrize("odd", [7, {**STATE, "funding": 7}, {**STATE, "openInterest": "x"}], ids=str)
def test_a_damaged_state_costs_only_itself(odd: object) -> None:
    assert read(({"name": "ETH"}, odd), ({"name": "BTC"}, STATE), ({}, STATE)) == [QUOTE]


@pytest.mark.parametrize("answer", [{}, [], [{}], [{"universe": []}, {}], [{"universe": [1]}, []]], ids=str)
def test_what_is_no_pair_of_lists_is_refused(answer: object) -> None:
    with pytest.raises(BadFrame):
        wire.read_quotes(orjson.dumps(answer), AT_MS)


async def test_all_coins_are_asked_for_at_once() -> None:
    async with (
        SimulatedExchange(MarketSpec(symbols=4, seed=3), venue="hyperliquid") as exchange,
        VENUE.market_data(exchange.rest_url, exchange.now_ms()) as data,
    ):
        await data.sync()
        found = await data.quotes(["BTC"], priority=Priority.QUOTES)
    assert {quote.symbol for quote in found} == {
        exchange.face.name(life.listing) for life in exchange.face.listed().values()
    }
    assert all(quote.open_interest and quote.mark_price and quote.funding_rate for quote in found)
