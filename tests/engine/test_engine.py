from __future__ import annotations

from dataclasses import dataclass

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import (
    AddSymbol,
    AggTrade,
    AmendBar,
    HoldSymbol,
    MissingTrades,
    QuietUntil,
    ReleaseSymbol,
    SeedBars,
    TradeRejected,
    TradeSum,
    TradeTooLate,
)
from klagg_tui.engine.period import DAY_MS, Period
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, Seen, bar, current_bars, engine, snapshot, trade, trades


def minutes(made: KlineEngine, seen: Seen | None = None) -> list[tuple[int, str, int]]:
    """Ended and forming minutes a reader was given: minute, state, number of fills."""
    seen = seen or Seen(made)
    seen.look()
    ones = sorted((bar for bar in seen.bars.values() if bar.period is Period.M1), key=lambda bar: bar.open_ms)
    return [((bar.open_ms - START) // MINUTE, bar.state.name, bar.trade_count) for bar in ones]


@dataclass
class Watched:
    """An engine and a reader that was there from the beginning."""

    engine: KlineEngine
    seen: Seen

    def tell(self, *events: object) -> None:
        for event in events:
            self.engine.handle(event)  # type: ignore[arg-type]

    @property
    def minutes(self) -> list[tuple[int, str, int]]:
        return minutes(self.engine, self.seen)


def watched(
    *events: object, periods: tuple[Period, ...] = (), held_minutes: int = 64, first_open_ms: int = 0
) -> Watched:
    made = engine(periods=periods, held_minutes=held_minutes, first_open_ms=first_open_ms)
    both = Watched(made, Seen(made))
    both.tell(*events)
    return both


def seed(next_id: int | None = 1, at_ms: int = START, *ended: Bar, forming: Bar | None = None) -> SeedBars:
    return SeedBars(SYMBOL, at_ms, ended, forming, next_id)


def test_a_bar_has_every_field_of_its_trades() -> None:
    made = engine(
        trade(1, START + 1, "10.5", "2", buyer_maker=True, fills=2),
        trade(2, START + 2, "12", "0.5", fills=3),
        trade(3, START + 3, "9.25", "0.00000001", buyer_maker=True),
        trade(4, START + 59_999, "10", "1000000000000"),
    )
    assert current_bars(made)[Period.M1] == Bar(
        SYMBOL,
        Period.M1,
        START,
        parsing.price("10.5"),
        parsing.price("12"),
        parsing.price("9.25"),
        parsing.price("10"),
        parsing.quantity("1000000000002.50000001"),
        parsing.turnover("10000000000027.0000000925"),
        7,
        parsing.quantity("1000000000000.5"),
        parsing.turnover("10000000000006"),
        State.PARTIAL,
    )
    assert made.traded_ms(SYMBOL) == START + 59_999
    assert made.next_id(SYMBOL) == 5


def test_the_minute_is_kept_where_it_was_not_asked_for_and_the_periods_come_sorted() -> None:
    assert engine(periods=(Period.W1, Period.M5)).periods == (Period.M1, Period.M5, Period.W1)
    assert KlineEngine(holds_gaps=True).periods[-1] is Period.W1


def test_a_change_of_tick_size_changes_nothing() -> None:
    coarse = engine(trade(1, START, "1.5", "1"), trade(2, START, "1.6", "10"))
    fine = engine(trade(1, START, "1.50000000", "1.00000"), trade(2, START, "1.60000", "10.0"))
    assert snapshot(coarse) == snapshot(fine)
    fine.handle(trade(3, START, "1.60000001", "0.00000001"))
    assert snapshot(fine)[0].high == parsing.price("1.60000001")


def test_quiet_minutes_are_flat_at_the_close_before_them() -> None:
    made = watched(*trades([START, START + 3 * MINUTE]))
    made.seen.look()
    closes = [one.close for key, one in sorted(made.seen.ended.items(), key=lambda item: item[0][2])]
    quiet = made.seen.ended[SYMBOL, Period.M1, START + MINUTE]
    assert made.minutes == [(0, "PARTIAL", 2), (1, "CLOSED", 0), (2, "CLOSED", 0), (3, "FORMING", 3)]
    assert quiet[3:12] == (closes[0],) * 4 + (0, 0, 0, 0, 0)


def test_the_first_minute_of_a_file_is_partial_unless_it_is_known_to_be_whole() -> None:
    assert watched(*trades([START, START + MINUTE])).minutes[0] == (0, "PARTIAL", 1 + 1)
    assert watched(seed(), *trades([START, START + MINUTE])).minutes[0] == (0, "CLOSED", 2)


def test_a_duplicate_is_ignored_and_counted() -> None:
    made = watched(trade(5), trade(5), trade(4), trade(6), trade(6))
    assert made.minutes == [(0, "PARTIAL", 2)]
    assert made.engine.counters.duplicates == 3


def test_a_late_trade_goes_to_its_own_minute_and_the_flat_ones_behind_it_follow() -> None:
    made = watched(seed(), trade(1, START, "5"), periods=(Period.M5,))
    made.engine.tick(START + 3 * MINUTE)
    made.seen.look()
    made.tell(trade(2, START + MINUTE, "7", "2"))
    assert made.minutes == [(0, "CLOSED", 1), (1, "CLOSED", 1), (2, "PARTIAL", 0), (3, "FORMING", 0)]
    bars = made.seen.bars
    assert [bars[SYMBOL, Period.M1, START + place * MINUTE].close for place in range(4)] == [
        parsing.price(price) for price in ("5", "7", "7", "7")
    ]
    assert bars[SYMBOL, Period.M5, START].high == parsing.price("7")
    assert made.engine.counters.late == 1
    assert made.engine.counters.too_late == 0


def test_a_late_trade_leaves_the_open_of_a_forming_minute_with_trades_alone() -> None:
    made = watched(seed(), trade(1, START, "5"), trade(2, START + MINUTE, "6"), trade(3, START, "7"))
    assert current_bars(made.engine)[Period.M1].open == parsing.price("6")


def test_a_trade_whose_minute_is_no_longer_held_is_reported_and_counted_as_that_alone() -> None:
    late = trade(4, START)
    made = watched(*trades([START, START + MINUTE, START + 9 * MINUTE]), late, held_minutes=3)
    assert made.engine.counters.too_late == 1
    assert made.engine.counters.late == 0
    assert made.engine.take_reports() == [TradeTooLate(late)]
    assert made.engine.take_reports() == []
    made.tell(trade(5, START + 9 * MINUTE))
    assert made.engine.counters.gaps == 0


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (trade(2, price="0.00"), "price is not positive"),
        (trade(2, quantity="0"), "quantity is not positive"),
        (trade(2, price="-1"), "'-1' is not a number"),
        (trade(2, price="-1", quantity="-1"), "'-1' is not a number"),
        (trade(2, quantity="inf"), "'inf' is not a number"),
        (trade(2, price="nan"), "'nan' is not a number"),
        (trade(2, price=""), "'' is not a number"),
        (trade(2, price="1e3"), "'1e3' is not a number"),
        (trade(2, quantity="0.000000001"), "'0.000000001' has more than 8 decimals"),
        (trade(2)._replace(traded_ms=-1), "time or id is negative"),
        (trade(2)._replace(aggregate_id=-1), "time or id is negative"),
        (trade(2)._replace(last_trade_id=0), "trade ids run backwards"),
        (trade(2, START + 367 * DAY_MS), "time is more than a year ahead"),
        (trade(2, START * 1000), "time is more than a year ahead"),
    ],
)
def test_a_trade_that_cannot_be_is_rejected_by_name_and_changes_nothing(bad: AggTrade, reason: str) -> None:
    made = engine(trade(1))
    before = snapshot(made)
    made.handle(bad)
    made.handle(MissingTrades(SYMBOL, (bad,)))
    assert made.take_reports() == [TradeRejected(bad, reason)] * 2
    assert made.counters.rejected == 2
    assert snapshot(made) == before
    made.handle(trade(2))
    assert made.counters.trades == 2


