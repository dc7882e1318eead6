"""The last 24 hours as each exchange writes them: what is told, what is not, and what is odd."""

from __future__ import annotations

import json
from typing import Any

import pytest

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance import wire as binance
from klagg_tui.exchange.coinbase import wire as coinbase
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.hyperliquid import wire as hyperliquid
from klagg_tui.exchange.kraken.wire import tickers as kraken
from klagg_tui.exchange.okx.facts import SPOT, SWAP, Market
from klagg_tui.exchange.okx.wire.requests import tickers_request
from klagg_tui.exchange.okx.wire.tickers import read_tickers as read_okx
from klagg_tui.exchange.registry import keys, venue
from klagg_tui.exchange.tickers import Ticker24h, number, told, worth
from klagg_tui.exchange.transport.client import MarketClient
from klagg_tui.exchange.units import Contract, SpotContracts
from tests.conftest import DATA, needs_data

AT_MS = 1_790_000_000_000


def said(value: object) -> bytes:
    return json.dumps(value).encode()


BINANCE: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "lastPrice": "110.0",
    "openPrice": "100.0",
    "highPrice": "120.5",
    "lowPrice": "90",
    "volume": "7.5",
    "quoteVolume": "800.25",
    "closeTime": AT_MS,
    "count": 42,
}


def test_binance_tells_all_of_it() -> None:
    found = binance.read_tickers(said([BINANCE]), AT_MS)
    assert found == {"BTCUSDT": Ticker24h(AT_MS, 110.0, 100.0, 120.5, 90.0, 7.5, 800.25, 42.0)}
    assert found["BTCUSDT"].change_percent == pytest.approx(10)


def test_contracts_of_coin_m_are_worth_what_the_listing_says() -> None:
    row = {name: value for name, value in BINANCE.items() if name != "quoteVolume"} | {"baseVolume": "0.2"}
    rows = said([row, {**row, "symbol": "NEW"}, {**row, "symbol": "QUIET", "volume": None}])
    found = binance.read_tickers(rows, AT_MS, {"BTCUSDT": 100.0, "QUIET": 10.0})
    assert {symbol: (day.volume, day.turnover) for symbol, day in found.items()} == {
        "BTCUSDT": (7.5, 750.0),
        "NEW": (7.5, None),
        "QUIET": (None, None),
    }


@needs_data
def test_recorded_answers_of_binance_are_read() -> None:
    recorded = json.loads((DATA / "rest" / "fapi-v1-ticker-24hr.json").read_text())
    many = max((entry["data"] for entry in recorded if isinstance(entry["data"], list)), key=len)
    found = binance.read_tickers(said(many), AT_MS)
    assert set(found) == {row["symbol"] for row in many}
    first = many[0]
    assert found[first["symbol"]].turnover == float(first["quoteVolume"])


def test_coinbase_tells_prices_and_volume() -> None:
    day = {"open": "100", "high": "120", "low": "90", "last": "110", "volume": "7.5"}
    raw = said({"BTC-USD": {"stats_30day": {"volume": "99"}, "stats_24hour": day}, "NEW-USD": {"stats_24hour": {}}})
    assert coinbase.read_tickers(raw, AT_MS) == {
        "BTC-USD": Ticker24h(AT_MS, 110.0, 100.0, 120.0, 90.0, 7.5),
        "NEW-USD": Ticker24h(AT_MS),
    }


KRAKEN = {
    "a": ["110", "1", "1.0"],
    "b": ["109", "1", "1.0"],
    "c": ["110.0", "0.1"],
    "v": ["1.0", "8.0"],
    "p": ["111", "105.0"],
    "t": [3, 42],
    "l": ["100", "90.0"],
    "h": ["112", "120.0"],
    "o": "104.0",
}


def test_kraken_tells_of_24_hours_beside_today_and_no_price_of_24_hours_ago() -> None:
    raw = said({"error": [], "result": {"XXBTZUSD": KRAKEN, "UNLISTED": KRAKEN}})
    assert kraken.read_tickers(raw, AT_MS, {"XXBTZUSD": "BTC/USD"}) == {
        "BTC/USD": Ticker24h(AT_MS, 110.0, None, 120.0, 90.0, 8.0, 840.0, 42.0)
    }
    quiet = {**KRAKEN, "p": ["0", ""], "h": ["0", "0"]}
    (day,) = kraken.read_tickers(said({"error": [], "result": {"X": quiet}}), AT_MS, {"X": "A/B"}).values()
    assert (day.turnover, day.high, day.change_percent) == (None, None, None)


OKX = {
    "instId": "BTC-USDT-SWAP",
    "last": "110",
    "open24h": "100",
    "high24h": "120",
    "low24h": "90",
    "vol24h": "750",
    "volCcy24h": "7.5",
    "ts": str(AT_MS),
}


