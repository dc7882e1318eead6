"""Missing trades: found, waited for, filled, given up."""

from __future__ import annotations

import sys

import pytest

from klagg_tui.engine import continuity, sequence
from klagg_tui.engine.bar import State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import (
    AbandonGap,
    AddSymbol,
    AggTrade,
    AmendBar,
    GapFound,
    HoldSymbol,
    MissingTrades,
    NumberedAnew,
    PendingGap,
    QuietUntil,
    ReleaseSymbol,
    SeedBars,
)
from klagg_tui.engine.period import Period
from tests.makers import MINUTE, START, SYMBOL, Seen, bar, current_bars, engine, snapshot, trade, trades

SEED = SeedBars(SYMBOL, START, (), None, 1)


class Live:
    """An engine that holds gaps, seeded before trade 1, with a reader from the beginning."""

    def __init__(self, *events: object, seeded: bool = True, periods: tuple[Period, ...] = (Period.M5,)) -> None:
        self.engine: KlineEngine = engine(*[SEED] * seeded, periods=periods, holds_gaps=True)
        self.seen = Seen(self.engine)
        self.tell(*events)

    def tell(self, *events: object) -> None:
        for event in events:
            self.engine.handle(event)  # type: ignore[arg-type]

    def minutes(self) -> list[tuple[int, str, int]]:
        self.seen.look()
        ones = sorted((bar for bar in self.seen.bars.values() if bar.period is Period.M1), key=lambda bar: bar.open_ms)
        return [((bar.open_ms - START) // MINUTE, bar.state.name, bar.trade_count) for bar in ones]


def at(aggregate_id: int, minute: int, ms: int = 0) -> AggTrade:
    return trade(aggregate_id, START + minute * MINUTE + ms)


def fill(*filling: AggTrade) -> MissingTrades:
    return MissingTrades(SYMBOL, filling)


def test_a_gap_is_reported_once_and_the_symbol_waits() -> None:
    live = Live(at(1, 0, 5), at(4, 0, 9), at(5, 1), at(4, 0, 9))
    assert live.engine.take_reports() == [GapFound(SYMBOL)]
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, gap.held, gap.traded_ms) == (2, (at(4, 0, 9), at(5, 1)), START + 5)
    assert live.engine.waiting() == (SYMBOL,)
    assert live.engine.held_trades() == 2
    assert live.engine.counters.gaps == 1
    assert live.engine.counters.duplicates == 1
    assert live.minutes() == [(0, "PARTIAL", 1)]


def test_a_filled_gap_lets_the_held_trades_in_and_is_counted() -> None:
    live = Live(at(1, 0), at(4, 1), at(5, 1))
    live.engine.take_reports()
    live.tell(fill(at(2, 0), at(3, 0)))
    assert live.minutes() == [(0, "CLOSED", 3), (1, "FORMING", 2)]
    assert live.engine.take_reports() == []
    counters = live.engine.counters
    assert (counters.gaps, counters.gaps_filled, counters.gaps_abandoned, counters.trades) == (1, 1, 0, 5)
    assert live.engine.pending_gap(SYMBOL) is None


def test_a_gap_filled_in_part_is_reported_again_with_what_is_missing_still() -> None:
    live = Live(at(1, 0), at(6, 1), fill(at(2, 0), at(4, 0)))
    assert live.engine.take_reports() == [GapFound(SYMBOL)] * 2
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, gap.held, gap.traded_ms) == (3, (at(4, 0), at(6, 1)), START)
    live.tell(fill(at(3, 0)), fill(at(5, 0)))
    assert live.engine.counters.gaps == live.engine.counters.gaps_filled == 1
    assert live.minutes() == [(0, "CLOSED", 5), (1, "FORMING", 1)]


def test_fetched_trades_that_were_there_already_are_left_out_without_a_word() -> None:
    live = Live(at(1, 0), at(2, 0), fill(at(1, 0), at(2, 0), at(3, 0)))
    assert live.engine.counters.duplicates == 0
    assert live.engine.counters.trades == 3
    assert live.engine.take_reports() == []


