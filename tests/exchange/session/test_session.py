"""Subscribing, silence, replacing and waiting, with time moved by hand and no socket anywhere."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.binance.wire import CONTRACTS, trade_stream
from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session import (
    Close,
    Command,
    ConnectionSilent,
    FeedLimits,
    FeedReport,
    Open,
    Phase,
    Ping,
    Send,
    StreamRefused,
    StreamsDown,
    StreamShard,
    StreamsUp,
    SymbolSilent,
    assign_shards,
)
from klagg_tui.exchange.session.subscriptions import Subscriptions

LIMITS = FeedLimits.of(VENUE.streams)
CODEC = VENUE.codec
BEAT_MS = 100
TWO = ("BTCUSDT", "ETHUSDT")


class World:
    """An exchange that answers as it is told to, and a clock."""

    def __init__(self, symbols: Collection[str], limits: FeedLimits = LIMITS) -> None:
        self.now_ms = 1_000_000
        self.limits = limits
        self.shard = StreamShard(CODEC, limits, self.now_ms, (CONTRACTS,))
        self.shard.want(symbols)
        self.chance = 0.5
        self.is_reachable = True
        self.answers = True
        self.pongs = True
        self.silent: set[str] = set()
        """Symbols that are not delivered on any connection."""
        self.deaf: set[int] = set()
        """Connections on which nothing is delivered."""
        self.bad: set[str] = set()
        """Streams that are refused."""
        self.longest_bytes = 1 << 20
        """Of a command that is answered."""
        self.late_ms = 0
        """Until a longer one is answered; 0: never."""
        self.later: list[tuple[int, int, int]] = []
        """Answers to come: when, on which connection, to which command."""
        self.every_ms = 1_000
        self.streams: dict[int, set[str]] = {}
        self.sent: list[tuple[int, int, dict[str, object]]] = []
        self.opens: list[int] = []
        self.closes: list[Close] = []
        self.reports: list[FeedReport] = []
        self.most_at_once = 0

    def run(self, for_ms: int) -> None:
        for _ in range(for_ms // BEAT_MS):
            self.now_ms += BEAT_MS
            self.deliver()
            for answer in [each for each in self.later if each[0] <= self.now_ms]:
                self.later.remove(answer)
                self.shard.answered(answer[1], Acknowledged(answer[2]), self.now_ms)
            for command in self.shard.tick(self.now_ms, self.chance):
                self.obey(command)
            self.reports += self.shard.take_reports()
            self.most_at_once = max(self.most_at_once, len(self.streams))

    def obey(self, command: Command) -> None:
        if isinstance(command, Open):
            self.opens.append(self.now_ms)
            if self.is_reachable:
                self.streams[command.key] = set()
                self.shard.opened(command.key, self.now_ms)
            else:
                self.shard.ended(command.key, self.now_ms, self.chance, "no route")
        elif isinstance(command, Close):
            self.closes.append(command)
            self.streams.pop(command.key, None)
        elif isinstance(command, Send):
            self.answer(command.key, json.loads(command.payload))
        elif self.pongs and (session := self.shard.session(command.key)):
            session.received(self.now_ms, has_trades=False)

    def answer(self, key: int, message: dict[str, object]) -> None:
        self.sent.append((key, self.now_ms, message))
        number, streams = message["id"], message["params"]
        assert isinstance(number, int)
        assert isinstance(streams, list)
        if not self.answers:
            return
        is_long = len(CODEC.subscribe(streams, number)) > self.longest_bytes
        if is_long and not self.late_ms:
            return
        if self.bad & set(streams):
            self.shard.answered(key, Rejected(None, 2, "Invalid request: invalid stream"), self.now_ms)
            return
        change = self.streams[key].update if message["method"] == "SUBSCRIBE" else self.streams[key].difference_update
        change(streams)
        if is_long:
            self.later.append((self.now_ms + self.late_ms, key, number))
        else:
            self.shard.answered(key, Acknowledged(number), self.now_ms)

    def deliver(self) -> None:
        if self.now_ms % self.every_ms:
            return
        for key, streams in self.streams.items():
            session = self.shard.session(key)
            assert session is not None
            symbols = [name.split("@")[0].upper() for name in streams if name.endswith("@aggTrade")]
            heard = [symbol for symbol in symbols if symbol not in self.silent and key not in self.deaf]
            session.last_trade_ms.update(dict.fromkeys(heard, self.now_ms))
            if heard:
                session.received(self.now_ms, has_trades=True)

    def cut(self, code: int = 1006) -> None:
        for key in list(self.streams):
            del self.streams[key]
            self.shard.ended(key, self.now_ms, self.chance, "the connection was cut", code)

    @property
    def phase(self) -> str:
        return self.shard.state(self.now_ms).phase.name

    def reported(self, kind: type[FeedReport]) -> list[FeedReport]:
        return [report for report in self.reports if isinstance(report, kind)]


def live(symbols: Collection[str] = TWO, limits: FeedLimits = LIMITS) -> World:
    world = World(symbols, limits)
    world.run(5_000)
    assert world.phase == "LIVE"
    return world


# Subscribing


def test_a_new_shard_connects_subscribes_and_covers_its_symbols() -> None:
    world = live()
    assert world.streams == {1: {"btcusdt@aggTrade", "ethusdt@aggTrade", CONTRACTS}}
    assert world.reports == [StreamsUp(TWO)]
    state = world.shard.state(world.now_ms)
    assert (state.symbols, state.covered, state.losses, state.until_ms) == (2, 2, 0, None)


def test_many_streams_go_into_few_messages_at_a_safe_pace() -> None:
    symbols = [f"S{number}USD" for number in range(950)]
    world = World(symbols)
    world.run(10_000)
    assert [len(message["params"]) for _, _, message in world.sent] == [200, 200, 200, 200, 151]  # type: ignore[arg-type]
    times = [at_ms for _, at_ms, _ in world.sent]
    assert all(later - earlier >= LIMITS.pace_ms for earlier, later in pairwise(times))
    assert world.phase == "LIVE"


def test_symbols_join_and_leave_a_running_connection() -> None:
    world = live()
    world.shard.want(("ETHUSDT", "币安人生USDT"))
    world.run(3_000)
    assert world.streams[1] == {"ethusdt@aggTrade", "币安人生usdt@aggTrade", CONTRACTS}
    assert world.reports == [StreamsUp(TWO), StreamsUp(("币安人生USDT",))]
    assert len(world.opens) == 1


def test_a_shard_without_symbols_and_streams_closes_what_is_open() -> None:
    shard = StreamShard(CODEC, LIMITS, 0)
    shard.want(TWO)
    assert shard.tick(0, 0.5) == [Open(1)]
    shard.want(())
    assert shard.tick(100, 0.5) == [Close(1, "nothing to follow")]
    assert shard.state(100).phase is Phase.IDLE


def test_a_refused_stream_is_found_by_halving_and_costs_only_itself() -> None:
    symbols = [f"S{number}USDT" for number in range(50)]
    world = World(symbols)
    world.bad = {"s17usdt@aggTrade"}
    world.run(30_000)
    assert world.reported(StreamRefused) == [
        StreamRefused("s17usdt@aggTrade", 2, "Invalid request: invalid stream"),
    ]
    assert world.shard.state(world.now_ms).covered == 49
    assert world.phase == "LIVE"


def test_a_refusal_to_unsubscribe_is_let_be() -> None:
    subscriptions = Subscriptions(CODEC, LIMITS)
    subscriptions.want(["a"])
    assert subscriptions.next_message(0)
    assert subscriptions.acknowledged(Acknowledged(1), 0) == ("a",)
    subscriptions.want([])
    assert subscriptions.next_message(500)
    subscriptions.rejected(Rejected(2, 2, "no"))
    assert (subscriptions.held, subscriptions.refusals, subscriptions.next_message(1_000)) == ({}, [], None)


def test_answers_to_nothing_change_nothing() -> None:
    subscriptions = Subscriptions(CODEC, LIMITS)
    subscriptions.want(["a"])
    assert subscriptions.acknowledged(Acknowledged(1), 0) == ()
    subscriptions.rejected(Rejected(None, 2, "x"))
    assert subscriptions.next_message(0)
    assert subscriptions.acknowledged(Acknowledged(7), 0) == ()
    assert not subscriptions.is_complete
    world = live()
    world.shard.answered(99, Acknowledged(1), world.now_ms)
    world.shard.opened(99, world.now_ms)
    world.shard.shutting_down(99)
    world.shard.ended(99, world.now_ms, 0.5, "")
    assert world.phase == "LIVE"


def test_an_unanswered_command_is_said_again_and_then_the_connection_given_up() -> None:
    world = World(TWO)
    world.answers = False
    world.run(LIMITS.answer_ms * LIMITS.most_asks + 1_000)
    assert [message["id"] for _, _, message in world.sent][:3] == [1, 2, 3]
    assert world.closes[0] == Close(1, "commands are not answered")
    world.answers = True
    world.run(5_000)
    assert world.phase == "LIVE"


@pytest.mark.parametrize("longest", [150, 400, 900, 2_000])
def test_a_command_that_is_too_long_for_the_exchange_is_said_in_halves_until_it_is_answered(longest: int) -> None:
    symbols = [f"SYMBOL{number}USDT" for number in range(150)]
    world = World(symbols)
    world.longest_bytes = longest
    world.run(300_000)
    assert world.phase == "LIVE"
    assert world.shard.state(world.now_ms).covered == 150


def test_an_acknowledgement_that_comes_late_counts_and_the_connection_stays() -> None:
    symbols = [f"SYMBOL{number}USDT" for number in range(150)]
    world = World(symbols)
    world.longest_bytes, world.late_ms = 100, LIMITS.answer_ms + 2_000
    world.run(60_000)
    assert world.phase == "LIVE"
    assert world.shard.state(world.now_ms).covered == 150
    assert (len(world.opens), world.closes) == (1, [])


def test_a_late_refusal_of_one_stream_is_taken_and_one_that_may_mean_several_commands_is_not() -> None:
    subscriptions = Subscriptions(CODEC, LIMITS)
    subscriptions.want(["a"])
    assert subscriptions.next_message(0)
    assert subscriptions.next_message(LIMITS.answer_ms)
    subscriptions.rejected(Rejected(None, 2, "whose?"))
    assert (subscriptions.refusals, subscriptions.is_complete) == ([], False)
    subscriptions.rejected(Rejected(1, 2, "no such stream"))
    assert subscriptions.refusals == [StreamRefused("a", 2, "no such stream")]


def test_a_late_end_of_a_stream_that_is_wanted_again_is_mended() -> None:
    subscriptions = Subscriptions(CODEC, LIMITS)
    subscriptions.want(["a", "b"])
    assert subscriptions.next_message(0)
    assert subscriptions.acknowledged(Acknowledged(1), 0) == ("a", "b")
    subscriptions.want(["b"])
    assert subscriptions.next_message(1_000)
    subscriptions.want(["a", "b"])
    subscriptions.next_message(1_000 + LIMITS.answer_ms)
    subscriptions.acknowledged(Acknowledged(2), 20_000)
    assert subscriptions.next_message(20_000) == CODEC.subscribe(["a"], 3)


def test_after_a_time_without_any_answer_connections_ask_for_more_and_more_again() -> None:
    symbols = [f"SYMBOL{number}USDT" for number in range(150)]
    world = World(symbols)
    world.answers = False
    world.run(600_000)
    world.answers = True
    world.run(120_000)
    assert world.phase == "LIVE"
    asked = [len(message["params"]) for _, _, message in world.sent]  # type: ignore[arg-type]
    assert min(asked) < 10
    for _ in range(6):
        world.cut()
        world.run(120_000)
    assert len(world.sent[-1][2]["params"]) == 151  # type: ignore[arg-type]


# Losing and waiting


def test_a_lost_connection_uncovers_its_symbols_and_is_opened_again_soon() -> None:
    world = live()
    last_ms = world.now_ms
    world.run(300)
    world.cut()
    world.run(4_000)
    assert world.reports == [StreamsUp(TWO), StreamsDown(TWO, last_ms, "the connection was cut"), StreamsUp(TWO)]
    assert 500 <= world.opens[1] - last_ms - 300 <= 1_100
    assert world.shard.state(world.now_ms).losses == 1


def test_attempts_come_the_rarer_the_more_of_them_fail() -> None:
    world = World(TWO)
    world.is_reachable = False
    world.run(600_000)
    pauses = [later - earlier for earlier, later in pairwise(world.opens)]
    assert pauses == sorted(pauses)
    assert 500 <= pauses[0] <= 1_100
    assert pauses[-1] <= LIMITS.longest_pause_ms
    assert len(world.opens) < 30
    state = world.shard.state(world.now_ms)
    assert (state.phase, state.reason) == (Phase.WAITING, "no route")
    assert state.until_ms is not None


def test_chance_spreads_the_attempts() -> None:
    early, late = World(TWO), World(TWO)
    for world, chance in ((early, 0.0), (late, 1.0)):
        world.chance, world.is_reachable = chance, False
        world.run(60_000)
    assert early.opens[3] < late.opens[3]


@pytest.mark.parametrize("code", [1008, 418, 429, 451, 403])
def test_being_thrown_out_for_talking_too_much_is_answered_by_a_long_silence(code: int) -> None:
    world = live()
    cut_ms = world.now_ms
    world.cut(code)
    world.run(LIMITS.penalty_ms + 5_000)
    assert world.opens[1] - cut_ms >= LIMITS.penalty_ms


def test_a_handshake_without_answer_is_given_up() -> None:
    shard = StreamShard(CODEC, LIMITS, 0)
    shard.want(TWO)
    assert shard.tick(0, 0.5) == [Open(1)]
    assert shard.state(0).phase is Phase.CONNECTING
    assert shard.tick(LIMITS.open_ms, 0.5) == [Close(1, "no answer to the handshake")]
    assert shard.state(LIMITS.open_ms).losses == 0


def test_a_dead_connection_is_noticed_by_its_missing_answer_to_a_ping() -> None:
    world = live()
    world.pongs = False
    world.silent = set(TWO)
    world.run(LIMITS.ping_ms * 2 + 1_500)
    assert world.closes[-1] == Close(1, "the connection is dead")


# Silence


def test_a_connection_that_falls_silent_is_reported_and_replaced() -> None:
    world = live()
    world.deaf = {1}
    world.run(LIMITS.silent_ms + 5_000)
    (silent,) = world.reported(ConnectionSilent)
    assert isinstance(silent, ConnectionSilent)
    assert silent.symbols == TWO
    assert [type(report) for report in world.reports] == [StreamsUp, ConnectionSilent, StreamsDown, StreamsUp]
    assert list(world.streams) == [2]
    assert world.phase == "LIVE"


def test_a_silent_connection_that_speaks_again_before_it_is_replaced_covers_again() -> None:
    world = live()
    world.deaf = {1, 2, 3, 4}
    world.run(LIMITS.silent_ms + 1_000)
    assert world.phase == "SILENT"
    world.deaf = {2}
    world.run(2_000)
    assert isinstance(world.reports[-1], StreamsUp)


def test_while_everything_is_silent_connections_are_replaced_ever_more_rarely() -> None:
    world = live()
    world.silent = set(TWO)
    world.run(1_800_000)
    assert world.phase == "SILENT"
    assert len(world.reported(ConnectionSilent)) == 1
    assert len(world.opens) < 40
    assert world.most_at_once == 2
    world.silent = set()
    world.run(3_000)
    assert world.phase == "LIVE"
    assert isinstance(world.reports[-1], StreamsUp)


def test_what_is_acknowledged_but_never_speaks_is_silent_too() -> None:
    world = World(TWO)
    world.silent = set(TWO)
    world.run(LIMITS.symbol_silent_ms + 3_000)
    assert world.reported(ConnectionSilent)


def test_a_rarely_traded_connection_is_not_called_silent() -> None:
    world = World(TWO)
    world.every_ms = 50_000
    world.run(600_000)
    assert not world.reported(ConnectionSilent)
    assert len(world.opens) == 1


def test_a_symbol_that_is_silent_among_talking_peers_is_reported_ever_more_rarely() -> None:
    world = live()
    world.silent = {"ETHUSDT"}
    world.run(1_800_000)
    reports = world.reported(SymbolSilent)
    assert {report.symbol for report in reports if isinstance(report, SymbolSilent)} == {"ETHUSDT"}
    assert 3 <= len(reports) <= 4
    world.silent = set()
    world.run(60_000)
    world.silent = {"ETHUSDT"}
    world.run(LIMITS.symbol_silent_ms + 2_000)
    assert len(world.reported(SymbolSilent)) == len(reports) + 1


def test_a_symbol_that_never_spoke_is_reported_as_acknowledged_but_silent() -> None:
    world = World(TWO)
    world.silent = {"ETHUSDT"}
    world.run(LIMITS.symbol_silent_ms + 3_000)
    (silent,) = world.reported(SymbolSilent)
    assert isinstance(silent, SymbolSilent)
    assert (silent.symbol, silent.usual_ms) == ("ETHUSDT", None)


# Replacing


def test_a_connection_is_replaced_before_its_life_ends_without_uncovering_anything() -> None:
    world = live(limits=replace(LIMITS, life_ms=600_000))
    world.run(700_000)
    assert world.shard.state(world.now_ms).rotations == 1
    assert list(world.streams) == [2]
    assert world.reports == [StreamsUp(TWO)]
    assert world.most_at_once == 2


def test_connections_opened_together_are_replaced_at_different_times() -> None:
    replaced: list[int] = []
    for chance in (0.0, 1.0):
        world = World(TWO, replace(LIMITS, life_ms=600_000))
        world.chance = chance
        world.run(800_000)
        replaced.append(world.opens[1])
    assert replaced[1] - replaced[0] > 60_000


def test_a_server_that_shuts_down_is_left_at_once() -> None:
    world = live()
    world.shard.shutting_down(1)
    world.run(5_000)
    assert list(world.streams) == [2]
    assert not world.reported(StreamsDown)


def test_a_connection_is_renewed_on_request_with_the_old_one_kept_until_the_new_delivers() -> None:
    world = live()
    world.deaf = {2}
    world.shard.renew("asked for")
    world.run(LIMITS.overlap_ms)
    assert list(world.streams) == [1, 2]
    assert world.phase == "ROTATING"
    world.run(500)
    assert world.closes == [Close(2, "the new connection stays silent")]
    world.run(10_000)
    assert list(world.streams) == [3]
    assert not world.reported(StreamsDown)


def test_a_new_connection_that_lacks_a_symbol_does_not_take_over() -> None:
    world = live()
    world.shard.renew("asked for")
    world.run(500)
    world.streams[2].discard("ethusdt@aggTrade")
    world.run(LIMITS.overlap_ms + 1_000)
    assert world.closes[0] == Close(2, "the new connection stays silent")


def test_when_the_old_connection_is_lost_during_the_overlap_the_new_one_takes_over() -> None:
    world = live()
    world.deaf = {2}
    world.shard.renew("asked for")
    world.run(5_000)
    del world.streams[1]
    world.shard.ended(1, world.now_ms, 0.5, "cut")
    world.deaf = set()
    world.run(5_000)
    assert list(world.streams) == [2]
    assert not world.reported(StreamsDown)


def test_renewing_what_is_not_there_does_nothing() -> None:
    shard = StreamShard(CODEC, LIMITS, 0)
    shard.renew("x")
    shard.want(TWO)
    assert shard.tick(0, 0.5) == [Open(1)]


def test_an_exchange_whose_time_runs_faster_has_shorter_lives_and_the_same_pace() -> None:
    faster = LIMITS.faster(60)
    assert faster.life_ms == LIMITS.life_ms // 60
    assert faster.pace_ms == LIMITS.pace_ms


@settings(max_examples=30)
@given(st.data())
def test_whatever_happens_a_shard_comes_back_and_never_holds_more_than_two_connections(data: st.DataObject) -> None:
    symbols = [f"S{number}" for number in range(5)]
    world = World(symbols, replace(LIMITS.faster(10), life_ms=60_000))
    troubles = st.sampled_from(["cut", "unreachable", "mute", "silent", "deaf", "renew", "shutdown", "symbols", "none"])
    for _ in range(data.draw(st.integers(1, 6))):
        world.chance = data.draw(st.sampled_from([0.0, 0.3, 1.0]))
        trouble(world, data.draw(troubles), symbols)
        world.run(data.draw(st.sampled_from([300, 2_000, 10_000])))
    world.is_reachable = world.answers = world.pongs = True
    world.silent, world.deaf = set(), set()
    world.run(60_000)
    state = world.shard.state(world.now_ms)
    assert state.phase in (Phase.LIVE, Phase.ROTATING)
    assert state.covered == state.symbols == len(symbols)
    assert world.most_at_once <= 2
    assert_paced(world)
    assert covered_in_the_end(world) >= set(symbols)


def trouble(world: World, kind: str, symbols: list[str]) -> None:
    world.is_reachable, world.answers = kind != "unreachable", kind != "mute"
    world.silent = set(symbols) if kind == "silent" else set()
    world.deaf = set(world.streams) if kind == "deaf" else set()
    if kind in ("cut", "unreachable"):
        world.cut()
    elif kind == "renew":
        world.shard.renew("x")
    elif kind == "shutdown":
        for key in world.streams:
            world.shard.shutting_down(key)
    elif kind == "symbols":
        world.shard.want(symbols[:2])
        world.run(1_000)
        world.shard.want(symbols)


def assert_paced(world: World) -> None:
    last: dict[int, int] = {}
    for key, at_ms, _ in world.sent:
        assert at_ms - last.get(key, -LIMITS.pace_ms) >= LIMITS.pace_ms
        last[key] = at_ms


def covered_in_the_end(world: World) -> set[str]:
    covered: set[str] = set()
    for report in world.reports:
        if isinstance(report, StreamsUp):
            covered |= set(report.symbols)
        elif isinstance(report, StreamsDown):
            assert covered >= set(report.symbols), "only what was covered can be uncovered"
            covered -= set(report.symbols)
    return covered


# Dealing out


@given(
    st.lists(st.integers(0, 40), max_size=40),
    st.lists(st.integers(0, 40), max_size=40),
    st.integers(1, 7),
)
def test_everybody_has_one_place_nobody_moves_and_no_shard_is_overfull(
    before: list[int], after: list[int], most: int
) -> None:
    first = assign_shards([str(number) for number in before], most)
    second = assign_shards([str(number) for number in after], most, first)
    for shards, symbols in ((first, before), (second, after)):
        assert Counter(symbol for shard in shards for symbol in shard) == Counter({str(number) for number in symbols})
        assert all(len(shard) <= most for shard in shards)
    for shard, later in zip(first, second, strict=False):
        assert [symbol for symbol in shard if symbol in {str(number) for number in after}] == list(later[: len(shard)])[
            : sum(symbol in {str(number) for number in after} for symbol in shard)
        ]
    assert len(second) >= len(first)


def test_the_first_symbols_of_a_listing_are_dealt_out_evenly() -> None:
    assert assign_shards(["a", "b", "c", "d", "e"], 3) == (("a", "c", "e"), ("b", "d"))
    assert assign_shards([], 3) == ()
    assert trade_stream("ABC") == "abc@aggTrade"


def test_ping_asks_for_a_sign_of_life_once_the_connection_is_quiet() -> None:
    shard = StreamShard(CODEC, LIMITS, 0)
    shard.want(TWO)
    shard.tick(0, 0.5)
    shard.opened(1, 0)
    assert any(isinstance(command, Send) for command in shard.tick(100, 0.5))
    assert Ping(1) not in shard.tick(LIMITS.ping_ms - 1, 0.5)
    assert Ping(1) in shard.tick(LIMITS.ping_ms, 0.5)
    assert Ping(1) not in shard.tick(LIMITS.ping_ms + 100, 0.5)


@given(st.integers(60, 400), st.integers(1, 30))
def test_a_command_is_no_longer_than_the_exchange_reads(most: int, count: int) -> None:
    subscriptions = Subscriptions(CODEC, replace(LIMITS, bytes_per_message=most, pace_ms=0))
    wanted = [f"{'币' * (number % 20)}{number}usdt@aggTrade" for number in range(count)]
    subscriptions.want(wanted)
    number = 0
    while message := subscriptions.next_message(0):
        number += 1
        assert len(message) <= most or len(json.loads(message)["params"]) == 1
        subscriptions.acknowledged(Acknowledged(number), 0)
    assert list(subscriptions.held) == wanted