@pytest.mark.parametrize(
    ("market", "contract", "volume", "turnover"),
    [
        (SWAP, Contract(size="0.01"), 7.5, None),
        (SWAP, Contract(value="10"), 750.0, 7_500.0),
        (SPOT, None, 750.0, 7.5),
    ],
    ids=["linear", "inverse", "spot"],
)
def test_okx_counts_volume_by_the_kind_of_instrument(
    market: Any, contract: Contract | None, volume: float, turnover: float | None
) -> None:
    contracts = SpotContracts() if contract is None else {"BTC-USDT-SWAP": contract}
    rows = [OKX, OKX] if contract is None else [{**OKX, "instId": "UNKNOWN-SWAP"}, OKX]
    found = read_okx(said({"code": "0", "msg": "", "data": rows}), AT_MS, market, contracts)
    assert found == {"BTC-USDT-SWAP": Ticker24h(AT_MS, 110.0, 100.0, 120.0, 90.0, volume, turnover)}


def test_an_inverse_swap_of_which_no_volume_is_told_has_no_turnover() -> None:
    raw = said({"code": "0", "msg": "", "data": [{**OKX, "vol24h": ""}]})
    (day,) = read_okx(raw, AT_MS, SWAP, {"BTC-USDT-SWAP": Contract(value="10")}).values()
    assert (day.volume, day.turnover) == (None, None)


def test_hyperliquid_tells_the_price_before_and_what_was_paid() -> None:
    state = {"markPx": "110", "midPx": "110.5", "prevDayPx": "100", "dayNtlVlm": "800", "dayBaseVlm": "7.5"}
    older = {"markPx": "1", "midPx": None, "prevDayPx": "0"}
    raw = said([{"universe": [{"name": "BTC"}, {"name": "kPEPE"}]}, [state, older]])
    assert hyperliquid.read_tickers(raw, AT_MS) == {
        "BTC": Ticker24h(AT_MS, 110.5, 100.0, volume=7.5, turnover=800.0),
        "kPEPE": Ticker24h(AT_MS, 1.0),
    }


@pytest.mark.parametrize("answer", [[], [{"universe": []}], [{"universe": [{"name": "A"}]}, []], {}], ids=str)
def test_coins_and_states_that_do_not_stand_beside_each_other_are_damage(answer: object) -> None:
    with pytest.raises(BadFrame):
        hyperliquid.read_tickers(said(answer), AT_MS)


@pytest.mark.parametrize(
    "change",
    [
        {"lastPrice": "nan"},
        {"volume": -1},
        {"symbol": "\x1b[2J"},
        {"count": True},
        {"lowPrice": []},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_odd_ticker_costs_only_itself(change: dict[str, object]) -> None:
    rows = said([{**BINANCE, **change}, "no ticker", {}, {**BINANCE, "symbol": "ETHUSDT"}])
    assert set(binance.read_tickers(rows, AT_MS)) == {"ETHUSDT"}


@pytest.mark.parametrize(("value", "found"), [(None, None), ("", None), ("0", 0.0), (3, 3.0), ("1e3", 1000.0)], ids=str)
def test_what_is_not_told_is_no_number(value: Json, found: float | None) -> None:
    assert number(value) == found
    assert told({"v": value, "p": value}, AT_MS, "p", volume="v") == Ticker24h(AT_MS, found or None, volume=found)


@pytest.mark.parametrize(
    ("amount", "value", "found"), [(None, "2", None), (3.0, None, None), (3.0, "", None), (3.0, "2", 6.0)]
)
def test_what_is_worth_something_unknown_is_unknown(
    amount: float | None, value: str | None, found: float | None
) -> None:
    assert worth(amount, value) == found


PATHS = {
    "binance-um": ("/fapi/v1/ticker/24hr", 40),
    "binance-coinm": ("/dapi/v1/ticker/24hr", 40),
    "binance-spot": ("/api/v3/ticker/24hr", 80),
    "binance-us": ("/api/v3/ticker/24hr", 40),
    "coinbase": ("/products/stats", 1),
    "kraken": ("/0/public/Ticker", 1),
    "okx-swap": ("/api/v5/market/tickers", 1),
    "okx-spot": ("/api/v5/market/tickers", 1),
    "hyperliquid": ("/info", 20),
}


@pytest.mark.parametrize("key", keys())
def test_each_exchange_is_asked_for_all_symbols_in_one_request(key: str) -> None:
    client = venue(key).market_data("http://127.0.0.1:9", 0.0)
    assert isinstance(client, MarketClient)
    request, _ = client.day()
    assert (request.path, request.cost) == PATHS[key]


@pytest.mark.parametrize(("market", "inst_type"), [(SWAP, "SWAP"), (SPOT, "SPOT")], ids=["swap", "spot"])
def test_okx_is_asked_for_one_market(market: Market, inst_type: str) -> None:
    assert tickers_request(market).parameters == (("instType", inst_type),)
