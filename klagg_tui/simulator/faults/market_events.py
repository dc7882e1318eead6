"""Events of the market itself: listing, delisting, a new tick, a straddling trade; and the messages that announce them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from klagg_tui.simulator.face import Face, Frame
from klagg_tui.simulator.faults.schedule import Fault
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.chance import below
from klagg_tui.simulator.market.market import NOTICE_MINUTES, Market

_SEARCHED_MINUTES: Final = 240
_BUSY: Final = 20


class MarketEvents:
    """Changes a market and keeps the messages that announce it until they are due."""

    def __init__(self, market: Market, face: Face) -> None:
        self._market = market
        self._face = face
        self._messages: list[tuple[int, Frame]] = []

    def choose(self, fault: Fault) -> str:
        """A symbol for a fault that names none: a quiet one to delist, a busy one for the rest; "" where none is left."""
        minute = fault.at_ms // MINUTE_MS
        if fault.kind == "relist":
            return next((symbol for symbol in self._face.listed() if self._is_gone(symbol, minute)), "")
        trading = [
            symbol
            for symbol, life in self._market.lives.items()
            if life.listing.contract_type == "PERPETUAL"
            and self._face.lists(life.listing)
            and self._market.status(symbol, minute) == "TRADING"
            and self._market.status(symbol, minute + NOTICE_MINUTES + 1) == "TRADING"
        ]
        group = trading[len(trading) // 2 :] if fault.kind == "delist" else trading[:_BUSY]
        key = b"%d|%s|%d" % (self._market.spec.seed, fault.kind.encode(), fault.at_ms)
        return group[below(key, len(group))] if len(trading) > 1 else ""

    def carry_out(self, fault: Fault, now_ms: int) -> str:
        """Make it happen as soon as possible; what was done, in words, or "" where it is impossible."""
        minute = now_ms // MINUTE_MS + NOTICE_MINUTES
        if fault.kind == "list":
            symbol = self._market.list_new(minute)
            if (foreign := self._face.announced_elsewhere(now_ms)) is not None:
                self._messages.append((now_ms, foreign))
            self._announce(symbol, "PENDING_TRADING", now_ms)
            self._announce(symbol, "TRADING", minute * MINUTE_MS)
            return f"{symbol} trades from {minute * MINUTE_MS}"
        if fault.target not in self._market.lives:
            return ""
        if fault.kind == "relist":
            return self._relist(fault.target, minute, now_ms)
        if fault.kind == "straddle":
            return self._straddle(fault.target, minute)
        if fault.kind == "tick":
            self._market.change_tick(fault.target, minute)
            self._announce(fault.target, "TRADING", minute * MINUTE_MS)
            return f"{fault.target} has another tick from {minute * MINUTE_MS}"
        if self._market.status(fault.target, minute) != "TRADING":
            return ""
        self._market.delist(fault.target, minute)
        self._announce(fault.target, "SETTLING", minute * MINUTE_MS)
        return f"{fault.target} trades until {minute * MINUTE_MS}"

    def due(self, now_ms: int) -> Iterator[Frame]:
        """The messages whose time has come."""
        while self._messages and self._messages[0][0] <= now_ms:
            yield self._messages.pop(0)[1]

    def _relist(self, symbol: str, minute: int, now_ms: int) -> str:
        if not self._is_gone(symbol, now_ms // MINUTE_MS):
            return ""
        self._market.list_again(symbol, minute)
        self._announce(symbol, "TRADING", minute * MINUTE_MS)
        return f"{symbol} trades from {minute * MINUTE_MS} as another contract"

    def _is_gone(self, symbol: str, minute: int) -> bool:
        """Whether a perpetual contract was delisted, and no other has its name."""
        life = self._market.lives[symbol]
        return life.until <= minute and life.listing.delivered_minute is None

    def _straddle(self, symbol: str, first: int) -> str:
        for minute in range(first, first + _SEARCHED_MINUTES):
            if self._market.straddle(symbol, minute):
                return f"{symbol} straddles {(minute + 1) * MINUTE_MS}"
        return ""

    def _announce(self, symbol: str, status: str, at_ms: int) -> None:
        if (message := self._face.announced(symbol, status, at_ms)) is not None:
            self._messages.append((at_ms, message))
            self._messages.sort(key=lambda message: message[0])
