"""Answers over HTTP: bars, symbols, health. What is on disk, with what is newer in memory laid over it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, BadRequest, BadTime
from klagg_tui.exporting.derivatives import plain
from klagg_tui.feed import Status, VenueStatus
from klagg_tui.names import Spellings, typed
from klagg_tui.serve.encoding import Change
from klagg_tui.serve.exposition import exposition
from klagg_tui.serve.hub import Hub
from klagg_tui.storage.opening import has_database
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from klagg_tui.texts import is_printable
from klagg_tui.timespec import parse_time

MAX_BARS: Final = 5_000
DEFAULT_BARS: Final = 500


class Disk:
    """The database, opened when it is first asked: the server may be there before the file."""

    def __init__(self, path: Path | None, markets: Sequence[str] = ()) -> None:
        """`markets`: those of the run that writes it, so that symbols are called as they are there."""
        self._path = path
        self._markets = markets
        self._store: Store | None = None
        self._opening = asyncio.Lock()

    async def store(self) -> Store | None:
        """The open database, None while there is none."""
        async with self._opening:
            if self._store is None and self._path is not None and has_database(self._path):
                self._store = await Store.open(self._path, read_only=True, markets=self._markets)
            return self._store

    async def log(self) -> SinkLog | None:
        """Its delivery log, opened for whoever asks; None while there is no database."""
        if self._path is None or not has_database(self._path):
            return None
        return await SinkLog.open(self._path, self._markets)

    async def close(self) -> None:
        """Close it, also where it is just being opened."""
        async with self._opening:
            if self._store:
                await self._store.close()


class Answers:
    """Answers of one server."""

    def __init__(self, hub: Hub, disk: Disk, status: Callable[[], Status]) -> None:
        self._hub = hub
        self._disk = disk
        self._status = status

    async def bars(self, query: Mapping[str, str]) -> bytes:
        """Bars of a symbol and period, oldest first: `symbol`, `period`, `from`, `to`, `limit`.

        Raises:
            KlaggError: the request is wrong, or the disk cannot be read.
        """
        symbol = await self._meant(typed(query.get("symbol", "")))
        try:
            period = Period.parse(query.get("period", "1m"))
            from_ms, to_ms = _moment(query.get("from")), _moment(query.get("to"))
        except (BadPeriod, BadTime) as error:
            raise BadRequest(str(error)) from error
        limit = _limit(query.get("limit"))
        is_forward = from_ms is not None
        found = await self._stored(symbol, period, from_ms, to_ms, limit, is_forward=is_forward)
        for newer in (self._hub.ended(symbol, period), self._hub.current(symbol, period)):
            if newer and (from_ms or 0) <= newer.bar.open_ms and (to_ms is None or newer.bar.open_ms < to_ms):
                found[newer.bar.open_ms] = newer
        if not found and symbol not in self._hub.symbols and symbol not in await self._stored_symbols():
            raise BadRequest(f"There are no bars of {symbol[:40]}; /api/symbols lists what there is.")
        chosen = [found[open_ms] for open_ms in sorted(found)]
        chosen = chosen[:limit] if is_forward else chosen[-limit:]
        return b"[%b]" % b",".join([change.json for change in chosen])

    async def derivatives(self, query: Mapping[str, str]) -> bytes:
        """What is told of a contract beside its trades, by minutes that are over, oldest first: `symbol`, `from`, `to`, `limit`.

        Raises:
            KlaggError: the request is wrong, or the disk cannot be read.
        """
        symbol = await self._meant(typed(query.get("symbol", "")), "/api/derivatives?symbol=BTCUSDT")
        try:
            from_ms, to_ms = _moment(query.get("from")), _moment(query.get("to"))
        except BadTime as error:
            raise BadRequest(str(error)) from error
        limit, is_forward = _limit(query.get("limit")), from_ms is not None
        store = await self._disk.store()
        found: list[dict[str, object]] = []
        if store:
            async for page in store.derivatives(symbol, from_ms, to_ms, newest_first=not is_forward, limit=limit):
                found += ({"symbol": symbol, **plain(minute)} for minute in page)
        if not found and symbol not in self._hub.symbols and symbol not in await self._stored_symbols():
            raise BadRequest(f"There is no {symbol[:40]}; /api/symbols lists what there is.")
        return orjson.dumps(found if is_forward else found[::-1])

    async def symbols(self) -> bytes:
        """Every symbol, and whether it is followed now."""
        followed = dict.fromkeys(self._hub.symbols, True)
        stored = await self._stored_symbols()
        every = {**followed, **{name: name in followed for name in stored}}
        halted = self._status().halted
        return orjson.dumps(
            [{"symbol": name, "followed": is_followed, "halted": name in halted} for name, is_followed in every.items()]
        )

    def health(self) -> bytes:
        """How the recorder is doing."""
        status = self._status()
        counters = status.counters._asdict()
        figures = {metric.value: value for metric, value in status.metrics.items()}
        report: dict[str, Any] = {
            "market": status.market,
            "mode": status.mode.value,
            "connection": status.connection,
            "now": status.exchange_now_ms,
            "periods": [period.value for period in self._hub.periods],
            "delay_ms": status.delay_ms,
            "notices": status.notices,
            "not_chosen": status.not_chosen,
            "owed": {"minutes": figures.get("owed minutes", 0), "symbols": figures.get("owed symbols", 0)},
            "counters": counters,
            "figures": figures,
            "readers": self._hub.subscribers,
            "venues": list(map(_venue, status.venues)),
        }
        return orjson.dumps(report)

    def metrics(self) -> bytes:
        """How the recorder is doing, for Prometheus."""
        return exposition(self._status()).encode()

    async def _meant(self, name: str, example: str = "/api/bars?symbol=BTCUSDT&period=1m") -> str:
        """The symbol that is meant by what was typed, followed or stored; what is neither as it is."""
        if not name:
            raise BadRequest(f"Say which symbol: {example}.")
        meant = self._hub.meant(name)
        if not meant and (store := await self._disk.store()):
            meant = Spellings(await self._stored_symbols(), next(iter(store.venues), "")).meant(name)
        if len(meant) > 1:
            raise BadRequest(f"{name} is {len(meant)} symbols: name one of them, like {', '.join(meant[:_NAMED])}.")
        return meant[0] if meant else name

    async def _stored(
        self, symbol: str, period: Period, from_ms: int | None, to_ms: int | None, limit: int, *, is_forward: bool
    ) -> dict[int, Change]:
        store = await self._disk.store()
        if store is None:
            return {}
        bars = store.bars(symbol, period, from_ms, to_ms, newest_first=not is_forward, limit=limit)
        now_ms = self._status().exchange_now_ms
        return {bar.open_ms: Change(bar, is_final=bar.end_ms <= now_ms) async for bar in bars}

    async def _stored_symbols(self) -> list[str]:
        """Those that a page can show as they are; another name was written by nobody who checked it."""
        store = await self._disk.store()
        return [known.symbol for known in await store.symbols() if is_printable(known.symbol)] if store else []


def _venue(status: VenueStatus) -> dict[str, Any]:
    """How one exchange is doing."""
    return {
        "venue": status.key,
        "name": status.name,
        "mode": status.mode.value,
        "connection": status.connection,
        "now": status.exchange_now_ms,
        "knows_time": status.knows_time,
        "delay_ms": status.delay_ms,
        "is_behind": status.is_behind,
        "notices": status.notices,
        "symbols": status.symbols,
        "halted": status.halted,
        "trades_per_second": round(status.trades_per_second, 1),
        "requests": {"used": status.requests_used, "limit": status.requests_limit},
        "owed": {"minutes": status.owed_minutes, "symbols": status.owed_symbols},
        "reconnects": status.reconnects,
        "counters": status.counters._asdict(),
    }


_LONGEST_LIMIT: Final = 9
_NAMED: Final = 5
"""Symbols of many, as examples."""


def _moment(text: str | None) -> int | None:
    return None if not text else parse_time(text, int(time.time() * 1000))


def _limit(text: str | None) -> int:
    if not text:
        return DEFAULT_BARS
    # Python refuses to read a number of thousands of digits, so that its length is looked at first.
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_LIMIT else 0
    if not 0 < limit <= MAX_BARS:
        raise BadRequest(f"limit is a number from 1 to {MAX_BARS:,}.")
    return limit