def test_a_negative_id_is_rejected_also_where_any_first_id_is_welcome() -> None:
    made = engine(seed(None, START, forming=bar(START)))
    made.handle(trade(-1))
    assert [type(report) for report in made.take_reports()] == [TradeRejected]


def test_unknown_symbols_are_counted_whatever_is_said_of_them() -> None:
    made = engine()
    for event in [trade(symbol="NONE"), HoldSymbol("NONE"), SeedBars("NONE", START, (), None, 1)]:
        made.handle(event)  # type: ignore[arg-type]
    made.handle(AmendBar(bar(symbol="NONE")))
    assert made.counters.unknown_symbol == 3
    assert made.take_reports() == []
    assert made.counters.equal == made.counters.amended == 0
    assert current_bars(made, "NONE") == {}
    assert made.traded_ms("NONE") == 0
    assert made.next_id("NONE") is None
    assert made.pending_gap("NONE") is None


def test_a_followed_symbol_without_trades_has_no_bars() -> None:
    made = engine()
    made.tick(START)
    assert snapshot(made) == ()
    assert current_bars(made) == {}
    assert made.next_id(SYMBOL) is None


def test_the_clock_ends_minutes_that_nobody_trades_in() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.M5,))
    made.engine.tick(START + MINUTE - 1)
    assert made.minutes == [(0, "FORMING", 1)]
    made.engine.tick(START + MINUTE)
    assert made.minutes == [(0, "CLOSED", 1), (1, "FORMING", 0)]
    made.engine.tick(START + 5 * MINUTE)
    assert made.seen.bars[SYMBOL, Period.M5, START].state is State.FORMING
    assert made.minutes == [(0, "CLOSED", 1), *((place, "PARTIAL", 0) for place in range(1, 5)), (5, "FORMING", 0)]
    assert made.seen.bars[SYMBOL, Period.M5, START].state is State.PARTIAL


