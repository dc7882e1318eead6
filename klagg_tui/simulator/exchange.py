"""The simulated exchange without its sockets: market, faults and clients, moved on beat by beat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.simulator.clock import SimulatedClock
from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.faces import DEFAULT, face_class
from klagg_tui.simulator.faults.damage import Damage
from klagg_tui.simulator.faults.market_events import MarketEvents
from klagg_tui.simulator.faults.schedule import Fault, Faults
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.truth import Truth
from klagg_tui.simulator.streams.connection import Connection
from klagg_tui.simulator.streams.feed import Feed
from klagg_tui.simulator.streams.hub import Hub

_NOTICE_MS: Final = 10_000
"""Between serverShutdown and the end of the connections."""
_CLOCK_ERROR_MS: Final = 5000


class Exchange:
    """Everything the server's sockets show."""

    def __init__(self, spec: MarketSpec, clock: SimulatedClock, schedule: str, venue: str = DEFAULT) -> None:
        """`venue`: whose face it shows."""
        now_ms = clock.now_ms()
        face = face_class(venue)
        self.clock = clock
        # The first of all venues keeps the market that it had before there were others.
        own = "" if venue == DEFAULT else venue
        activity = spec.activity * face.liveliness
        self.market = Market(
            replace(spec, venue=own, activity=activity, single_fills=face.single_fills, in_order=face.in_order)
        )
        self.truth = Truth(self.market, clock.now_ms)
        klines = Klines(self.market)
        self.faults = Faults(spec.seed, now_ms, schedule, face.traps, has_archive=face.has_archive)
        self.face = face(self.market, klines, self.faults)
        self.feed = Feed(self.market, now_ms, self.face.trade_frames)
        self.face.told_ms = self.feed.told_ms
        self.faults.named = lambda name: self.face.symbol_of(name) or name
        self.hub = Hub(self.feed, self.face, self.faults.strikes)
        self.sent = 0
        """Trade messages that left the market since the start, each once, faults not regarded."""
        self._market_events = MarketEvents(self.market, self.face)
        self._damage = Damage(self.faults, spec.seed, face.spoil)
        self._closings: list[tuple[int, tuple[Connection, ...]]] = []

    def beat(self) -> None:
        """Let everything happen that is due by now, and write it to the clients."""
        now_ms = self.clock.now_ms()
        self._begin_faults(now_ms)
        self.hub.deliver(self._market_events.due(now_ms))
        self.hub.deliver(self.face.bundled(self._damage.passed(self._due_trades(now_ms))))
        self.hub.deliver(self._damage.unmuted(self.face.due(now_ms, self.clock.speed)))
        self.hub.flush(now_ms, self.client_ms())
        self._end_faults(now_ms)

    def bars(self, name: str, period: Period, from_ms: int, to_ms: int) -> tuple[Bar, ...]:
        """What every bar must be, in the venue's terms and under its name; see `Truth.bars`."""
        symbol = self.face.symbol_of(name)
        if symbol is None:
            raise KeyError(name)
        return tuple(map(self.face.bar, self.truth.bars(symbol, period, from_ms, to_ms)))

    def client_ms(self) -> int:
        """The clock of clients: however fast the market goes, they take their pace from the world's."""
        return int(monotonic() * min(1.0, self.clock.speed) * 1000)

    def _due_trades(self, now_ms: int) -> Iterator[Frame]:
        for frame in self.feed.advance(now_ms):
            if self.hub.reads(frame.stream):
                self.sent += 1
                yield frame

    def _begin_faults(self, now_ms: int) -> None:
        for fault in self.faults.begin(now_ms, self._market_events.choose):
            self._begin(fault, now_ms)
        while self._closings and self._closings[0][0] <= now_ms:
            _, warned = self._closings.pop(0)
            self.faults.strikes("closed", now_ms, "connections that were warned", self.hub.close(warned))

    def _begin(self, fault: Fault, now_ms: int) -> None:
        if fault.kind == "cut":
            number = self.hub.cut(int(fault.target) if fault.target.isdecimal() else None)
            self.faults.strikes("cut", now_ms, "connections cut", number)
        elif fault.kind == "shutdown":
            warned = self.hub.announce_shutdown(now_ms)
            self.faults.strikes("shutdown", now_ms, "connections warned", len(warned))
            self._closings.append((now_ms + _NOTICE_MS, warned))
        elif fault.kind in ("list", "delist", "relist", "tick", "straddle"):
            version = self.market.version
            what = self._market_events.carry_out(fault, now_ms)
            self.faults.strikes(fault.kind, now_ms, what or "impossible", 1 if what else 0)
            if self.market.version != version:
                self.hub.resubscribed(now_ms)
        elif fault.kind == "silence":
            self.faults.counts["silence"] += self.hub.silence()
        elif fault.kind == "clock":
            self.face.clock_error_ms = _figure(fault, -_CLOCK_ERROR_MS)

    def _end_faults(self, now_ms: int) -> None:
        for fault in self.faults.end(now_ms):
            if fault.kind == "silence":
                self.hub.end_silence()
            elif fault.kind == "clock":
                longer = self.faults.active("clock")
                self.face.clock_error_ms = _figure(longer, -_CLOCK_ERROR_MS) if longer else 0


def _figure(fault: Fault, default: int) -> int:
    """The fault's target as a number."""
    return int(fault.target) if fault.target.lstrip("-").isdecimal() else default
