"""Bars from before a symbol that runs: its larger bars become whole by them, and nothing else changes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AbandonGap, AddSymbol, AmendBar, EarlierBars, HoldSymbol, SeedBars
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.rollup import BarCover
from tests.flows import HELD, flows, following, kinds, law, seed
from tests.makers import HOUR, MINUTE, START, SYMBOL, Seen, bar, bars, current_bars, engine, from_deal, snapshot, trade
from tests.oracle import Deal

PERIODS = (Period.M5, Period.H1, Period.D1)
BEGUN = START + HOUR + 2 * MINUTE
"""Two minutes after an hour's open."""


def begun(*, held_minutes: int = 64, first_open_ms: int = START) -> KlineEngine:
    """An engine that began at a trade in the middle of a minute."""
    first = trade(1, BEGUN + 30_000)
    held = SeedBars(SYMBOL, BEGUN, (), None, 1, first.traded_ms + 1)
    return engine(held, first, periods=PERIODS, holds_gaps=True, held_minutes=held_minutes, first_open_ms=first_open_ms)


def earlier(*, until_ms: int = BEGUN) -> EarlierBars:
    return EarlierBars(SYMBOL, tuple(bars((until_ms - START) // MINUTE)))


def states(made: KlineEngine) -> dict[str, str]:
    return {str(period): one.state.name for period, one in current_bars(made).items()}


def busy(deals: list[Deal]) -> list[Deal]:
    """The flow without rests after which ids prove nothing."""
    made, cut_ms = deals[:1], 0
    for before, deal in pairwise(deals):
        cut_ms += max(0, deal.traded_ms - before.traded_ms - 10 * MINUTE_MS)
        made.append(deal._replace(traded_ms=deal.traded_ms - cut_ms))
    return made


@law
@given(flows(min_size=3, late=False), st.data())
def test_a_symbol_that_began_in_the_middle_ends_as_if_it_had_seen_all(deals: list[Deal], data: st.DataObject) -> None:
    deals = busy(deals)
    # Within the minutes held: the exchange's bar of the first one still finds it there.
    begins = [at for at in range(1, len(deals)) if deals[-1].traded_ms - deals[at].traded_ms < HELD * MINUTE_MS // 2]
    begun_at = data.draw(st.sampled_from(begins), "begins at")
    told_at = data.draw(st.integers(begun_at, len(deals) - 1), "is told at")
    handed_on = data.draw(st.sets(st.sampled_from(kinds)), "periods of the bars handed on") | {Period.M1}
    whole, cut = following(kinds, holds_gaps=True), following(kinds, holds_gaps=True)
    whole.handle(seed(deals))
    all_bars = Seen(whole)
    begun_ms = deals[begun_at].traded_ms // MINUTE_MS * MINUTE_MS
    for place, deal in enumerate(deals):
        whole.handle(from_deal(deal))
        if place == begun_at:
            cut.handle(SeedBars(SYMBOL, begun_ms, (), None, deal.aggregate_id, deal.traded_ms + 1))
        if place >= begun_at:
            cut.handle(from_deal(deal))
        if place == told_at:
            all_bars.look()
            minute = current_bars(cut)[Period.M1]
            cut.handle(EarlierBars(SYMBOL, tuple(one for one in all_bars.ended.values() if one.period in handed_on)))
            assert current_bars(cut)[Period.M1] == minute
    all_bars.look()
    first = all_bars.ended.get((SYMBOL, Period.M1, begun_ms))
    for made in (whole, cut) if first else ():
        assert first is not None
        made.handle(AmendBar(first))
    assert cut.incomplete().keys() == whole.incomplete().keys()  # of what opened before the flow
    for period, ours in current_bars(cut).items():
        theirs = current_bars(whole)[period]
        if first is None:  # the minute of the beginning is under way
            assert ours.state is State.PARTIAL
        else:
            assert ours == theirs


def test_what_is_missing_is_told_until_it_came() -> None:
    made = begun()
    assert states(made) == {"1m": "PARTIAL", "5m": "PARTIAL", "1h": "PARTIAL", "1d": "PARTIAL"}
    assert made.incomplete() == {SYMBOL: BEGUN}
    made.handle(earlier())
    assert made.incomplete() == {}
    assert current_bars(made)[Period.D1].trade_count == sum(one.trade_count for one in bars(62)) + 1


def test_larger_bars_stay_partial_while_the_minute_of_the_beginning_is_and_are_whole_with_it() -> None:
    made = begun()
    made.handle(earlier())
    made.handle(trade(2, BEGUN + MINUTE))
    assert states(made) == {"1m": "FORMING", "5m": "PARTIAL", "1h": "PARTIAL", "1d": "PARTIAL"}
    made.handle(AmendBar(bar(BEGUN, trade_count=7, state=State.CONFIRMED)))
    assert states(made) == {"1m": "FORMING", "5m": "FORMING", "1h": "FORMING", "1d": "FORMING"}


def test_minutes_that_are_held_are_not_replaced() -> None:
    made = begun()
    made.handle(trade(2, BEGUN + MINUTE))
    made.handle(AmendBar(bar(BEGUN, trade_count=7, state=State.CONFIRMED)))
    made.handle(earlier(until_ms=BEGUN + 2 * MINUTE))
    assert current_bars(made)[Period.M5].trade_count == sum(one.trade_count for one in bars(62)[60:]) + 7 + 1


def test_bars_that_reach_into_the_minute_under_way_are_left_out() -> None:
    made = begun()
    made.handle(EarlierBars(SYMBOL, (bar(BEGUN), bar(START, period=Period.D1))))
    assert current_bars(made)[Period.M1].trade_count == 1
    assert current_bars(made)[Period.D1].trade_count == 1
    assert made.incomplete() == {SYMBOL: BEGUN}


def test_bars_that_leave_more_missing_than_there_is_change_nothing() -> None:
    made = begun(held_minutes=2)
    made.handle(earlier())
    before = snapshot(made)
    made.handle(EarlierBars(SYMBOL, (bar(START, trade_count=9),)))
    assert snapshot(made) == before


def test_an_hour_that_comes_as_one_bar_takes_the_place_of_minutes_of_it_that_are_held() -> None:
    made = begun()
    first_id = 2
    for minute in range(1, 60):
        made.handle(trade(first_id, BEGUN + minute * MINUTE))
        first_id += 1
    now_ms = START + 2 * HOUR + MINUTE
    assert made.incomplete() == {SYMBOL: BEGUN}
    hours = [bar(START + place * HOUR, period=Period.H1, trade_count=500) for place in (0, 1)]
    made.handle(EarlierBars(SYMBOL, tuple(hours)))
    day = current_bars(made)[Period.D1]
    assert (day.trade_count, day.state) == (1_000 + (now_ms - START - 2 * HOUR) // MINUTE + 1, State.FORMING)


def test_what_is_before_the_listing_is_not_missing() -> None:
    assert begun(first_open_ms=BEGUN).incomplete() == {}


def test_a_larger_bar_that_was_left_by_a_jump_becomes_whole_by_the_minutes_in_between() -> None:
    made = begun(first_open_ms=BEGUN)
    made.handle(HoldSymbol(SYMBOL))
    made.handle(trade(9, BEGUN + 4 * MINUTE))
    assert made.incomplete() == {}  # it waits
    made.handle(AbandonGap(SYMBOL))
    made.handle(trade(10, BEGUN + 5 * MINUTE))
    assert made.incomplete() == {SYMBOL: BEGUN + 4 * MINUTE}
    missed = [bar(BEGUN + place * MINUTE, trade_count=3, state=State.CONFIRMED) for place in (1, 2, 3)]
    made.handle(EarlierBars(SYMBOL, tuple(missed)))
    assert made.incomplete() == {}
    for place in (0, 4):
        made.handle(AmendBar(bar(BEGUN + place * MINUTE, trade_count=2, state=State.CONFIRMED)))
    day = current_bars(made)[Period.D1]
    assert (day.trade_count, day.state) == (3 * 3 + 2 * 2 + 1, State.FORMING)


def test_a_symbol_without_a_minute_has_no_use_for_them() -> None:
    made = engine(earlier(), periods=PERIODS, holds_gaps=True)
    assert snapshot(made) == ()
    assert made.incomplete() == {}


def test_the_busiest_comes_first_and_each_venue_has_its_own() -> None:
    made = KlineEngine(PERIODS, holds_gaps=True)
    for number, (venue, name) in enumerate((("a", "a:X"), ("b", "b:X"), ("b", "b:Y"))):
        made.handle(AddSymbol(name, 0, venue=venue))
        made.handle(SeedBars(name, BEGUN, (), None, 1, BEGUN + 1))
        made.take([trade(1 + each, BEGUN, symbol=name[2:]) for each in range(number + 1)], venue)
    assert list(made.incomplete()) == ["b:Y", "b:X", "a:X"]
    assert list(made.incomplete("b")) == ["b:Y", "b:X"]


def test_bars_reach_as_far_as_none_is_missing_between_them() -> None:
    cover = BarCover([bar(START, period=Period.H1), *bars(2, START + HOUR), bar(START + HOUR + 3 * MINUTE)])
    assert cover.reached_ms(START, BEGUN + HOUR) == BEGUN
    assert cover.reached_ms(START, START + HOUR) == START + HOUR
    assert cover.reached_ms(START, START + MINUTE) == START
