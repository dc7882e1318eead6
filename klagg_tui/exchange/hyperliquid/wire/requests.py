"""What is asked over HTTP: everything by POST to one path, the question in the body."""

from __future__ import annotations

from typing import Final

import orjson

from klagg_tui.engine.period import Period
from klagg_tui.exchange.hyperliquid.facts import INFO_COST, STATUS_COST, bars_cost
from klagg_tui.exchange.venue import Request

_PATH: Final = "/info"


def _asked(cost: int, **question: object) -> Request:
    return Request(_PATH, cost=cost, body=orjson.dumps(question))


TIME: Final = _asked(STATUS_COST, type="exchangeStatus")
LISTING: Final = _asked(INFO_COST, type="meta")
CONTEXTS: Final = _asked(INFO_COST, type="metaAndAssetCtxs")
"""The same, with the state of each coin, its last 24 hours among it."""


def bars_request(coin: str, period: Period, start_ms: int, end_ms: int) -> Request:
    """Bars that open from `start_ms` to `end_ms`, both included."""
    rows = max(1, (end_ms - start_ms) // period.nominal_ms + 1)
    asked = {"coin": coin, "interval": str(period), "startTime": start_ms, "endTime": end_ms}
    return _asked(bars_cost(rows), type="candleSnapshot", req=asked)