def test_a_gap_given_up_makes_the_touched_minutes_and_their_parents_partial() -> None:
    live = Live(at(1, 0), at(2, 1), at(9, 3), at(10, 4), at(11, 5), AbandonGap(SYMBOL))
    live.engine.tick(START + 6 * MINUTE)
    assert live.minutes() == [
        (0, "CLOSED", 1),
        (1, "PARTIAL", 1),
        (3, "PARTIAL", 1),
        (4, "CLOSED", 1),
        (5, "CLOSED", 1),
        (6, "FORMING", 0),
    ]
    assert live.seen.bars[SYMBOL, Period.M5, START].state is State.PARTIAL
    assert live.seen.bars[SYMBOL, Period.M5, START + 5 * MINUTE].state is State.FORMING
    assert live.engine.pending_gap(SYMBOL) is None
    assert live.engine.counters.gaps_abandoned == 1
    assert [span[1:5] for span in live.seen.spans.values()] == [
        (1, 2, START, START + MINUTE),
        (9, 11, START + 3 * MINUTE + 1, START + 5 * MINUTE),
    ]


def test_of_several_gaps_each_is_given_up_or_filled_by_itself() -> None:
    live = Live(at(1, 0), at(3, 0), at(5, 1), AbandonGap(SYMBOL))
    assert live.engine.waiting() == (SYMBOL,)
    live.tell(fill(at(4, 0)))
    assert live.minutes() == [(0, "PARTIAL", 3), (1, "FORMING", 1)]
    counters = live.engine.counters
    assert (counters.gaps, counters.gaps_filled, counters.gaps_abandoned) == (2, 1, 1)


def test_giving_up_where_nothing_is_held_changes_nothing() -> None:
    live = Live(at(1, 0), HoldSymbol(SYMBOL), AbandonGap(SYMBOL))
    assert live.engine.waiting() == (SYMBOL,)
    assert live.engine.take_reports() == []
    live.tell(ReleaseSymbol(SYMBOL))
    assert live.minutes() == [(0, "FORMING", 1)]


def test_minutes_that_the_clock_ended_are_suspected_when_trades_turn_out_to_be_missing() -> None:
    live = Live(at(1, 0))
    live.engine.tick(START + 3 * MINUTE)
    live.tell(at(4, 3))
    assert live.minutes() == [(0, "PARTIAL", 1), (1, "PARTIAL", 0), (2, "PARTIAL", 0), (3, "PARTIAL", 0)]
    live.tell(fill(at(2, 0), at(3, 2)))
    assert live.minutes() == [(0, "CLOSED", 2), (1, "CLOSED", 0), (2, "CLOSED", 1), (3, "FORMING", 1)]
    assert live.engine.counters.late == 2


def test_minutes_ended_since_the_seed_are_suspected_too_where_no_trade_came() -> None:
    live = Live(seeded=False)
    live.tell(SeedBars(SYMBOL, START, (bar(START - MINUTE, "5"),), None, 1))
    live.engine.tick(START + 2 * MINUTE)
    live.tell(at(3, 2))
    assert live.engine.take_reports() == [GapFound(SYMBOL)]
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, gap.held) == (1, (at(3, 2),))
    assert live.minutes() == [(0, "PARTIAL", 0), (1, "PARTIAL", 0), (2, "PARTIAL", 0)]


def test_a_confirmed_minute_is_never_suspected() -> None:
    live = Live(at(1, 0))
    live.engine.tick(START + 2 * MINUTE)
    live.seen.look()
    live.tell(AmendBar(live.seen.bars[SYMBOL, Period.M1, START]), at(4, 2))
    assert [state for _, state, _ in live.minutes()] == ["CONFIRMED", "PARTIAL", "PARTIAL"]


def test_suspected_minutes_are_whole_again_also_where_the_fill_runs_past_those_held() -> None:
    live = Live(at(1, 0))
    live.engine.tick(START + 2 * MINUTE)
    live.tell(at(3, 200), fill(at(2, 100)))
    states = {state for _, state, _ in live.minutes()}
    assert states == {"CLOSED", "FORMING"}
    assert live.seen.bars[SYMBOL, Period.M5, START].state is State.CLOSED