def test_minutes_without_trades_are_closed_once_the_next_trade_proves_that_they_were_quiet() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.M5,))
    made.engine.tick(START + 6 * MINUTE)
    made.tell(trade(2, START + 6 * MINUTE + 1))
    assert made.minutes == [(0, "CLOSED", 1), *((place, "CLOSED", 0) for place in range(1, 6)), (6, "FORMING", 1)]
    assert made.seen.bars[SYMBOL, Period.M5, START].state is State.CLOSED


def test_minutes_without_trades_are_closed_as_far_as_something_else_proves_that_they_were_quiet() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.M5,))
    made.engine.tick(START + 5 * MINUTE)
    made.tell(QuietUntil(SYMBOL, START + 3 * MINUTE))
    states = ["CLOSED"] * 3 + ["PARTIAL"] * 2 + ["FORMING"]
    assert [state for _, state, _ in made.minutes] == states
    assert made.seen.bars[SYMBOL, Period.M5, START].state is State.PARTIAL
    assert made.seen.spans[SYMBOL, 1].to_ms == START + 3 * MINUTE
    made.tell(QuietUntil(SYMBOL, START + 5 * MINUTE))
    assert made.seen.look().ended[-1].state is State.CLOSED


def test_the_exchanges_own_bar_settles_a_minute_without_trades() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.M5,))
    made.engine.tick(START + 5 * MINUTE)
    made.seen.look()
    for place in range(1, 5):
        made.tell(AmendBar(made.seen.bars[SYMBOL, Period.M1, START + place * MINUTE]))
    assert {state for place, state, _ in made.minutes if 0 < place < 5} == {"CONFIRMED"}
    assert made.seen.bars[SYMBOL, Period.M5, START].state is State.CLOSED


def test_larger_bars_under_way_over_a_minute_without_trades_are_not_shown_as_partial() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.M5, Period.H1))
    made.engine.tick(START + 7 * MINUTE)
    assert {bar.state for bar in current_bars(made.engine).values()} == {State.FORMING}


