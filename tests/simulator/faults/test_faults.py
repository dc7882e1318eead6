"""Faults of the simulated exchange: schedules that can be read and repeated, frames struck as announced and counted."""

from collections import Counter
from itertools import pairwise

import orjson
import pytest

from klagg_tui.errors import ConfigError
from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.faces import FACES, face_class
from klagg_tui.simulator.faces.binance_um import BinanceUm
from klagg_tui.simulator.faults.damage import Damage
from klagg_tui.simulator.faults.market_events import MarketEvents
from klagg_tui.simulator.faults.schedule import FACE_FAULTS, KINDS, Fault, Faults
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import NOTICE_MINUTES, Market
from klagg_tui.simulator.streams.frames import trade_frames

START_MS = 1_790_035_200_000
HOUR_MS = 3_600_000


def _nobody(_fault: Fault) -> str:
    return "BTCUSDT"


def _run(schedule: str, hours: float, seed: int = 1) -> list[Fault]:
    faults = Faults(seed, START_MS, schedule)
    begun = []
    for now_ms in range(START_MS, START_MS + int(hours * HOUR_MS), 1000):
        begun += faults.begin(now_ms, _nobody)
        faults.end(now_ms)
    return begun


def _events(market: Market) -> MarketEvents:
    return MarketEvents(market, BinanceUm(market, Klines(market), Faults(1, START_MS)))


def test_a_schedule_says_what_when_how_long_and_whom() -> None:
    found = _run("cut@90s, drop@2m+30s:币安人生USDT, clock@1.5m+1m:-700", 1)
    assert found == [
        Fault("cut", START_MS + 90_000),
        Fault("clock", START_MS + 90_000, 60_000, "-700"),
        Fault("drop", START_MS + 120_000, 30_000, "币安人生USDT"),
    ]


@pytest.mark.parametrize(
    "schedule", ["cut", "cut@", "cut@soon", "flood@5m", "cut@5y", "cut@5m+", "life/x", "all/", "cut@-1m"]
)
def test_a_schedule_that_cannot_be_read_is_refused_with_what_is_allowed(schedule: str) -> None:
    with pytest.raises(ConfigError, match="none, life or all"):
        Faults(1, START_MS, schedule)


def test_none_plans_nothing() -> None:
    assert Faults(1, START_MS, "none").planned() == ()


def test_all_brings_every_kind_once_a_round_in_the_same_order_for_the_same_seed() -> None:
    found = _run("all/1m", 17 / 60 * 2)
    kinds = len(KINDS) - 2
    of_all = (kind for kind in KINDS if kind not in ("451", "future"))
    assert Counter(fault.kind for fault in found[:kinds]) == Counter(dict.fromkeys(of_all, 1))
    assert [fault.kind for fault in found[:kinds]] != [fault.kind for fault in found[kinds : 2 * kinds]]
    assert _run("all/1m", 0.5) == _run("all/1m", 0.5)
    assert _run("all/1m", 0.5) != _run("all/1m", 0.5, seed=2)


def test_faults_of_a_schedule_do_not_overlap() -> None:
    assert all(earlier.at_ms + earlier.lasts_ms <= later.at_ms for earlier, later in pairwise(_run("all/2m", 2)))


def test_life_can_be_joined_by_single_faults() -> None:
    kinds = {fault.kind for fault in _run("life/10m, cut@5m", 1)}
    assert kinds == {"list", "delist", "tick", "straddle", "cut"}


def test_a_schedule_can_be_planned_later_and_takes_the_place_of_a_whole_one() -> None:
    faults, later_ms = Faults(1, START_MS, "life/10m, cut@5m"), START_MS + HOUR_MS
    faults.plan("drop@1m", later_ms)
    assert faults.planned()[:2] == (Fault("cut", START_MS + 300_000), Fault("drop", later_ms + 60_000))
    assert faults.planned()[2].kind in ("list", "delist", "tick", "straddle")
    faults.plan("all/2m", later_ms)
    assert faults.planned()[2] == Faults(1, later_ms, "all/2m").planned()[0]
    faults.plan("none", later_ms)
    assert len(faults.planned()) == 2
    with pytest.raises(ConfigError, match="none, life or all"):
        faults.plan("drop@1m, flood@5m", later_ms)
    assert len(faults.planned()) == 2


def test_a_lasting_fault_is_active_from_its_beginning_to_its_end_and_is_told_with_its_count() -> None:
    faults = Faults(1, START_MS, "drop@10s+5s")
    assert not faults.begin(START_MS + 9_999, _nobody)
    faults.begin(START_MS + 10_000, _nobody)
    assert faults.active("drop")
    faults.counts["drop"] += 3
    assert not faults.end(START_MS + 14_999)
    assert faults.end(START_MS + 15_000)
    assert not faults.active("drop")
    assert [(incident.at_ms, incident.amount) for incident in faults.incidents] == [
        (START_MS + 10_000, 0),
        (START_MS + 15_000, 3),
    ]


