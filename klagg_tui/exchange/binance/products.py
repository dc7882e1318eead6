"""Binance's product lines: the same wire, with hosts, paths, prices and fields of its own in each.

Sources: developers.binance.com for USDⓈ-M and COIN-M (copies of 2026-05 to 2026-08, change notice of June 2026); binance-spot-api-docs
(2026-07) and binance-us-api-docs (2024-06) for the two spot markets; recorded messages and what others measured where those are silent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from klagg_tui.exchange.binance import elsewhere
from klagg_tui.exchange.binance.facts import STREAMS
from klagg_tui.exchange.elsewhere import NamesElsewhere
from klagg_tui.exchange.limits import DerivativeFacts, PageCost, RequestLimits, StreamLimits
from klagg_tui.exchange.venue import Doubt, Question

CONTRACTS: Final = "!contractInfo"
"""The stream of contracts that come and go."""
MARK_PRICES: Final = "!markPrice@arr"
"""Mark and index prices and funding of all contracts, every three seconds; `@1s` behind it costs three times as much."""
LIQUIDATIONS: Final = "!forceOrder@arr"
"""Of each contract the latest liquidation of a second, where there was one."""
_FUTURES_STREAMS: Final = (CONTRACTS, MARK_PRICES, LIQUIDATIONS)
_DAY_MS: Final = 24 * 3_600_000
_USUAL_ADVICE: Final = "try --proxy, or see a simulated market with `klagg demo`"
_FUTURES_TYPES: Final = ("PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER")


@dataclass(frozen=True)
class Product:
    """What differs between them."""

    key: str
    name: str
    rest_url: str
    stream_url: str
    hosts: re.Pattern[str]
    prefix: str
    """Of every path over HTTP."""
    stream_path: str
    """Where trades are, at a host without a path of its own."""
    requests: RequestLimits
    listing_cost: int
    tickers_cost: int
    """Of the last 24 hours of all symbols; by the documentation, as are the others."""
    contract_types: tuple[str, ...]
    streams: StreamLimits = STREAMS
    market_streams: tuple[str, ...] = _FUTURES_STREAMS
    mark: int = 1
    """`st` of its own events, where they have it: all-market streams carry both futures markets since June 2026."""
    is_spot: bool = False
    """Whether its listing is written as for spot: decimals as steps, no type of contract, no day of listing."""
    is_in_contracts: bool = False
    """Whether quantities are contracts, each worth a fixed sum in the quote."""
    derivatives: DerivativeFacts | None = None
    longest_span_ms: int | None = None
    """Between the bounds of a request for bars; None: whatever fits its rows."""
    blocked_advice: str = _USUAL_ADVICE
    doubts: tuple[Doubt, ...] = ()
    elsewhere: NamesElsewhere | None = None


_FUTURES_REQUESTS: Final = RequestLimits(
    cost_per_minute=2_400,  # one budget for both futures markets since June 2026: the header of an answer tells of both
    bar_pages=(PageCost(99, 1), PageCost(499, 2), PageCost(1_000, 5), PageCost(1_500, 10)),
    trade_page=PageCost(1_000, 20),
    trades_reach_ms=_DAY_MS - 600_000,  # 24 hours by the documentation of 2026-05, less a margin
)
_SPOT_REACH_MS: Final = 365 * _DAY_MS
"""No limit is documented ("Database" is the source); who is away for a year takes bars."""

_DERIVATIVES: Final = DerivativeFacts(tells_liquidations=True, at_once=1, every_ms=300_000)
"""Open interest is asked for contract by contract: 600 of them in five minutes are 120 a minute, of a budget of 2,400."""

_FINAL: Final = Doubt(
    Question.FINAL, "a bar does not change from 10 s after its end on", "no official word; python-binance#1246"
)
_FUTURES_DOUBTS: Final = (
    Doubt(Question.IDS, "aggregate ids of a symbol follow each other one by one", "binance-public-data#378"),
    Doubt(Question.SUM, "a bar counts what `aggTrade` says, insurance fund and ADL aside", "binance-public-data#103"),
    Doubt(Question.EMPTY, "a minute without trades has a flat bar", "binance-public-data#153, 2022"),
    _FINAL,
)
_SPOT_DOUBTS: Final = (
    Doubt(Question.SUM, "bars leave block trades out, as `aggTrade` does", "binance-spot-api-docs, 2026-05-12"),
    Doubt(Question.EMPTY, "a minute without trades has a flat bar", "binance-public-data#153, of futures"),
    _FINAL,
)

UM: Final = Product(
    key="binance-um",
    name="Binance USDⓈ-M",
    rest_url="https://fapi.binance.com",
    stream_url="wss://fstream.binance.com/market/stream",
    hosts=re.compile(r"(fapi|fstream)\d?\.binance\.com"),  # its test market, at `demo-fapi`, is another one
    prefix="/fapi/v1",
    stream_path="/market/stream",  # the older `/stream` accepts every subscription and delivers nothing
    requests=_FUTURES_REQUESTS,
    listing_cost=1,
    tickers_cost=40,
    contract_types=("PERPETUAL", "TRADIFI_PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER"),
    derivatives=_DERIVATIVES,
    doubts=_FUTURES_DOUBTS,
    elsewhere=elsewhere.UM,
)
COINM: Final = Product(
    key="binance-coinm",
    name="Binance COIN-M",
    rest_url="https://dapi.binance.com",
    stream_url="wss://dstream.binance.com/market/stream",
    hosts=re.compile(r"(dapi|dstream)\d?\.binance\.com"),
    prefix="/dapi/v1",
    stream_path="/market/stream",
    requests=_FUTURES_REQUESTS,
    listing_cost=1,
    tickers_cost=40,
    contract_types=_FUTURES_TYPES,
    mark=2,
    is_in_contracts=True,
    elsewhere=elsewhere.COINM,
    derivatives=_DERIVATIVES,
    longest_span_ms=200 * _DAY_MS,  # documented for `klines`
    doubts=(
        Doubt(
            Question.ROUTE,
            "trades come by /market/stream as at USDⓈ-M",
            "flowsurface and aggr#444, 2026-04; docs: /stream",
        ),
        *_FUTURES_DOUBTS,
    ),
)
SPOT: Final = Product(
    key="binance-spot",
    name="Binance spot",
    rest_url="https://api.binance.com",
    stream_url="wss://stream.binance.com:9443/stream",
    hosts=re.compile(r"(api\d?|api-gcp|stream)\.binance\.com|data-(api|stream)\.binance\.vision"),
    prefix="/api/v3",
    stream_path="/stream",
    requests=RequestLimits(
        cost_per_minute=6_000,
        bar_pages=(PageCost(1_000, 2),),
        trade_page=PageCost(1_000, 4),
        trades_reach_ms=_SPOT_REACH_MS,
    ),
    listing_cost=20,
    tickers_cost=80,
    contract_types=("SPOT",),
    market_streams=(),  # nothing tells of listings but the listing
    is_spot=True,
    elsewhere=elsewhere.SPOT,
    blocked_advice="try --proxy, or its hosts for data alone: data-api.binance.vision and data-stream.binance.vision",
    doubts=(
        Doubt(Question.ROUTE, "data-stream.binance.vision delivers trades everywhere", "binance-spot-api-docs"),
        *_SPOT_DOUBTS,
    ),
)
US: Final = Product(
    key="binance-us",
    name="Binance.US",
    rest_url="https://api.binance.us",
    stream_url="wss://stream.binance.us:9443/stream",
    hosts=re.compile(r"(api|stream)\.binance\.us"),
    prefix="/api/v3",
    stream_path="/stream",
    requests=RequestLimits(
        cost_per_minute=1_200,
        bar_pages=(PageCost(1_000, 1),),
        trade_page=PageCost(1_000, 1),
        trades_reach_ms=_SPOT_REACH_MS,
    ),
    listing_cost=10,
    tickers_cost=40,
    contract_types=("SPOT",),
    market_streams=(),
    is_spot=True,
    doubts=_SPOT_DOUBTS,
    elsewhere=elsewhere.US,
)