def test_a_rest_of_hours_is_proved_by_the_trade_that_ends_it_however_few_minutes_are_held() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.H1, Period.D1))
    for minute in range(1, 5 * 60 + 1):
        made.engine.tick(START + minute * MINUTE)
    made.tell(trade(2, START + 5 * HOUR + 1))
    assert {state for place, state, _ in made.minutes if place < 300} == {"CLOSED"}
    assert {made.seen.bars[SYMBOL, Period.H1, START + hour * HOUR].state for hour in range(5)} == {State.CLOSED}
    assert current_bars(made.engine)[Period.D1].state is State.FORMING


def test_after_a_rest_that_no_symbol_takes_the_next_id_proves_nothing_about_the_time_between() -> None:
    made = watched(seed(), trade(1, START), trade(2, START + DAY + 2 * MINUTE), trade(3, START + DAY + 3 * MINUTE))
    assert [place for place, _, _ in made.minutes] == [0, 24 * 60 + 2, 24 * 60 + 3]
    assert [state for _, state, _ in made.minutes] == ["PARTIAL", "PARTIAL", "FORMING"]
    assert [span[1:3] for span in made.seen.spans.values()] == [(1, 1), (2, 3)]
    assert made.engine.counters.gaps == 0


def test_the_clock_does_not_run_before_the_first_price() -> None:
    made = watched(seed())
    made.engine.tick(START + 3 * MINUTE)
    made.tell(trade(1, START + 2 * MINUTE))
    assert made.minutes == [(2, "FORMING", 1)]
    assert made.engine.counters.too_late == 0


def test_a_listing_whose_first_minute_was_not_heard_leaves_larger_bars_partial() -> None:
    unheard = SeedBars(SYMBOL, START, (), None, 4, START + MINUTE + 10)
    heard = [trade(4 + number, START + (1 + number) * MINUTE + 9) for number in range(5)]
    made = watched(unheard, *heard, periods=(Period.M5,), first_open_ms=START)
    for minute in [one for one in made.seen.look().ended if one.period is Period.M1]:
        made.tell(AmendBar(minute._replace(state=State.CONFIRMED)))
    made.seen.look()
    assert made.seen.ended[SYMBOL, Period.M1, START + MINUTE].state is State.CONFIRMED
    assert made.seen.ended[SYMBOL, Period.M5, START].state is State.PARTIAL


def test_a_listing_opens_whole_larger_bars() -> None:
    listed_ms = START + 2 * MINUTE
    made = watched(
        SeedBars(SYMBOL, listed_ms, (), None, 1),
        trade(1, listed_ms + 5),
        periods=tuple(Period),
        first_open_ms=listed_ms,
    )
    assert {one.state for one in snapshot(made.engine)} == {State.FORMING}
    assert {one.open_ms for one in snapshot(made.engine, (Period.M5, Period.H1))} == {START}


def test_a_seed_from_the_middle_of_larger_bars_makes_them_partial() -> None:
    made = engine(seed(1, START + 2 * MINUTE), trade(1, START + 2 * MINUTE), periods=(Period.M5, Period.H1))
    assert [one.state.name for one in snapshot(made)] == ["FORMING", "PARTIAL", "PARTIAL"]


def test_a_seed_stands_on_the_close_before_it_and_goes_on_from_its_forming_minute() -> None:
    before = bar(START - MINUTE, close="55", open="54", state=State.CONFIRMED)
    made = engine(seed(1, START, before))
    assert current_bars(made)[Period.M1][3:8] == (parsing.price("55"),) * 4 + (0,)
    forming = bar(START, "50", volume="2", state=State.FORMING)
    made.handle(seed(7, START, before, forming=forming))
    made.handle(trade(7, START + 9, "60"))
    assert current_bars(made)[Period.M1].volume == parsing.quantity("3")
    assert current_bars(made)[Period.M1].state is State.FORMING
    assert current_bars(made)[Period.M1].open == parsing.price("50")


def test_a_forming_minute_without_trades_opens_at_its_first_one() -> None:
    quiet = empty_bar(SYMBOL, Period.M1, START, parsing.price("7"), State.FORMING)
    made = engine(seed(1, START, forming=quiet), trade(1, START + 5, "90"))
    minute = current_bars(made)[Period.M1]
    assert minute[3:7] == (parsing.price("90"),) * 4
    assert current_bars(engine(seed(1, START, forming=quiet)))[Period.M1] == quiet