def test_a_kind_that_does_not_exist_cannot_be_added() -> None:
    with pytest.raises(ConfigError, match="flood"):
        Faults(1, START_MS).add(Fault("flood", START_MS))


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    """Two hours of one busy and one quiet symbol."""
    market = Market(MarketSpec(symbols=3, activity=3))
    minute = START_MS // MINUTE_MS
    return [
        frame
        for at in range(minute, minute + 30)
        for symbol in ("BTCUSDT", "SOLUSDT")
        for frame in trade_frames(market, symbol, at, market.trades(symbol, at))
    ]


def _struck(frames: list[Frame], kind: str, target: str = "") -> tuple[list[Frame], int]:
    """What comes of `frames` under a fault, in small batches, and how many were struck by its own count."""
    faults = Faults(1, START_MS, f"{kind}@0+1h" + (f":{target}" if target else ""))
    faults.begin(START_MS, _nobody)
    damage = Damage(faults, 1, BinanceUm.spoil)
    passed = [frame for first in range(0, len(frames), 7) for frame in damage.passed(frames[first : first + 7])]
    faults.end(START_MS + HOUR_MS)
    return passed + list(damage.passed([])), faults.counts[kind]


def test_nothing_wrong_lets_everything_pass(frames: list[Frame]) -> None:
    assert list(Damage(Faults(1, START_MS), 1, BinanceUm.spoil).passed(frames)) == frames


def test_dropped_frames_are_missing_and_counted(frames: list[Frame]) -> None:
    passed, count = _struck(frames, "drop")
    assert len(frames) / 10 < count < len(frames) / 5
    assert len(passed) == len(frames) - count
    assert set(passed) < set(frames)


def test_doubled_frames_come_twice_in_a_row_and_are_counted(frames: list[Frame]) -> None:
    passed, count = _struck(frames, "double")
    assert len(passed) == len(frames) + count
    assert sum(earlier == later for earlier, later in pairwise(passed)) == count
    assert list(dict.fromkeys(passed)) == frames


def test_reordered_frames_come_right_behind_the_next_of_their_symbol_and_none_is_lost(frames: list[Frame]) -> None:
    passed, count = _struck(frames, "reorder")
    assert sorted(passed) == sorted(frames)
    behind = 0
    for symbol in ("BTCUSDT", "SOLUSDT"):
        ids = [frame.aggregate_id for frame in passed if frame.symbol == symbol]
        behind += sum(later < earlier for earlier, later in pairwise(ids))
    assert count - 2 <= behind <= count
    assert behind > len(frames) / 10


def test_malformed_frames_take_the_place_of_good_ones(frames: list[Frame]) -> None:
    passed, count = _struck(frames, "malform")
    damaged = [frame for frame, good in zip(passed, frames, strict=True) if frame != good]
    assert len(damaged) == count
    assert len({len(frame.payload) for frame in damaged}) > 3
    assert any(frame.payload.startswith(b"[[[") for frame in damaged)
    assert any(b'"nan"' in frame.payload for frame in damaged)
    readable = 0
    for frame in damaged:
        try:
            readable += orjson.loads(frame.payload) is not None
        except orjson.JSONDecodeError:
            continue
    assert 0 < readable < count


def test_a_muted_symbol_sends_nothing_and_the_others_all(frames: list[Frame]) -> None:
    passed, count = _struck(frames, "mute", "SOLUSDT")
    assert passed == [frame for frame in frames if frame.symbol == "BTCUSDT"]
    assert count == len(frames) - len(passed)


def test_a_target_alone_is_struck(frames: list[Frame]) -> None:
    passed, count = _struck(frames, "drop", "SOLUSDT")
    assert sum(frame.symbol == "BTCUSDT" for frame in passed) == sum(frame.symbol == "BTCUSDT" for frame in frames)
    assert count


def test_which_frames_are_struck_follows_from_the_seed(frames: list[Frame]) -> None:
    assert _struck(frames, "drop") == _struck(frames, "drop")


def test_symbols_are_chosen_quiet_for_delisting_and_busy_for_the_rest() -> None:
    market = Market(MarketSpec(symbols=60))
    events = _events(market)
    order = list(market.lives)
    for number in range(30):
        at_ms = START_MS + number * MINUTE_MS
        assert order.index(events.choose(Fault("delist", at_ms))) >= 30
        assert order.index(events.choose(Fault("mute", at_ms))) < 20


def test_the_last_symbol_is_never_delisted() -> None:
    market = Market(MarketSpec(symbols=3))
    events = _events(market)
    for number in range(10):
        fault = Fault("delist", START_MS + number * 10 * MINUTE_MS)
        events.carry_out(Fault("delist", fault.at_ms, target=events.choose(fault)), fault.at_ms)
    later = START_MS // MINUTE_MS + 1000
    assert [symbol for symbol in list(market.lives)[:3] if market.status(symbol, later) == "TRADING"]


