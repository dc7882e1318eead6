"""REST of OKX: every answer in `{"code", "msg", "data"}`, errors too and mostly with status 200; the newest always first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import orjson

from klagg_tui.simulator.face import Asked, Reply
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.market import Trade

if TYPE_CHECKING:
    from klagg_tui.simulator.faces.okx import Okx

_JSON: Final = {"Content-Type": "application/json"}
_UTC8: Final = 480
"""Minutes by which days begin earlier than in UTC."""
_MINUTES: Final = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "2H": 120, "4H": 240, "6H": 360, "12H": 720, "1D": 1440,
    "1W": 10_080, "1M": 43_200,
}  # fmt: skip
"""Its names without `utc`, and how long they last about."""
_FROM_UTC8: Final = frozenset({"6H", "12H", "1D", "1W", "1M"})
_RECENT: Final = 1_440
"""Candles that `market/candles` has."""
_LATE_MS: Final = 1_000
"""So long after it was traded a trade comes into the history."""
_WINDOW_MS: Final = 2_000
_LIMITS: Final = {
    "public/time": 10,
    "public/instruments": 20,
    "market/tickers": 20,
    "market/trades": 100,
    "market/history-trades": 20,
    "market/candles": 40,
    "market/history-candles": 20,
}
"""Requests in two seconds."""


class Refusal(Exception):
    """A request is refused; `code` is the exchange's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OkxRest:
    """Answers requests about what a face lists."""

    def __init__(self, face: Okx) -> None:
        self._face = face
        self._asked: dict[str, tuple[int, int]] = {}
        self._answers: dict[str, Callable[[Mapping[str, str], int], Sequence[object]]] = {
            "public/time": lambda _query, now_ms: [{"ts": str(now_ms + face.clock_error_ms)}],
            "public/instruments": self._instruments,
            "market/tickers": self._tickers,
            "market/trades": self._trades,
            "market/history-trades": self._history_trades,
            "market/candles": lambda query, now_ms: self._candles(query, now_ms, is_recent=True),
            "market/history-candles": lambda query, now_ms: self._candles(query, now_ms, is_recent=False),
        }

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """The reply to a GET."""
        path = asked.path.removeprefix("/api/v5/")
        if path not in self._answers:
            return said("404", "Not Found", status=404)
        if self._is_too_much(path, now_ms):
            return said("50011", "Too Many Requests")._replace(is_refusal=True)
        try:
            rows = self._answers[path](asked.query, now_ms)
        except Refusal as refusal:
            return said(refusal.code, str(refusal))
        return said("0", "", rows)

    def _is_too_much(self, path: str, now_ms: int) -> bool:
        """Counts the request; each path has a limit of its own."""
        window, count = self._asked.get(path, (0, 0))
        count = count + 1 if window == now_ms // _WINDOW_MS else 1
        self._asked[path] = now_ms // _WINDOW_MS, count
        return count > _LIMITS[path]

    def _instruments(self, query: Mapping[str, str], now_ms: int) -> Sequence[object]:
        if query.get("instType") not in ("SPOT", "SWAP"):
            raise Refusal("51000", "Parameter instType error")
        if query["instType"] != self._face.inst_type:
            return []
        return [entry for symbol in self._face.listed() if (entry := self._face.entry(symbol, now_ms // MINUTE_MS))]

    def _tickers(self, query: Mapping[str, str], now_ms: int) -> Sequence[object]:
        if query.get("instType") != self._face.inst_type:
            raise Refusal("51000", "Parameter instType error")
        return [
            {
                "instType": self._face.inst_type,
                "instId": self._face.name(self._face.market.listing(symbol)),
                **dict(zip(("last", "open24h", "high24h", "low24h"), day[:4], strict=True)),
                **self._face.day_amounts(self._face.market.listing(symbol), day),
                "ts": str(now_ms),
            }
            for symbol, day in self._face.traded(now_ms)
        ]

    def _trades(self, query: Mapping[str, str], now_ms: int) -> Sequence[object]:
        symbol = self._symbol(query)
        return self._rows(symbol, self._face.past.until(symbol, now_ms, _limit(query, 100, 500), now_ms))

    def _history_trades(self, query: Mapping[str, str], now_ms: int) -> Sequence[object]:
        symbol, limit, after, before = (
            self._symbol(query),
            _limit(query, 100, 100),
            _number(query, "after"),
            _number(query, "before"),
        )
        known_ms = now_ms - _LATE_MS
        past = self._face.past
        if query.get("type", "1") == "2":
            found = past.until(symbol, known_ms if after is None else min(known_ms, after - 1), limit, known_ms)
        elif after is None:
            found = past.until(symbol, known_ms, limit, known_ms)
        else:
            found = past.before_id(symbol, after, limit, known_ms)
        return self._rows(symbol, [trade for trade in found if before is None or trade.aggregate_id > before])

    def _rows(self, symbol: str, trades: Iterable[Trade]) -> Sequence[object]:
        return [self._face.trade(symbol, trade) for trade in trades][::-1]

    def _candles(self, query: Mapping[str, str], now_ms: int, *, is_recent: bool) -> Sequence[object]:
        symbol, limit = self._symbol(query), _limit(query, 100, 300)
        bar = query.get("bar", "1m")
        name = bar.removesuffix("utc")
        if name not in _MINUTES or (bar != name and name not in _FROM_UTC8):
            raise Refusal("51000", "Parameter bar error")
        is_theirs = name in _FROM_UTC8 and (bar == name or self._is_misread())
        after, before = _number(query, "after"), _number(query, "before")
        found = self._face.candles.latest(
            symbol,
            name if name == "1M" else name.lower(),
            limit,
            now_ms,
            until_ms=None if after is None else after - 1,
            shift=_UTC8 if is_theirs else 0,
        )
        oldest_ms = now_ms - _RECENT * _MINUTES[name] * MINUTE_MS
        return [
            self._face.candle(symbol, candle)
            for candle in reversed(found)
            if (before is None or candle.open_ms > before)
            and (candle.open_ms > oldest_ms if is_recent else candle.is_over)
        ]

    def _is_misread(self) -> bool:
        """Whether days are UTC+8's though UTC's were asked for."""
        if self._face.faults.active("utc8") is None:
            return False
        self._face.faults.struck("utc8")
        return True

    def _symbol(self, query: Mapping[str, str]) -> str:
        symbol = self._face.symbol_of(query.get("instId", ""))
        if symbol is None:
            raise Refusal("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        return symbol


def said(code: str, message: str, rows: Iterable[object] = (), *, status: int = 200) -> Reply:
    """An answer in the exchange's own shape."""
    return Reply(status, orjson.dumps({"code": code, "msg": message, "data": list(rows)}), dict(_JSON))


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= 19):
        raise Refusal("51000", f"Parameter {name} error")
    return int(text)


def _limit(query: Mapping[str, str], default: int, most: int) -> int:
    """How many rows; of too many the most are given."""
    limit = _number(query, "limit")
    return default if limit is None else min(max(1, limit), most)
