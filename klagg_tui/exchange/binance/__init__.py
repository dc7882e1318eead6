"""Binance: its facts, its JSON and how it is asked. A `Venue` for each product line is all that others need of it."""

from __future__ import annotations

from functools import partial
from typing import Final

from klagg_tui.exchange.binance import products
from klagg_tui.exchange.binance.facts import REFUSALS
from klagg_tui.exchange.binance.products import Product
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MarketData, StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec(product: Product) -> StreamCodec:
    from klagg_tui.exchange.binance import wire

    return wire.codec(product)


def _market_data(product: Product, rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
    from klagg_tui.exchange.binance.rest import RestClient
    from klagg_tui.exchange.transport.clock import ExchangeClock

    # Only an imitation has a pace of its own: the exchange's time runs as fast as the world's whatever an answer says.
    clock = ExchangeClock(start_ms, steady_ms())
    is_imitation = not _venue(product).is_at(rest_url)
    return RestClient(rest_url, clock, product, proxy=proxy, has_speed=is_imitation)


def _venue(product: Product) -> Venue:
    return Venue(
        key=product.key,
        name=product.name,
        rest_url=product.rest_url,
        stream_url=product.stream_url,
        hosts=product.hosts,
        requests=product.requests,
        streams=product.streams,
        refusals=REFUSALS,
        blocked_advice=product.blocked_advice,
        settle_ms=10_000,
        contract_types=product.contract_types,
        load_codec=partial(_codec, product),
        market_data=partial(_market_data, product),
        derivatives=product.derivatives,
        doubts=product.doubts,
    )


VENUE: Final = _venue(products.UM)
"""USDⓈ-M futures, the first of them."""
SPOT: Final = _venue(products.SPOT)
US: Final = _venue(products.US)
COINM: Final = _venue(products.COINM)
