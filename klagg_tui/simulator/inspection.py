"""What the simulated exchange answers beyond the real one: `/klagg/truth`, `/klagg/faults` and `/klagg/requests`."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

import orjson
from aiohttp import web

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import KlaggError
from klagg_tui.simulator.exchange import Exchange
from klagg_tui.simulator.faults.schedule import Fault, parse_schedule
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.requests import Requests

_COLUMNS: Final = Bar._fields[2:12]


def add_inspection(app: web.Application, exchange: Exchange, requests: Requests) -> None:
    """Answer those paths in `app`."""

    async def truth(request: web.Request) -> web.Response:
        try:
            period = Period.parse(request.query["period"])
            limits = (int(request.query.get("from", 0)), int(request.query.get("to", exchange.clock.now_ms())))
            bars = exchange.bars(request.query["symbol"], period, *limits)
        except (KeyError, ValueError) as error:
            return _reply({"error": f"symbol, period, from and to (milliseconds) are needed: {error}"}, status=400)
        return _reply({"columns": _COLUMNS, "bars": [_row(bar) for bar in bars]})

    async def show_faults(_request: web.Request) -> web.Response:
        return _reply(_account(exchange))

    async def add_fault(request: web.Request) -> web.Response:
        try:
            for fault in _asked(await request.read(), exchange.clock.now_ms(), exchange.faults.kinds):
                exchange.faults.add(fault)
        except (KlaggError, KeyError, TypeError, ValueError) as error:
            return _reply({"error": str(error), "kinds": exchange.faults.kinds}, status=400)
        exchange.beat()
        return _reply(_account(exchange))

    async def show_requests(_request: web.Request) -> web.Response:
        return _reply(_asked_so_far(exchange, requests))

    app.router.add_get("/klagg/truth", truth)
    app.router.add_get("/klagg/requests", show_requests)
    app.router.add_get("/klagg/faults", show_faults)
    app.router.add_post("/klagg/faults", add_fault)


def _asked(body: bytes, now_ms: int, kinds: Collection[str]) -> list[Fault]:
    """`{"kind": ..., "in_s": 0, "lasts_s": 45, "target": ""}` or `{"schedule": ...}` counted from now."""
    asked = orjson.loads(body)
    if not isinstance(asked, dict):
        raise TypeError("an object is needed")
    if "schedule" in asked:
        return parse_schedule(asked["schedule"], now_ms, kinds)
    at_ms = now_ms + int(1000 * asked.get("in_s", 0))
    return [Fault(asked["kind"], at_ms, int(1000 * asked.get("lasts_s", 45)), str(asked.get("target", "")))]


def _account(exchange: Exchange) -> dict[str, object]:
    return {
        "now_ms": exchange.clock.now_ms(),
        "connections": len(exchange.hub),
        "trades_sent": exchange.sent,
        "counts": dict(exchange.faults.counts),
        "incidents": [incident._asdict() for incident in exchange.faults.incidents],
        "planned": exchange.faults.planned(),
    }


def _asked_so_far(exchange: Exchange, requests: Requests) -> dict[str, object]:
    """`weight`: used in each minute, by when it began; `processor_s`: what all of it took of this process."""
    return {
        "now_ms": exchange.clock.now_ms(),
        "under_way": requests.now,
        "most_at_once": requests.most,
        "requests": requests.all,
        "refused": exchange.faults.counts["over weight"],
        "weight": {str(minute * MINUTE_MS): used for minute, used in exchange.face.weights.items()},
        "processor_s": time.process_time(),
    }


def _row(bar: Bar) -> list[object]:
    return [
        bar.open_ms,
        *map(exact.price_text, bar[3:7]),
        exact.quantity_text(bar.volume),
        exact.turnover_text(bar.turnover),
        bar.trade_count,
        exact.quantity_text(bar.taker_buy_volume),
        exact.turnover_text(bar.taker_buy_turnover),
    ]


def _reply(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