def test_a_gap_whose_far_end_is_late_touches_nothing_behind_it() -> None:
    live = Live(at(1, 0))
    live.engine.tick(START + 3 * MINUTE)
    live.tell(at(3, 1), AbandonGap(SYMBOL))
    live.engine.tick(START + 4 * MINUTE)
    assert live.minutes() == [
        (0, "PARTIAL", 1),
        (1, "PARTIAL", 1),
        (2, "PARTIAL", 0),
        (3, "PARTIAL", 0),
        (4, "FORMING", 0),
    ]
    live.tell(at(4, 4))
    assert [state for _, state, _ in live.minutes()] == ["PARTIAL", "PARTIAL", "CLOSED", "CLOSED", "FORMING"]


def test_a_symbol_held_has_only_partial_minutes_since_its_newest_trade() -> None:
    live = Live(at(1, 0), at(2, 1))
    live.engine.tick(START + 4 * MINUTE)
    live.tell(HoldSymbol(SYMBOL))
    states = [state for _, state, _ in live.minutes()]
    assert states == ["CLOSED", "PARTIAL", "PARTIAL", "PARTIAL", "PARTIAL"]
    live.engine.tick(START + 9 * MINUTE)
    live.tell(ReleaseSymbol(SYMBOL))
    live.engine.tick(START + 5 * MINUTE)
    states = [state for _, state, _ in live.minutes()]
    assert states == ["CLOSED", "CLOSED", "PARTIAL", "PARTIAL", "PARTIAL", "FORMING"]


def test_quiet_that_was_proved_while_a_symbol_was_held_counts_when_it_goes_on() -> None:
    live = Live(at(1, 0))
    live.engine.tick(START + 2 * MINUTE)
    live.tell(HoldSymbol(SYMBOL), QuietUntil(SYMBOL, START + 4 * MINUTE), ReleaseSymbol(SYMBOL))
    live.engine.tick(START + 5 * MINUTE)
    states = [state for _, state, _ in live.minutes()]
    assert states == ["CLOSED", "CLOSED", "CLOSED", "CLOSED", "PARTIAL", "FORMING"]


def test_without_holding_a_gap_is_stepped_over_at_once() -> None:
    made = engine(SEED, at(1, 0), at(4, 2), at(5, 3), periods=(Period.M5,))
    seen = Seen(made)
    assert made.take_reports() == []
    assert made.waiting() == ()
    assert made.counters.gaps == made.counters.gaps_abandoned == 1
    seen.look()
    assert seen.bars[SYMBOL, Period.M5, START].state is State.PARTIAL


def test_a_span_takes_back_the_quiet_time_in_which_trades_turned_out_to_be_missing() -> None:
    made = engine(SEED, at(1, 0, 5), QuietUntil(SYMBOL, START + 9 * MINUTE))
    seen = Seen(made)
    seen.look()
    assert seen.spans[SYMBOL, 1].to_ms == START + 9 * MINUTE
    made.handle(at(4, 9))
    seen.look()
    assert seen.spans[SYMBOL, 1].to_ms == START + 5


ANEW = (at(1, 30), at(2, 30, 5), at(3, 31))
"""The first trades of another contract, long after those of the one before."""


def test_ids_that_go_back_while_time_goes_on_make_the_symbol_wait_for_bars_to_begin_on() -> None:
    live = Live(*trades([START + place * MINUTE for place in range(9)], first_id=500), seeded=False)
    live.tell(SeedBars(SYMBOL, START, (), None, None))
    live.engine.tick(START + 29 * MINUTE)
    live.engine.take_reports()
    live.tell(*ANEW)
    assert live.engine.take_reports() == [NumberedAnew(ANEW[0]), GapFound(SYMBOL)]
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, gap.held) == (None, ANEW)
    assert [state for _, state, _ in live.minutes()][9:] == ["PARTIAL"] * 21
    live.tell(SeedBars(SYMBOL, START + 30 * MINUTE, (bar(START + 8 * MINUTE),), None, 1, START + 30 * MINUTE))
    live.tell(at(4, 32))
    assert live.minutes()[-3:] == [(30, "CLOSED", 2), (31, "CLOSED", 1), (32, "FORMING", 1)]
    assert live.engine.counters.duplicates == 0
    assert [span[1:3] for span in live.seen.spans.values()] == [(500, 508), (1, 4)]


