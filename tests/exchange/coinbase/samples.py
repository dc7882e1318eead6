"""Messages and replies as Coinbase sends them, made and recorded."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.conftest import DATA

RECORDED = DATA / "venues" / "coinbase"
MATCH: dict[str, Any] = {
    "type": "match", "trade_id": 881_614, "maker_order_id": "27fff20b-af29", "taker_order_id": "1da6ce16-c8da",
    "side": "sell", "size": "0.04", "price": "14.7775", "product_id": "BAND-GBP", "sequence": 333_938_798,
    "time": "2021-04-17T16:43:30.244975Z",
}  # fmt: skip
MATCH_MS = 1_618_677_810_244
ROW: dict[str, Any] = {
    "trade_id": 7, "side": "buy", "size": "0.00698254", "price": "6268.48000000", "time": "2020-03-20T00:22:57.833897Z",
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    "id": "BTC-GBP", "base_currency": "BTC", "quote_currency": "GBP", "quote_increment": "0.01",
    "base_increment": "0.00000001", "post_only": False, "limit_only": False, "cancel_only": False,
    "trading_disabled": False, "auction_mode": False, "status": "online", "status_message": "",
}  # fmt: skip
MINUTE = 60_000
START = 1_790_000_100_000


def body(reply: object) -> bytes:
    return json.dumps(reply).encode()


def with_change(message: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**message, **changes}.items() if value is not ...}


def recorded_session() -> Iterator[bytes]:
    """What the socket brought."""
    with gzip.open(RECORDED / "ws-match.txt.gz", "rb") as lines:
        for line in lines:
            if line[:1].isdigit():
                yield line.split(b": ", 1)[1].strip()


def recorded_products() -> bytes:
    with gzip.open(RECORDED / "products.txt.gz", "rb") as text:
        line = text.read()
    return line[line.index(b"[") :].strip()