def test_the_newest_close_counts_however_the_seeds_bars_are_ordered() -> None:
    hour = bar(START - HOUR, "40", close="41", period=Period.H1)
    made = engine(seed(1, START, bar(START - MINUTE, "55"), bar(START - 2 * MINUTE, "54"), hour))
    assert current_bars(made)[Period.M1].close == parsing.price("55")


def test_a_forming_minute_that_is_partial_stays_so_and_the_next_is_whole() -> None:
    forming = bar(START, state=State.PARTIAL)
    made = watched(seed(7, START, forming=forming), trade(7, START + 9), trade(8, START + MINUTE))
    made.engine.tick(START + 2 * MINUTE)
    assert made.minutes == [(0, "PARTIAL", 2), (1, "CLOSED", 1), (2, "FORMING", 0)]


def test_a_forming_minute_without_a_known_id_behind_it_is_partial() -> None:
    made = watched(seed(None, START, forming=bar(START, state=State.FORMING)), trade(7, START + 9))
    made.engine.tick(START + 2 * MINUTE)
    assert made.minutes == [(0, "PARTIAL", 2), (1, "PARTIAL", 0), (2, "FORMING", 0)]


def test_a_seed_may_know_of_more_than_its_ids_say() -> None:
    known = SeedBars(SYMBOL, START, (), None, None, known_from_ms=START)
    made = watched(known, trade(7, START + 9))
    made.engine.tick(START + MINUTE)
    assert made.minutes == [(0, "CLOSED", 1), (1, "FORMING", 0)]


def test_a_partial_forming_minute_is_partial_whatever_else_the_seed_knows() -> None:
    known = SeedBars(SYMBOL, START, (), bar(START, state=State.PARTIAL), 7, known_from_ms=START)
    assert watched(known).minutes == [(0, "PARTIAL", 1)]


def test_an_equal_bar_of_the_exchange_confirms_ours_and_another_takes_its_place() -> None:
    made = watched(seed(), *trades([START, START + MINUTE, START + 2 * MINUTE]), periods=(Period.M3, Period.M5))
    made.seen.look()
    first, second = (made.seen.bars[SYMBOL, Period.M1, START + place * MINUTE] for place in (0, 1))
    theirs = second._replace(volume=second.volume + 1)
    made.tell(AmendBar(first), AmendBar(theirs), AmendBar(bar(START + 2 * MINUTE)), AmendBar(bar(START - MINUTE)))
    assert made.engine.counters.equal == 1
    assert made.engine.counters.amended == 1
    made.seen.look()
    assert made.seen.bars[SYMBOL, Period.M1, START].state is State.CONFIRMED
    assert made.seen.bars[SYMBOL, Period.M1, START + MINUTE] == theirs._replace(state=State.CONFIRMED)
    assert current_bars(made.engine)[Period.M5].volume == first.volume + theirs.volume + parsing.quantity(
        trades([0, 0, 0])[2].quantity
    )


def test_a_bar_of_another_period_never_takes_a_minutes_place() -> None:
    made = watched(seed(), *trades([START, START + MINUTE]))
    made.tell(AmendBar(bar(START, period=Period.M5)))
    assert made.engine.counters.amended == 0
    assert made.minutes[0] == (0, "CLOSED", 2)


def test_a_late_trade_does_not_count_twice_in_a_minute_of_the_exchanges_own() -> None:
    made = watched(seed(), *trades([START, START + MINUTE]))
    theirs = bar(START, "9", volume="77", state=State.CONFIRMED)
    made.tell(AmendBar(theirs), trade(3, START + 5, "8"))
    made.seen.look()
    assert made.seen.bars[SYMBOL, Period.M1, START] == theirs