def test_trades_of_the_contract_before_are_duplicates_when_they_come_again() -> None:
    old = trades([START + place * MINUTE for place in range(9)], first_id=500)
    live = Live(SeedBars(SYMBOL, START, (), None, 500), *old, *ANEW, seeded=False)
    live.tell(*old, SeedBars(SYMBOL, START + 30 * MINUTE, (), None, 1), *old, *ANEW)
    assert live.engine.waiting() == ()
    assert live.engine.counters.duplicates == 2 * len(old) + len(ANEW)


def test_a_gap_of_the_contract_before_is_given_up_when_ids_begin_anew() -> None:
    live = Live(SeedBars(SYMBOL, START, (), None, 500), at(500, 0), at(505, 1), *ANEW, seeded=False)
    assert live.engine.counters.gaps == live.engine.counters.gaps_abandoned == 1
    live.tell(SeedBars(SYMBOL, START + 30 * MINUTE, (), None, 1))
    assert live.engine.waiting() == ()
    assert live.engine.next_id(SYMBOL) == 4


def test_one_damaged_trade_does_not_begin_anything_anew() -> None:
    live = Live(SeedBars(SYMBOL, START, (), None, 500), at(500, 0), at(7, 20), at(501, 21), seeded=False)
    live.tell(at(8, 22), at(502, 23))
    assert live.engine.waiting() == ()
    assert live.minutes()[-1] == (23, "FORMING", 1)
    assert live.engine.counters.duplicates == 2
    assert live.engine.counters.trades == 3


def test_ids_may_begin_anew_in_the_next_minute() -> None:
    live = Live(SeedBars(SYMBOL, START, (), None, 500), at(500, 0, 59_000), at(1, 1, 100), at(2, 1, 200), seeded=False)
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, [trade.aggregate_id for trade in gap.held]) == (None, [1, 2])


def test_ids_that_begin_anew_out_of_order_are_believed_all_the_same() -> None:
    live = Live(SeedBars(SYMBOL, START, (), None, 500), at(500, 0), at(3, 30), at(1, 30), at(2, 30), seeded=False)
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert [trade.aggregate_id for trade in gap.held] == [1, 2, 3]


