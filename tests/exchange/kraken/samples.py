"""Messages and replies as Kraken sends them, made and recorded."""

import gzip
import json
from typing import Any

from tests.conftest import DATA

RECORDED = DATA / "venues" / "kraken"
TRADE = (
    b'{"symbol":"BTC/USD","side":"sell","price":0.51170,"qty":40.0,"ord_type":"market","trade_id":4665906,'
    b'"timestamp":"2023-09-25T07:49:37.708706Z"}'
)
TRADE_MS = 1_695_628_177_708
ROW: list[Any] = ["105433.60000", "0.00027625", 1762795433.9717445, "b", "l", "", 10_218_208]
BAR: list[Any] = [1762777200, "106038.1", "106044.3", "106038.1", "106040.1", "106039.6", "0.08317981", 3]
PAIR: dict[str, Any] = {
    "altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", "quote": "ZUSD", "pair_decimals": 1, "lot_decimals": 8,
    "tick_size": "0.1", "status": "online",
}  # fmt: skip
MINUTE = 60_000


def update(*trades: bytes) -> bytes:
    return b'{"channel":"trade","type":"update","data":[%b]}' % b",".join(trades)


def result(value: object) -> bytes:
    return json.dumps({"error": [], "result": value}).encode()


def page(*rows: list[Any], last: object = "1762808697379747200") -> bytes:
    return result({"XBTUSDT": list(rows), **({} if last is None else {"last": last})})


def with_item(row: list[Any], number: int, value: object) -> list[Any]:
    return [value if at == number else item for at, item in enumerate(row)]


def recorded(name: str) -> bytes:
    with gzip.open(RECORDED / name, "rb") as text:
        return text.read()


def recorded_trades() -> bytes:
    return recorded("rest-XBTUSDT-2025-11-10-trades.json.gz")


def recorded_bars() -> bytes:
    return recorded("rest-XBTUSDT-2025-11-10-ohlc.json.gz")


def recorded_pairs() -> bytes:
    line = recorded("AssetPairs-2021.txt.gz")
    return line[line.index(b"{") :].strip()
