"""Binance COIN-M: contracts on a coin, each worth 100 dollars of bitcoin or 10 of another coin."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import ClassVar, Final

import orjson

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.simulator.face import DAY_MS, ActiveFaults, Frame
from klagg_tui.simulator.faces.binance import Binance, Json
from klagg_tui.simulator.faces.binance_um import PATHS
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.day import Day
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.funding import Funding
from klagg_tui.simulator.rest.query import Query, Refusal
from klagg_tui.simulator.streams.derived import DerivedStreams
from klagg_tui.simulator.streams.names import Terms


class BinanceCoinm(Binance):
    """Contracts on a coin, worth a fixed sum of dollars and paid in that coin."""

    key = "binance-coinm"
    has_archive = True
    folder = "futures/cm"
    sockets = (*(f"/market{path}" for path in PATHS), *PATHS)
    prefix = "/dapi/v1"
    paths = (("GET", "/dapi/v1/{name:.+}"),)
    time_paths = ("/dapi/v1/time",)
    weight_limit = 2400
    costs: ClassVar = {
        "ping": 1,
        "time": 1,
        "exchangeInfo": 1,
        "aggTrades": 20,
        "ticker/24hr": 40,
        "openInterest": 1,
        "fundingInfo": 0,
    }
    most_rows = 1500
    most_messages = 10
    ping_ms = 3 * 60_000
    reach_ms = DAY_MS
    span_ms: Final = 200 * DAY_MS
    """Between the bounds of a request for klines."""

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        super().__init__(market, klines, faults)
        self._derived = DerivedStreams(market, klines, Terms(2, self.lists, self.name, self.size))
        self._funding = Funding(market)
        self.answers |= {"openInterest": self._open_interest, "fundingInfo": lambda _query, _now_ms: []}

    def lists(self, listing: Listing) -> bool:
        """Perpetual and quarterly ones of the coins that are paid in tethers elsewhere."""
        return listing.quote == "USDT" and listing.base.isascii() and not listing.contract_type.startswith("TRADIFI")

    def name(self, listing: Listing) -> str:
        """`BTCUSD_PERP`, `BTCUSD_261225`."""
        return f"{listing.base}USD_{listing.symbol.partition('_')[2] or 'PERP'}"

    def size(self, listing: Listing, units: int) -> str:  # noqa: ARG002 - as its siblings
        """Whole contracts."""
        return str(units)

    def bar(self, bar: Bar) -> Bar:
        """Volume in contracts, turnover in dollars."""
        listing = self.market.listing(bar.symbol)
        step, worth = quantity(decimal_text(1, listing.quantity_decimals)), price(str(_worth(listing)))
        contract = quantity("1")
        volume, taken = bar.volume // step * contract, bar.taker_buy_volume // step * contract
        return bar._replace(
            symbol=self.name(listing),
            volume=volume,
            turnover=volume * worth,
            taker_buy_volume=taken,
            taker_buy_turnover=taken * worth,
        )

    def entry(self, listing: Listing, status: str, now_ms: int) -> Json:
        """As recorded in 2021."""
        tick, shown = self.market.tick(listing.symbol, now_ms // MINUTE_MS)
        tick_size = price_text(tick, listing.price_unit_decimals, shown)
        return {
            "symbol": self.name(listing),
            "pair": f"{listing.base}USD",
            "contractType": listing.contract_type,
            "deliveryDate": self.market.lives[listing.symbol].at(now_ms // MINUTE_MS).delivery_ms,
            "onboardDate": listing.listed_minute * MINUTE_MS,
            "contractStatus": status,
            "contractSize": _worth(listing),
            "marginAsset": listing.base,
            "baseAsset": listing.base,
            "quoteAsset": "USD",
            "pricePrecision": shown,
            "quantityPrecision": 0,
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "underlyingType": "COIN",
            "filters": [
                {"minPrice": tick_size, "maxPrice": "1000000", "filterType": "PRICE_FILTER", "tickSize": tick_size},
                {"stepSize": "1", "filterType": "LOT_SIZE", "maxQty": "1000000", "minQty": "1"},
            ],
        }

    def event(self, listing: Listing, trade: Trade, row: Json) -> Json:
        """With the mark of its market."""
        head: Json = {"e": "aggTrade", "E": trade.event_ms, "s": self.name(listing)}
        return head | row | {"st": 2, "ps": f"{listing.base}USD"}

    def amounts(self, listing: Listing, candle: Candle) -> tuple[str, str, str, str]:
        """Contracts, and what they were worth in coins, at their average price: nearly the sum of what each was worth at its own."""
        sums, unit = candle.kline.sums, Decimal(_worth(listing) * 10**listing.price_unit_decimals)
        volume, taken = sums.volume, sums.taker_buy_volume
        coins = _coins(volume, sums.turnover, unit)
        return str(volume), coins, str(taken), _coins(taken, sums.taker_buy_turnover, unit)

    def day_amounts(self, listing: Listing, day: Day) -> Json:
        """Contracts, and what they were worth in coins, at their average price."""
        coins = Decimal(day.contracts * _worth(listing)) / Decimal(day.mean)
        return {"volume": str(day.contracts), "baseVolume": f"{coins:.8f}"}

    def asked_candles(
        self, symbol: str, interval: str, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int
    ) -> Sequence[Candle]:
        """The newest between the bounds, which lie 200 days apart at the most."""
        if start_ms is not None and end_ms is not None and end_ms - start_ms > self.span_ms:
            raise Refusal(-1127, "Lookup interval is too big. More than 200 days between startTime and endTime.")
        if start_ms is not None and end_ms is None:
            end_ms = min(now_ms, start_ms + self.span_ms)
        found = self.candles.latest(symbol, interval, limit, now_ms, until_ms=end_ms)
        return [candle for candle in found if start_ms is None or candle.open_ms >= start_ms]

    def follow(self, streams: Collection[str], now_ms: int) -> None:
        """Mark prices and liquidations."""
        self._derived.follow(streams, now_ms)

    def due(self, now_ms: int, speed: float) -> Iterator[Frame]:
        """Each at its pace."""
        return self._derived.due(now_ms, speed)

    def _open_interest(self, query: Query, now_ms: int) -> object:
        listing = self.market.listing(self.known(query, now_ms))
        return {
            "symbol": self.name(listing),
            "pair": f"{listing.base}USD",
            "openInterest": self.size(listing, self._funding.held(listing, now_ms)),
            "contractType": listing.contract_type,
            "time": now_ms,
        }

    def announced(self, symbol: str, status: str, now_ms: int) -> Frame | None:
        """`contractInfo`."""
        listing = self.market.listing(symbol)
        if not self.lists(listing):
            return None
        return _contract_info(self.name(listing), listing.contract_type, status, now_ms, mark=2)

    def announced_elsewhere(self, now_ms: int) -> Frame | None:
        """USDⓈ-M shares that stream."""
        return _contract_info("BTCUSDT", "PERPETUAL", "TRADING", now_ms, mark=1)


def _coins(contracts: int, turnover: int, unit: Decimal) -> str:
    return f"{contracts * contracts * unit / turnover if turnover else 0:.8f}"


def _worth(listing: Listing) -> int:
    """Dollars that a contract is worth."""
    return 100 if listing.base == "BTC" else 10


def _contract_info(name: str, contract_type: str, status: str, now_ms: int, *, mark: int) -> Frame:
    message = {
        "e": "contractInfo",
        "E": now_ms,
        "s": name,
        "ps": name.partition("_")[0],
        "ct": contract_type,
        "cs": status,
        "st": mark,
    }
    return Frame("!contractInfo", orjson.dumps(message))