def test_listing_and_delisting_are_announced_when_they_happen_and_the_other_market_with_them() -> None:
    market = Market(MarketSpec(symbols=5))
    events = _events(market)
    events.carry_out(Fault("list", START_MS), START_MS)
    events.carry_out(Fault("delist", START_MS, target="SOLUSDT"), START_MS)
    told = []
    ends: dict[str, int] = {}
    for minute in range(10):
        for frame in events.due(START_MS + minute * MINUTE_MS):
            message = orjson.loads(frame.payload)
            told.append((minute, message["s"], message["cs"], message["st"]))
            ends.setdefault(message["s"], message["dt"])
    new = list(market.lives)[-1]
    assert told == [
        (0, "BTCUSD_PERP", "TRADING", 2),
        (0, new, "PENDING_TRADING", 1),
        (3, new, "TRADING", 1),
        (3, "SOLUSDT", "SETTLING", 1),
    ]
    assert (ends[new], ends["SOLUSDT"]) == (4_133_404_800_000, START_MS + 3 * MINUTE_MS)


def test_a_new_tick_is_announced_and_a_straddle_is_looked_for() -> None:
    market = Market(MarketSpec(symbols=3, activity=0.1))
    events = _events(market)
    assert events.carry_out(Fault("tick", START_MS, target="ETHUSDT"), START_MS)
    assert events.carry_out(Fault("straddle", START_MS, target="SOLUSDT"), START_MS)
    assert [orjson.loads(frame.payload)["s"] for frame in events.due(START_MS + 3 * MINUTE_MS)] == ["ETHUSDT"]


def test_a_delisted_symbol_is_listed_again_as_another_contract() -> None:
    market = Market(MarketSpec(symbols=5, start_ms=START_MS))
    events = _events(market)
    fault = Fault("relist", START_MS, target="SOLUSDT")
    assert events.carry_out(fault, START_MS) == ""
    assert events.choose(Fault("relist", START_MS)) == ""
    events.carry_out(Fault("delist", START_MS, target="SOLUSDT"), START_MS)
    later_ms = START_MS + 10 * MINUTE_MS
    assert events.choose(Fault("relist", later_ms)) == "SOLUSDT"
    assert "another contract" in events.carry_out(fault, later_ms)
    assert events.carry_out(fault, later_ms) == ""
    assert market.status("SOLUSDT", later_ms // MINUTE_MS + NOTICE_MINUTES) == "TRADING"


def test_a_symbol_is_delisted_once() -> None:
    events = _events(Market(MarketSpec(symbols=3)))
    fault = Fault("delist", START_MS, target="SOLUSDT")
    assert events.carry_out(fault, START_MS)
    assert events.carry_out(fault, START_MS) == ""
    assert events.carry_out(Fault("straddle", START_MS, target="SOLUSDT"), START_MS) == ""


@pytest.mark.parametrize("kind", ["tick", "straddle", "delist"])
def test_what_cannot_happen_is_told_as_nothing(kind: str) -> None:
    events = _events(Market(MarketSpec(symbols=2)))
    assert events.carry_out(Fault(kind, START_MS, target="NONEUSDT"), START_MS) == ""


def test_a_trap_is_a_fault_of_faces_that_have_it_alone() -> None:
    with pytest.raises(ConfigError, match="no fault"):
        Faults(1, START_MS, "nobars@5m")
    faults = Faults(1, START_MS, "nobars@5m+1m", ("nobars",))
    assert faults.begin(START_MS + 300_000, lambda _fault: "")
    assert faults.active("nobars")
    assert [fault.kind for fault in faults.end(START_MS + 360_000)] == ["nobars"]
    with pytest.raises(ConfigError, match="no fault"):
        faults.add(Fault("utc8", START_MS))


def test_what_is_under_way_ends_and_nothing_more_comes_once_faults_cease() -> None:
    faults = Faults(1, START_MS, "all/1m, drop@0s+30s, cut@2m")
    faults.begin(START_MS, lambda _fault: "")
    faults.cease()
    assert faults.planned() == ()
    assert faults.begin(START_MS + 3_600_000, lambda _fault: "") == []
    assert [fault.kind for fault in faults.end(START_MS + 30_000)] == ["drop"]


def test_there_is_no_trap_that_no_face_has() -> None:
    assert {trap for key in FACES for trap in face_class(key).traps} == FACE_FAULTS.keys()


def test_every_fault_comes_in_turn_with_the_traps_of_the_face() -> None:
    faults = Faults(1, START_MS, "all/1m", ("holes", "utc8", "prevclose"))
    kinds = {fault.kind for fault in faults.begin(START_MS + 40 * 60_000, lambda _fault: "BTCUSDT")}
    assert {"holes", "utc8"} <= kinds
    assert "prevclose" not in kinds, "no fault of a while: the exchange's bars are other ones for ever"