def test_an_amended_close_moves_the_flat_minutes_behind_it_up_to_a_confirmed_one() -> None:
    made = watched(seed(), trade(1, START, "5"), periods=(Period.M5,))
    made.engine.tick(START + 4 * MINUTE)
    made.seen.look()
    made.tell(AmendBar(made.seen.bars[SYMBOL, Period.M1, START + 2 * MINUTE]))
    made.tell(AmendBar(bar(START, "5", close="6")))
    made.seen.look()
    closes = [made.seen.bars[SYMBOL, Period.M1, START + place * MINUTE].close for place in range(5)]
    assert closes == [parsing.price(price) for price in ("6", "6", "5", "5", "5")]
    made.tell(AmendBar(bar(START + 3 * MINUTE, "7")))
    assert current_bars(made.engine)[Period.M1].close == parsing.price("7")


def test_holding_and_releasing_shows_partial_only_as_long_as_it_lasts() -> None:
    made = watched(seed(), trade(1, START), periods=(Period.M5,))
    made.tell(HoldSymbol(SYMBOL))
    assert made.engine.waiting() == (SYMBOL,)
    assert {one.state for one in snapshot(made.engine)} == {State.PARTIAL}
    made.engine.tick(START + 9 * MINUTE)
    assert made.minutes == [(0, "PARTIAL", 1)]
    made.tell(ReleaseSymbol(SYMBOL))
    made.engine.tick(START + MINUTE)
    assert made.engine.waiting() == ()
    assert made.minutes == [(0, "CLOSED", 1), (1, "FORMING", 0)]
    assert made.engine.take_reports() == []


def test_a_trade_that_comes_next_proves_that_nothing_was_missing_while_holding() -> None:
    made = watched(seed(), trade(1, START), HoldSymbol(SYMBOL), trade(2, START + 5))
    assert made.engine.waiting() == ()
    assert made.minutes == [(0, "FORMING", 2)]


def test_the_bars_of_one_symbol_never_touch_anothers() -> None:
    made = engine(AddSymbol("ETHUSDT", 0), trade(1))
    before = current_bars(made)
    for one in trades([START, START + MINUTE, START], symbol="ETHUSDT"):
        made.handle(one)
    assert current_bars(made) == before


