"""What other clients than klagg's ask the faces, as ccxt does: `make clients` holds their answers against the market's truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from klagg_tui.simulator import MarketSpec
from klagg_tui.simulator.face import Asked, Face, Knock
from klagg_tui.simulator.faces import face_class
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market

SPEC = MarketSpec(symbols=8, seed=7, activity=20, history_days=5)
MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = SPEC.start_ms + HOUR
SECOND = NOW // 1000


class Calm:
    """No fault."""

    def active(self, *_kinds: str) -> None:
        return None

    def struck(self, kind: str, amount: int = 1) -> None:
        raise AssertionError(f"nothing strikes here, and {kind} {amount} times")


def face_of(key: str) -> Face:
    market = Market(MarketSpec(symbols=8, seed=7, activity=20, history_days=5, venue=key, single_fills=True))
    return face_class(key)(market, Klines(market), Calm())


def asked(face: Face, path: str, **query: object) -> Any:
    reply = face.answer(Asked("GET", path, {name: str(value) for name, value in query.items()}), NOW)
    assert reply.status == 200
    return orjson.loads(reply.body)


def posted(face: Face, **question: object) -> Any:
    return orjson.loads(face.answer(Asked("POST", "/info", {}, orjson.dumps(question)), NOW).body)


# Coinbase: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductcandles, …_getcurrencies


@pytest.mark.parametrize("half", ["start", "end", None])
def test_coinbases_candles_without_a_range_are_the_newest(half: str | None) -> None:
    face = face_of("coinbase")
    path = "/products/BTC-USD/candles"
    ranged = asked(face, path, granularity=60, start=SECOND - 299 * 60, end=SECOND)
    assert len(ranged) > 100
    # A range may be answered with the candle before it.
    newest = asked(face, path, granularity=60, **({half: SECOND - 86_400} if half else {}))
    assert newest == ranged


@pytest.mark.parametrize("zone", ["", "Z", ".000Z", "+00:00"], ids=["none", "Z", "milliseconds", "offset"])
def test_coinbases_candles_have_their_range_in_iso_8601(zone: str) -> None:
    face = face_of("coinbase")
    # 2026-09-22 00:00 is when the market begins.
    texts = {"start": f"2026-09-22T00:10:00{zone}", "end": f"2026-09-22T00:20:00{zone}"}
    start = SPEC.start_ms // 1000
    seconds = {"start": start + 600, "end": start + 1200}
    path = "/products/BTC-USD/candles"
    rows = asked(face, path, granularity=60, **texts)
    assert rows == asked(face, path, granularity=60, **seconds)
    assert {start + 600, start + 1200} <= {row[0] for row in rows}


def test_coinbases_currencies_are_those_of_its_products() -> None:
    face = face_of("coinbase")
    currencies = {currency["id"]: currency for currency in asked(face, "/currencies")}
    products = asked(face, "/products")
    assert {name for product in products for name in product["id"].split("-")} == set(currencies)
    assert currencies["USD"]["details"] == {"type": "fiat"}
    assert currencies["BTC"]["details"] == {"type": "crypto"}
    assert all(
        currencies[product["base_currency"]]["max_precision"] == product["base_increment"] for product in products
    )


# Kraken: https://docs.kraken.com/api/docs/rest-api/get-recent-trades, …/get-ohlc-data, …/get-asset-info


def test_krakens_oldest_assets_have_names_of_their_own() -> None:
    face = face_of("kraken")
    pairs = asked(face, "/0/public/AssetPairs")["result"]
    assert (pairs["XXBTZUSD"]["base"], pairs["XXBTZUSD"]["quote"]) == ("XXBT", "ZUSD")
    assert (pairs["XXBTZUSD"]["altname"], pairs["XXBTZUSD"]["wsname"]) == ("XBTUSD", "XBT/USD")
    assert (pairs["SOLUSD"]["base"], pairs["SOLUSD"]["quote"]) == ("SOL", "ZUSD")
    assets = asked(face, "/0/public/Assets")["result"]
    assert {pair[side] for pair in pairs.values() for side in ("base", "quote")} == set(assets)
    assert (assets["XXBT"]["altname"], assets["ZUSD"]["altname"], assets["SOL"]["altname"]) == ("XBT", "USD", "SOL")


@pytest.mark.parametrize("pair", ["XBTUSD", "XXBTZUSD"])
@pytest.mark.parametrize("what", ["Trades", "OHLC"])
def test_kraken_answers_with_its_own_name_of_a_pair(pair: str, what: str) -> None:
    assert set(asked(face_of("kraken"), f"/0/public/{what}", pair=pair)["result"]) - {"last"} == {"XXBTZUSD"}


@pytest.mark.parametrize("text", ["{s}", "{s}.0", "{s}.000000000", "{s}000000000"])
def test_krakens_trades_since_a_time_in_seconds_or_nanoseconds_are_the_same(text: str) -> None:
    since = text.format(s=SECOND - 600)
    rows = asked(face_of("kraken"), "/0/public/Trades", pair="XBTUSD", since=since, count=50)["result"]["XXBTZUSD"]
    assert len(rows) == 50
    assert SECOND - 600 <= rows[0][2] < SECOND - 500


def test_krakens_trades_since_a_part_of_a_second_leave_out_what_was_before_it() -> None:
    face = face_of("kraken")
    rows = asked(face, "/0/public/Trades", pair="XBTUSD", since=SECOND - 600, count=50)["result"]["XXBTZUSD"]
    later = asked(face, "/0/public/Trades", pair="XBTUSD", since=rows[9][2], count=50)["result"]["XXBTZUSD"]
    assert {row[6] for row in rows[9:]} <= {row[6] for row in later}
    assert all(row[2] >= rows[9][2] for row in later)


def test_krakens_bars_since_a_time_open_behind_it_and_the_last_one_always_comes() -> None:
    face = face_of("kraken")
    every = asked(face, "/0/public/OHLC", pair="XBTUSD", interval=1)["result"]["XXBTZUSD"]
    since = every[-4][0]
    assert asked(face, "/0/public/OHLC", pair="XBTUSD", interval=1, since=since)["result"]["XXBTZUSD"] == every[-3:]
    late = asked(face, "/0/public/OHLC", pair="XBTUSD", interval=1, since=SECOND + 60)["result"]
    assert (late["XXBTZUSD"], late["last"]) == (every[-1:], every[-2][0])


# Hyperliquid: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint, its pages on perpetuals and spot


def test_hyperliquids_coins_come_with_their_prices() -> None:
    face = face_of("hyperliquid")
    meta, contexts = posted(face, type="metaAndAssetCtxs")
    assert meta == posted(face, type="meta")
    assert len(contexts) == len(meta["universe"])
    wanted = {"coin": "BTC", "interval": "1m", "startTime": NOW - 2 * 24 * HOUR, "endTime": NOW}
    bars = posted(face, type="candleSnapshot", req=wanted)
    assert contexts[0]["markPx"] == bars[-1]["c"]
    assert contexts[0]["prevDayPx"] == [bar["c"] for bar in bars if bar["T"] < NOW - 24 * HOUR][-1]


def test_hyperliquid_has_no_spot_pair_but_the_coin_in_which_is_paid() -> None:
    spot = posted(face_of("hyperliquid"), type="spotMeta")
    assert [token["name"] for token in spot["tokens"]] == ["USDC"]
    assert spot["universe"] == []


def test_hyperliquid_has_the_newest_5000_bars_of_a_period() -> None:
    wanted = {"coin": "BTC", "interval": "1m", "startTime": 0, "endTime": NOW}
    bars = posted(face_of("hyperliquid"), type="candleSnapshot", req=wanted)
    assert bars[-1]["t"] == NOW - MINUTE or bars[-1]["t"] == NOW
    assert NOW - 5_000 * MINUTE <= bars[0]["t"] < NOW - 4_900 * MINUTE


# OKX: https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-trades-channel


@pytest.mark.parametrize("key", ["okx-swap", "okx-spot"])
def test_okxs_public_address_has_the_same_trades_in_groups_of_one(key: str) -> None:
    face = face_of(key)
    name = "BTC-USDT-SWAP" if key == "okx-swap" else "BTC-USDT"
    argument = {"channel": "trades", "instId": name}
    client = face.open(Knock("/ws/v5/public", {}, {}))
    [said] = client.answer(orjson.dumps({"op": "subscribe", "args": [argument]}).decode(), NOW)
    assert orjson.loads(said)["event"] == "subscribe"
    symbol = face.symbol_of(name)
    assert symbol is not None
    assert list(client.streams) == [face.trade_stream(symbol)]
    trades = face.past.until(symbol, NOW, 5, NOW)
    frames = [frame for trade in trades for frame in face.trade_frames(symbol, trade.traded_ms // MINUTE, [trade])]
    alone = [orjson.loads(face.open(Knock("/ws/v5/business", {}, {})).wrapped(frame)) for frame in frames]
    grouped = [orjson.loads(client.wrapped(frame)) for frame in frames]
    numbers = [message["data"][0].pop("seqId") for message in grouped]
    assert numbers == sorted(set(numbers))
    assert [message["arg"] for message in grouped] == [argument] * 5
    assert [message["data"] for message in grouped] == [
        [message["data"][0] | {"count": "1", "source": "0"}] for message in alone
    ]


# Coins of contracts that are worth a fixed sum: a volume for ccxt, and for klagg no field of any bar


@pytest.mark.parametrize("key", ["binance-coinm", "okx-swap"])
def test_coins_of_inverse_contracts_are_nearly_the_sum_of_what_each_was_worth(key: str) -> None:
    market = Market(MarketSpec(symbols=24, seed=7, activity=20, history_days=5, venue=key, single_fills=True))
    face = face_class(key)(market, Klines(market), Calm())
    if key == "okx-swap":
        name = next(face.name(life.listing) for life in face.listed().values() if life.listing.quote == "USDC")
        rows = asked(face, "/api/v5/market/candles", instId=name, bar="1H", limit=2)["data"]
        opened, worth, coins, close = int(rows[1][0]), 10, Decimal(rows[1][6]), Decimal(rows[1][4])
    else:
        name = "BTCUSD_PERP"
        row = asked(face, "/dapi/v1/klines", symbol=name, interval="1h", limit=2)[0]
        opened, worth, coins, close = row[0], 100, Decimal(row[7]), Decimal(row[4])
    symbol = face.symbol_of(name)
    assert symbol is not None
    listing = market.listing(symbol)
    unit = Decimal(10) ** -listing.price_unit_decimals
    trades = face.past.between(symbol, opened, opened + HOUR - 1, 100_000, NOW)
    true = sum(trade.quantity * worth / (trade.price * unit) for trade in trades)
    contracts = sum(trade.quantity for trade in trades)
    assert len(trades) > 100
    assert abs(coins - true) < true / 100_000
    assert abs(contracts * worth / close - true) > true / 100_000, "the last price would do as well"
