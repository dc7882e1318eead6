r"""Websocket messages into values: trades, answers to commands, and answers to pings.

{"channel": "trades", "data": [...]}
{"channel": "subscriptionResponse", "data": {"method": "subscribe", "subscription": {"type": "trades", "coin": "BTC"}}}
{"channel": "error", "data": "Already subscribed: {\"type\":\"trades\",\"coin\":\"BTC\"}"}
{"channel": "pong"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.fields import Json, decoded, mapping, sequence, symbol, text
from klagg_tui.exchange.hyperliquid.wire.commands import PING, STREAM_PATH, command
from klagg_tui.exchange.hyperliquid.wire.runs import TradeRuns, WireTrade
from klagg_tui.exchange.hyperliquid.wire.trades import read_trade
from klagg_tui.exchange.messages import Acknowledged, Batch, Message, Rejected, Skipped
from klagg_tui.exchange.reading import decode_each
from klagg_tui.exchange.venue import StreamCodec

_REFUSED: Final = re.compile(r"(Already |Invalid )\w+.*?(\{.*\})", re.DOTALL)
"""What the exchange says of a subscription, and the subscription."""


def codec() -> StreamCodec:
    """The language of one stream, whose trades are numbered as they come; its connections have a decoder each."""
    runs = TradeRuns()
    return StreamCodec(
        path=STREAM_PATH,
        command=command,
        decode_batch=ConnectionDecoder(runs).decode_batch,
        ping=PING,
        open_decoder=lambda: ConnectionDecoder(runs).decode_batch,
    )


class ConnectionDecoder:
    """Reads what one connection brings."""

    def __init__(self, runs: TradeRuns) -> None:
        self._runs = runs
        self._begun: set[str] = set()
        """Coins of which this connection has brought something."""

    def decode_batch(self, raws: Iterable[bytes]) -> Batch:
        """Messages as values; a damaged trade costs only itself, and leaves a number out where its coin can be read."""
        repeated: set[str] = set()

        def read(raw: bytes, batch: Batch) -> None:
            message = mapping(decoded(raw))
            if message.get("channel") == "trades":
                repeated.update(self._take_trades(raw, sequence(message.get("data")), batch))
            else:
                batch.others.append(self._answer(message))

        return decode_each(raws, read, repeated)

    def _take_trades(self, raw: bytes, rows: Sequence[Json], batch: Batch) -> set[str]:
        """Returns the coins of trades that were known. Those of a first message are old, and show nothing."""
        by_coin: dict[str, list[WireTrade]] = {}
        damaged: list[Json] = []
        for row in rows:
            try:
                trade = read_trade(row)
                by_coin.setdefault(trade.coin, []).append(trade)
            except BadFrame as error:
                damaged.append(row)
                batch.damaged.append((raw, error))
        repeated: set[str] = set()
        for coin, trades in by_coin.items():
            fresh = self._runs.number(trades, is_first=coin not in self._begun)
            batch.trades.extend(fresh)
            if len(fresh) < len(trades) and coin in self._begun:
                repeated.add(coin)
            self._begun.add(coin)
        for row in damaged:
            with suppress(BadFrame):
                self._runs.leave_out(_coin_of(row))
        return repeated

    def _answer(self, message: dict[str, Json]) -> Message:
        channel = text(message.get("channel"))
        if channel == "subscriptionResponse":
            data = mapping(message.get("data"))
            coin = _coin_of(data.get("subscription"))
            if data.get("method") == "unsubscribe":
                self._begun.discard(coin)
            return Acknowledged(None, (coin,))
        return _refusal(text(message.get("data"))) if channel == "error" else Skipped(channel[:40])


def _refusal(said: str) -> Message:
    """`Already subscribed` and `Already unsubscribed` are as good as done; others of a subscription refuse it.

    What is said of anything else names no command, and might be of any: it refuses nothing.
    """
    found = _REFUSED.match(said)
    if found is None:
        return Skipped(f"error: {said}"[:80])
    coin = _coin_of(decoded(found[2]))
    return Acknowledged(None, (coin,)) if found[1] == "Already " else Rejected(None, 0, said[:500], coin)


def _coin_of(subscription: Json) -> str:
    return symbol(text(mapping(subscription).get("coin")))
