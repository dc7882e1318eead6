"""Markets in which little is traded: silence is usual there, and must cost neither connections nor requests without end."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.messages import Acknowledged
from klagg_tui.exchange.session import (
    Close,
    ConnectionSilent,
    FeedLimits,
    FeedReport,
    Open,
    Ping,
    Send,
    StreamsDown,
    StreamShard,
    SymbolSilent,
)

LIMITS = FeedLimits.of(VENUE.streams)
CODEC = VENUE.codec
MINUTE = 60_000
HOUR = 60 * MINUTE


class Market:
    """One share whose symbols trade when they are told to; every command is answered at once."""

    def __init__(self, trades: dict[str, list[int]], limits: FeedLimits = LIMITS) -> None:
        self.shard = StreamShard(CODEC, limits, 0)
        self.shard.want(trades)
        self.trades = sorted((at_ms, symbol) for symbol, times in trades.items() for at_ms in times)
        self.opens: list[int] = []
        self.reports: list[tuple[int, FeedReport]] = []

    def run(self, until_ms: int) -> None:
        keys: set[int] = set()
        for now_ms in range(0, until_ms, 1_000):
            while self.trades and self.trades[0][0] <= now_ms:
                symbol = self.trades.pop(0)[1]
                for receiver in filter(None, map(self.shard.session, keys)):
                    receiver.last_trade_ms[symbol] = now_ms
                    receiver.received(now_ms, has_trades=True)
            for command in self.shard.tick(now_ms, 0.5):
                session = self.shard.session(command.key)
                if isinstance(command, Open):
                    self.opens.append(now_ms)
                    keys.add(command.key)
                    self.shard.opened(command.key, now_ms)
                elif isinstance(command, Close):
                    keys.discard(command.key)
                elif isinstance(command, Send):
                    self.shard.answered(command.key, Acknowledged(None), now_ms)
                elif session is not None:
                    session.received(now_ms, has_trades=False)
            self.reports += [(now_ms, report) for report in self.shard.take_reports()]

    def times(self, kind: type[FeedReport]) -> list[int]:
        return [at_ms for at_ms, report in self.reports if isinstance(report, kind)]


def test_where_nothing_is_traded_for_hours_connections_are_replaced_six_times_an_hour_at_the_most() -> None:
    busy = [*range(1_000, 10 * MINUTE, 1_000)]
    market = Market({"A": busy, "B": busy})
    market.run(6 * HOUR)
    assert len(market.times(ConnectionSilent)) == 1
    assert len([at_ms for at_ms in market.opens if at_ms > HOUR]) <= 30
    pauses = [later - earlier for earlier, later in zip(market.opens[1:], market.opens[2:], strict=False)]
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("minutes", [3, 10, 30])
def test_a_market_with_a_burst_every_few_minutes_is_learned_and_then_left_in_peace(minutes: int) -> None:
    bursts = [
        start + offset for start in range(5_000, 24 * HOUR, minutes * MINUTE) for offset in (0, 1_000, 2_000, 9_000)
    ]
    market = Market({"A": bursts, "B": bursts})
    market.run(22 * HOUR)
    late = [at_ms for at_ms in market.opens if at_ms > 4 * HOUR]
    assert len(late) == 1, "replaced for its age"
    assert len(market.times(StreamsDown)) <= 3


def test_a_busy_market_that_rested_once_is_watched_closely_again() -> None:
    busy = [at_ms for at_ms in range(1_000, 4 * HOUR, 1_000) if not 10 * MINUTE < at_ms < 40 * MINUTE]
    market = Market({"A": busy, "B": busy})
    market.run(5 * HOUR)
    assert [at_ms // MINUTE for at_ms in market.times(ConnectionSilent)] == [10, 240]


def test_of_hundreds_of_symbols_that_rarely_trade_a_few_a_minute_are_asked_about() -> None:
    chance = Random(1)
    rare = {f"S{number}": sorted(chance.sample(range(8 * HOUR), 4)) for number in range(300)}
    market = Market({"BUSY": [*range(0, 8 * HOUR, 20_000)], **rare})
    market.run(8 * HOUR)
    asked = market.times(SymbolSilent)
    for minute in range(8 * 60):
        assert sum(at_ms // MINUTE == minute for at_ms in asked) <= 12
    assert len([at_ms for at_ms in asked if at_ms > 4 * HOUR]) < 300 * 4 * 3
    assert len({report.symbol for _, report in market.reports if isinstance(report, SymbolSilent)}) == 300


def test_a_busy_symbol_that_falls_silent_is_asked_about_before_those_that_never_traded() -> None:
    trades = {f"S{number}": list[int]() for number in range(100)}
    often, until = [*range(0, HOUR, 1_000)], [*range(0, 3 * MINUTE, 1_000)]
    market = Market({"BUSY": often, "LOST": until, **trades})
    market.run(6 * MINUTE)
    at_ms = next(
        at_ms for at_ms, report in market.reports if isinstance(report, SymbolSilent) and report.symbol == "LOST"
    )
    assert at_ms <= until[-1] + LIMITS.symbol_silent_ms + 6_000


def test_a_ping_that_is_a_message_waits_its_turn_and_only_messages_are_signs_of_life() -> None:
    shard = StreamShard(replace(CODEC, ping=b"ping"), replace(LIMITS, pace_ms=2_000), 0)
    shard.want(["A"])
    shard.tick(0, 0.5)
    shard.opened(1, 0)
    assert isinstance(shard.tick(LIMITS.ping_ms, 0.5)[0], Send), "the subscription goes first"
    assert shard.tick(LIMITS.ping_ms + 1_900, 0.5) == []
    session = shard.session(1)
    assert session is not None
    session.received(LIMITS.ping_ms + 1_900, has_trades=False, has_texts=False)
    pinged_ms = LIMITS.ping_ms + 2_000
    assert shard.tick(pinged_ms, 0.5) == [Send(1, b"ping")]
    shard.answered(1, Acknowledged(None), pinged_ms)
    shard.want(["A", "B"])
    assert shard.tick(pinged_ms + 1_900, 0.5) == [], "a command keeps its distance from a ping"
    assert isinstance(shard.tick(pinged_ms + 2_000, 0.5)[0], Send)
    shard.answered(1, Acknowledged(None), pinged_ms + 3_000)
    session.received(pinged_ms + 3_000, has_trades=False)
    commands = shard.tick(pinged_ms + 3_000 + LIMITS.ping_ms, 0.5)
    assert Send(1, b"ping") in commands
    assert not any(isinstance(command, Ping) for command in commands)
