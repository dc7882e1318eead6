"""Messages and replies as the exchange sends them, made and recorded."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.conftest import DATA

TRADE: dict[str, Any] = {
    "e": "aggTrade", "E": 1_790_046_465_702, "a": 3_460_311_795, "s": "BTCUSDT", "p": "85595.90", "q": "0.411",
    "nq": "0.411", "f": 8_105_706_701, "l": 8_105_706_719, "T": 1_790_046_465_580, "m": False, "st": 1,
}  # fmt: skip
TICKER: dict[str, Any] = {
    "e": "24hrMiniTicker", "E": 5, "s": "ETHUSDT", "c": "2", "o": "1", "h": "3", "l": "0.5", "v": "10", "q": "20.5",
}  # fmt: skip
CONTRACT: dict[str, Any] = {
    "e": "contractInfo", "E": 1_669_647_330_000, "s": "币安人生USDT", "ps": "币安人生USDT", "ct": "PERPETUAL",
    "dt": 4_133_404_800_000, "ot": 1_669_647_000_000, "cs": "TRADING", "bks": [{"bs": 1}], "st": 1,
}  # fmt: skip
BAR: list[Any] = [
    1_602_669_900_000, "50.49", "50.52", "50.31", "50.33", "3811.648", 1_602_670_199_999, "192171.59398", 1517,
    "956.116", "48217.57292", "0",
]  # fmt: skip
ROW: dict[str, Any] = {"a": 7, "p": "49.73", "q": "0.001", "f": 3, "l": 4, "T": 1_602_819_697_783, "m": True}
LISTED: dict[str, Any] = {
    "symbol": "BTCUSDT", "contractType": "PERPETUAL", "status": "TRADING", "quoteAsset": "USDT",
    "onboardDate": 1_569_398_400_000, "deliveryDate": 4_133_404_800_000, "pricePrecision": 2, "quantityPrecision": 3,
    "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}, {"filterType": "LOT_SIZE", "stepSize": "0.001"}],
}  # fmt: skip


def said(message: object, stream: str = "btcusdt@aggTrade") -> bytes:
    return json.dumps({"stream": stream, "data": message}).encode()


def body(reply: object) -> bytes:
    return json.dumps(reply).encode()


def with_change(message: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**message, **changes}.items() if value is not ...}


def recorded_session() -> Iterator[bytes]:
    with gzip.open(DATA / "um-capture-2021-07-22/ws.txt.gz", "rb") as lines:
        next(lines)
        for line in lines:
            yield line.split(b": ", 1)[1]


def recorded(name: str) -> list[Any]:
    replies = [entry["data"] for entry in json.loads((DATA / f"rest/{name}.json").read_text())]
    return [reply for reply in replies if isinstance(reply, list)]
