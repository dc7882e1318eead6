"""Binance: its facts, its JSON and how it is asked. A `Venue` for each product line is all that others need of it."""

from __future__ import annotations

from functools import partial
from typing import Final

from klagg_tui.exchange.binance import products
from klagg_tui.exchange.binance.facts import REFUSALS
from klagg_tui.exchange.binance.products import Product
from klagg_tui.exchange.transport.opening import MakeClient, asked_by
from klagg_tui.exchange.venue import StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec(product: Product) -> StreamCodec:
    from klagg_tui.exchange.binance import wire

    return wire.codec(product)


def _client(product: Product) -> MakeClient:
    from klagg_tui.exchange.binance.rest import RestClient

    return partial(RestClient, product=product)


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
        market_data=asked_by(partial(_client, product), product.hosts),
        derivatives=product.derivatives,
        doubts=product.doubts,
        elsewhere=product.elsewhere,
    )


VENUE: Final = _venue(products.UM)
"""USDⓈ-M futures, the first of them."""
SPOT: Final = _venue(products.SPOT)
US: Final = _venue(products.US)
COINM: Final = _venue(products.COINM)
