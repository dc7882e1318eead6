"""Messages and replies as the exchange sends them, made and recorded."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from klagg_tui.exchange.messages import Batch
from klagg_tui.exchange.okx.wire.frames import decode_batch
from klagg_tui.exchange.units import Contract
from tests.conftest import DATA

RECORDED = DATA / "venues/okx"

BTC = "BTC-USDT-SWAP"
INVERSE = "BTC-USD-SWAP"
CONTRACTS = {BTC: Contract(size="0.01"), INVERSE: Contract(value="100")}

TRADE: dict[str, Any] = {
    "instId": BTC, "tradeId": "130639474", "px": "42219.9", "sz": "12.5", "side": "buy", "ts": "1630048897897",
    "source": "0",
}  # fmt: skip
BAR: list[Any] = ["1692547260000", "0.5747", "0.5748", "0.5744", "0.5744", "1199", "11990", "6889.352", "1"]
SWAP: dict[str, Any] = {
    "instType": "SWAP", "instId": BTC, "uly": "BTC-USDT", "baseCcy": "", "quoteCcy": "", "settleCcy": "USDT",
    "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "ctType": "linear", "listTime": "1611916828000", "expTime": "",
    "tickSz": "0.1", "lotSz": "0.01", "minSz": "0.01", "state": "live",
}  # fmt: skip
COIN: dict[str, Any] = {
    **SWAP, "instId": INVERSE, "uly": "BTC-USD", "settleCcy": "BTC", "ctVal": "100", "ctValCcy": "USD", "ctType": "inverse",
    "lotSz": "1",
}  # fmt: skip
SPOT: dict[str, Any] = {
    "instType": "SPOT", "instId": "BTC-USDT", "baseCcy": "BTC", "quoteCcy": "USDT", "settleCcy": "", "ctVal": "",
    "ctMult": "", "ctValCcy": "", "ctType": "", "listTime": "1548133413000", "expTime": "", "tickSz": "0.1",
    "lotSz": "0.00000001", "minSz": "0.00001", "state": "live",
}  # fmt: skip


def pushed(*rows: object, channel: object = "trades-all", symbol: object = BTC) -> bytes:
    return body({"arg": {"channel": channel, "instId": symbol}, "data": list(rows)})


def reply(*rows: object, code: object = "0", message: object = "") -> bytes:
    return body({"code": code, "msg": message, "data": list(rows)})


def body(message: object) -> bytes:
    return json.dumps(message).encode()


def with_change(message: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**message, **changes}.items() if value is not ...}


def decoded(*raws: bytes) -> Batch:
    return decode_batch(CONTRACTS, raws)


def recorded_messages() -> Iterator[bytes]:
    """What the exchange sent over the websocket; lines with an address are what was sent to it."""
    with gzip.open(RECORDED / "ws-trades.txt.gz", "rb") as lines:
        for line in lines:
            if not line.startswith(b"wss:"):
                yield line.split(b": ", 1)[1].strip()


def recorded_listing(kind: str) -> bytes:
    with gzip.open(RECORDED / "instruments.txt.gz", "rb") as lines:
        return next(line.split(b": ", 1)[1] for line in lines if f"instType={kind} ".encode() in line)


def recorded_minute() -> tuple[list[dict[str, str]], dict[str, str]]:
    """The trades of a minute of MATIC-USDT-SWAP as the archive has them, and its own candle."""

    def rows(name: str) -> list[dict[str, str]]:
        path = RECORDED / f"archive-MATIC-USDT-SWAP-2023-08-21-one-minute-{name}.csv.gz"
        header, *lines = gzip.decompress(path.read_bytes()).decode().split()
        return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]

    return rows("trades"), rows("candle")[0]