def test_in_files_a_run_begins_with_the_first_of_the_ids_that_went_back() -> None:
    made = engine(SEED, periods=(Period.M5,))
    seen = Seen(made)
    for trade_ in (at(1, 0), at(2, 1), at(3, 2), at(1, 30), at(2, 31), at(3, 32)):
        made.handle(trade_)
    seen.look()
    ones = sorted((bar for bar in seen.bars.values() if bar.period is Period.M1), key=lambda bar: bar.open_ms)
    found = [((bar.open_ms - START) // MINUTE, bar.state.name) for bar in ones]
    assert found == [(0, "CLOSED"), (1, "CLOSED"), (2, "PARTIAL"), (30, "PARTIAL"), (31, "CLOSED"), (32, "FORMING")]
    assert made.counters.duplicates == made.counters.gaps == 0
    assert made.counters.trades == 6
    assert [report.trade.aggregate_id for report in made.take_reports()] == [1]  # type: ignore[union-attr]


def test_a_first_trade_ahead_of_everything_waits_for_its_seed() -> None:
    live = Live(at(70, 2, 9), at(71, 2, 10), seeded=False)
    assert live.engine.take_reports() == [GapFound(SYMBOL)]
    assert live.engine.pending_gap(SYMBOL) == PendingGap(None, (at(70, 2, 9), at(71, 2, 10)), None, 0)
    assert live.engine.counters.gaps == 0
    live.tell(SeedBars(SYMBOL, START + 2 * MINUTE, (bar(START + MINUTE),), None, 68))
    assert live.engine.take_reports() == [GapFound(SYMBOL)]
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, gap.held[0].aggregate_id) == (68, 70)
    live.tell(fill(at(69, 2), at(68, 2)))
    assert live.minutes() == [(2, "FORMING", 4)]
    assert live.engine.counters.gaps == live.engine.counters.gaps_filled == 0
    assert live.engine.pending_gap(SYMBOL) is None


def test_a_seed_without_an_id_takes_the_first_held_trade_as_it_is() -> None:
    live = Live(at(70, 2, 9), at(71, 2, 10), seeded=False)
    live.tell(SeedBars(SYMBOL, START + 2 * MINUTE, (bar(START + MINUTE),), None, None))
    assert live.engine.waiting() == ()
    assert live.minutes() == [(2, "PARTIAL", 2)]
    assert live.engine.next_id(SYMBOL) == 72


def test_a_seed_without_an_id_takes_the_first_trade_to_come() -> None:
    live = Live(HoldSymbol(SYMBOL), seeded=False)
    live.tell(SeedBars(SYMBOL, START, (), None, None), at(5, 0), at(6, 0))
    assert live.minutes() == [(0, "PARTIAL", 2)]
    assert live.engine.counters.gaps == 0


def test_a_seed_forgets_held_trades_it_has_already() -> None:
    live = Live(at(70, 0), at(71, 0), at(75, 1), seeded=False)
    live.tell(
        SeedBars(SYMBOL, START, (), bar(START, trade_count=9, state=State.FORMING), 73), fill(at(73, 0), at(74, 0))
    )
    assert live.minutes() == [(0, "CLOSED", 11), (1, "FORMING", 1)]


def test_a_gap_shows_both_its_sides() -> None:
    live = Live(at(1, 0, 5), at(4, 1), at(3, 0, 9))
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert (gap.next_id, gap.held, gap.traded_ms) == (2, (at(3, 0, 9), at(4, 1)), START + 5)
    assert gap.minute == current_bars(live.engine)[Period.M1]


def test_an_unseen_symbol_given_up_begins_with_what_came() -> None:
    live = Live(*trades([START + 5, START + MINUTE], first_id=70), AbandonGap(SYMBOL), seeded=False)
    assert [(minute, state) for minute, state, _ in live.minutes()] == [(0, "PARTIAL"), (1, "FORMING")]
    assert live.engine.counters.gaps_abandoned == 0


def test_a_seed_while_running_ends_the_run_before_it() -> None:
    live = Live(at(1, 0, 5), at(2, 0, 6))
    live.tell(SeedBars(SYMBOL, START + 5 * MINUTE, (), None, 9))
    live.tell(at(9, 5))
    live.seen.look()
    assert [span[1:5] for span in live.seen.spans.values()] == [
        (1, 2, START, START + 6),
        (9, 9, START + 5 * MINUTE, START + 5 * MINUTE),
    ]


def test_a_missing_trade_too_old_for_the_held_minutes_is_counted() -> None:
    live = Live(at(1, 0))
    live.engine.tick(START + 99 * MINUTE)
    live.tell(at(3, 99), fill(at(2, 0)))
    assert live.engine.counters.too_late == 1
    assert live.engine.waiting() == ()


def test_fetched_trades_for_a_symbol_that_was_never_seen_wait_for_a_seed() -> None:
    live = Live(fill(at(4, 0), at(5, 0)), seeded=False)
    assert live.engine.take_reports() == [GapFound(SYMBOL)]
    assert live.engine.pending_gap(SYMBOL) == PendingGap(None, (at(4, 0), at(5, 0)), None, 0)
    assert live.minutes() == []


def test_larger_bars_that_a_gap_jumped_out_of_are_given_out_as_partial() -> None:
    live = Live(at(1, 0), at(3, 7), AbandonGap(SYMBOL))
    live.seen.look()
    assert live.seen.ended[SYMBOL, Period.M5, START].state is State.PARTIAL
    assert live.seen.ended[SYMBOL, Period.M5, START].trade_count == 1


def test_a_gap_given_up_before_any_price_was_known_makes_no_bars_without_prices() -> None:
    live = Live(seeded=False)
    live.tell(SeedBars(SYMBOL, START + MINUTE, (), None, 1), at(5, 9), AbandonGap(SYMBOL))
    live.seen.look()
    assert live.minutes() == [(9, "PARTIAL", 1)]
    assert [(bar.open_ms, bar.state) for bar in snapshot(live.engine, (Period.M5,))] == [
        (START + 5 * MINUTE, State.PARTIAL)
    ]
    assert live.seen.ended == {}


def test_a_symbol_seeded_without_an_id_goes_on_as_it_was_when_it_is_released() -> None:
    live = Live(SeedBars(SYMBOL, START, (bar(START - MINUTE, "5"),), None, None), HoldSymbol(SYMBOL), seeded=False)
    assert live.engine.waiting() == (SYMBOL,)
    live.tell(ReleaseSymbol(SYMBOL))
    assert live.engine.waiting() == ()
    assert live.minutes() == [(0, "PARTIAL", 0)]


def test_a_symbol_held_before_anything_is_known_waits_until_it_is_released() -> None:
    live = Live(HoldSymbol(SYMBOL), seeded=False)
    assert live.engine.waiting() == (SYMBOL,)
    assert live.engine.pending_gap(SYMBOL) == PendingGap(None, (), None, 0)
    live.tell(ReleaseSymbol(SYMBOL))
    assert live.engine.waiting() == ()
    live.tell(at(5, 0))
    assert live.engine.waiting() == (SYMBOL,)


def test_trades_that_wait_are_bounded_the_newest_are_kept_and_what_went_is_fetched_like_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sequence, "MOST_HELD", 100)
    live = Live(at(1, 0))
    for number in range(3, 1_000):
        live.tell(at(number, 0))
        assert live.engine.held_trades() <= 100
    gap = live.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert gap.held[-1].aggregate_id == 999
    assert live.engine.counters.held_cut == 997 - len(gap.held) > 800
    live.tell(fill(*(at(number, 0) for number in range(2, gap.held[0].aggregate_id))))
    assert live.engine.counters.trades == 999
    assert live.engine.waiting() == ()