def test_the_three_day_anchor_belongs_to_the_symbol() -> None:
    made = KlineEngine((Period.D3,), holds_gaps=False)
    for anchor in (0, 1, 2):
        made.handle(AddSymbol(f"S{anchor}", 0, anchor))
        made.handle(trade(symbol=f"S{anchor}"))
    assert [one.open_ms // DAY_MS % 3 for one in snapshot(made, (Period.D3,))] == [0, 1, 2]


def test_a_clock_that_is_far_ahead_is_worked_off_in_parts_and_comes_to_the_same_bars() -> None:
    at_once, in_parts = watched(seed(), trade(1)), watched(seed(), trade(1))
    for made in (at_once, in_parts):
        made.engine.handle(AddSymbol("ETHUSDT", 0))
        made.engine.handle(SeedBars("ETHUSDT", START, (), None, 1))
        made.engine.handle(trade(1, symbol="ETHUSDT"))
    assert not at_once.engine.tick(START + 1_000 * MINUTE)
    calls = 1
    while in_parts.engine.tick(START + 1_000 * MINUTE, 300):
        calls += 1
        assert len(minutes(in_parts.engine, in_parts.seen)) <= 300 * calls + 2
    assert calls == 7
    assert in_parts.minutes == at_once.minutes


def test_a_tick_of_nothing_to_do_leaves_nothing() -> None:
    made = watched(seed(), trade(1))
    assert not made.engine.tick(START + MINUTE - 1, 1)
    assert not made.engine.tick(START + MINUTE, 1)


@pytest.mark.parametrize("ahead_ms", [DAY_MS, 300 * DAY_MS, 11_000])
def test_a_trade_ahead_of_the_exchanges_clock_is_rejected_by_name_and_costs_no_other_trade(ahead_ms: int) -> None:
    made = watched(seed())
    now_ms = START + 55_000
    made.engine.latest_ms = now_ms + 10_000
    made.tell(*trades([START, START + 1_000]), trade(3, now_ms + ahead_ms))
    (report,) = made.engine.take_reports()
    assert isinstance(report, TradeRejected)
    assert "ahead of the exchange's clock" in report.reason
    made.tell(*[trade(number, START + number * 10) for number in range(3, 313)])
    assert made.engine.counters.trades == 312
    assert made.engine.counters.too_late == 0


def test_a_fetched_trade_ahead_of_the_clock_is_rejected_too() -> None:
    live = engine(seed(), trade(1), trade(3), holds_gaps=True)
    live.latest_ms = START + 10_000
    live.handle(MissingTrades(SYMBOL, (trade(2, START + DAY_MS),)))
    assert live.counters.rejected == 1
    assert live.next_id(SYMBOL) == 2


def test_reports_of_single_trades_are_bounded_while_nobody_takes_them() -> None:
    live = engine(seed(), holds_gaps=True)
    for first in range(1, 30_000, 1_000):
        live.handle(MissingTrades(SYMBOL, tuple(trade(first + at, price="nan") for at in range(1_000))))
    assert live.counters.rejected == 30_000
    assert len(live.take_reports()) <= 1_000


class Compared(int):
    """A time that counts how often it was compared."""

    times = 0

    def __lt__(self, other: int) -> bool:
        Compared.times += 1
        return int(self) < other


def test_many_symbols_that_join_at_once_are_put_in_order_once() -> None:
    made = KlineEngine((), holds_gaps=True)
    for place in range(2_000):
        made.handle(AddSymbol(f"X{place}USDT", Compared(place)))
    assert len(made.symbols()) == len(made.symbols()) == 2_000
    assert Compared.times < 20 * 2_000


def summed(made: list[AggTrade]) -> TradeSum:
    amounts = [one.amounts() for one in made]
    prices = [price for price, _ in amounts]
    bought = [pair for one, pair in zip(made, amounts, strict=True) if not one.is_buyer_maker]
    sold = [pair for one, pair in zip(made, amounts, strict=True) if one.is_buyer_maker]
    return TradeSum(
        SYMBOL,
        made[0].aggregate_id,
        made[-1].aggregate_id,
        made[0].traded_ms,
        made[-1].traded_ms,
        max(prices),
        min(prices),
        prices[-1],
        sum(one.last_trade_id - one.first_trade_id + 1 for one in made),
        sum(size for _, size in bought),
        sum(price * size for price, size in bought),
        sum(size for _, size in sold),
        sum(price * size for price, size in sold),
    )


def test_trades_that_were_added_up_give_what_they_give_one_by_one() -> None:
    made = trades(range(START, START + MINUTE, 500))
    one_by_one, added_up = watched(seed()), watched(seed())
    one_by_one.engine.take(made)
    added_up.engine.take(made[:1])
    assert added_up.engine.take_sum(summed(made[1:50]))
    assert current_bars(added_up.engine) != current_bars(one_by_one.engine)
    assert added_up.engine.take_sum(summed(made[50:]))
    assert current_bars(added_up.engine) == current_bars(one_by_one.engine)
    assert snapshot(added_up.engine) == snapshot(one_by_one.engine)
    assert (added_up.engine.next_id(SYMBOL), added_up.engine.traded_ms(SYMBOL)) == (
        made[-1].aggregate_id + 1,
        made[-1].traded_ms,
    )
    assert added_up.engine.counters == one_by_one.engine.counters


def test_what_is_not_next_in_the_minute_under_way_is_not_added_up() -> None:
    made = trades(range(START, START + 2 * MINUTE, 1_000))
    it = watched(seed())
    assert not it.engine.take_sum(summed(made[:5])), "which price opens the minute is not in a sum"
    it.engine.take(made[:5])
    before = snapshot(it.engine)
    assert not it.engine.take_sum(summed(made[6:9])), "a trade is missing"
    assert not it.engine.take_sum(summed(made[3:9])), "two are there already"
    assert not it.engine.take_sum(summed(made[5:70])), "another minute"
    assert not it.engine.take_sum(summed(made[5:9])._replace(symbol="OTHER"))
    it.tell(HoldSymbol(SYMBOL))
    assert not it.engine.take_sum(summed(made[5:9]))
    it.tell(ReleaseSymbol(SYMBOL))
    assert snapshot(it.engine) == before
    assert it.engine.take_sum(summed(made[5:9]))