def test_a_storm_over_many_symbols_is_bounded_in_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuity, "MOST_HELD_IN_SUM", 500)
    live = KlineEngine((), holds_gaps=True)
    symbols = [f"X{number}USDT" for number in range(50)]
    for symbol in symbols:
        live.handle(AddSymbol(symbol, 0))
    for number in range(1, 101):
        live.take([trade(number, START + number, symbol=symbol) for symbol in symbols])
        assert live.held_trades() <= 500
    assert live.counters.held_cut + live.held_trades() == 5_000
    assert set(live.waiting()) == set(symbols)


def test_the_memory_of_trades_that_waited_is_given_back() -> None:
    live = Live(at(1, 0), *(at(number, 0) for number in range(3, 3_000)))
    held = live.engine._states[SYMBOL].held
    assert sys.getsizeof(held) > 50_000
    live.tell(fill(at(2, 0)))
    assert live.engine.counters.trades == 2_999
    assert sys.getsizeof(live.engine._states[SYMBOL].held) < 1_000


def test_what_is_held_now_is_counted_before_anything_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps that were filled meanwhile hold nothing any more, however many there were."""
    monkeypatch.setattr(continuity, "MOST_HELD_IN_SUM", 4)
    live = Live()
    for missing in range(1, 21, 2):
        live.tell(trade(missing + 1, START + missing + 1), MissingTrades(SYMBOL, (trade(missing, START + missing),)))
    assert live.engine.counters.held_cut == 0
    assert live.engine.counters.gaps_filled == 10


def test_many_trades_whose_ids_go_back_one_by_one_are_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuity, "_MOST_DOUBTED", 2)
    live = Live(*trades(range(START, START + 200)))
    later = START + 5 * MINUTE
    live.tell(*(trade(aggregate_id, later + aggregate_id) for aggregate_id in (10, 20, 30, 40)))
    assert live.engine.counters.duplicates == 3
    assert not [report for report in live.engine.take_reports() if isinstance(report, NumberedAnew)]


def test_what_is_proved_quiet_before_any_price_is_known_makes_no_bar() -> None:
    live = Live(seeded=False)
    live.tell(SeedBars(SYMBOL, START, (), None, 1), QuietUntil(SYMBOL, START + 3 * MINUTE))
    assert snapshot(live.engine, (Period.M1,)) == ()
