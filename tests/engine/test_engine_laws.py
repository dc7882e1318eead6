"""Laws of the engine, each against the oracle or against the same flow undisturbed."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AbandonGap, AmendBar, MissingTrades, SeedBars
from klagg_tui.engine.period import MINUTE_MS, Period
from tests.flows import LATEST_MS, expected, flows, following, kinds, law, period_sets, seed, values
from tests.makers import SYMBOL, Seen, candle, from_deal, snapshot
from tests.oracle import Deal, merged

Bars = dict[tuple[str, Period, int], Bar]


def straight(deals: list[Deal], periods: tuple[Period, ...], *, seeded: bool = False, tick_ms: int = 0) -> Bars:
    """The bars of a flow that nothing disturbs."""
    engine = following(periods)
    if seeded:
        engine.handle(seed(deals))
    seen = Seen(engine)
    for deal in deals:
        engine.handle(from_deal(deal))
    engine.tick(tick_ms)
    seen.look()
    return seen.bars


@law
@given(flows(max_size=40), period_sets)
def test_bars_are_the_oracles_for_any_set_of_periods(deals: list[Deal], periods: tuple[Period, ...]) -> None:
    assert values(straight(deals, periods)) == expected(deals, periods)


@law
@given(flows(), st.data())
def test_looks_at_any_pace_and_ticks_anywhere_end_with_the_same_bars(deals: list[Deal], data: st.DataObject) -> None:
    engine = following(kinds)
    readers = [Seen(engine)]
    now_ms = newest_ms = 0
    for deal in deals:
        newest_ms = max(newest_ms, deal.traded_ms)
        if data.draw(st.booleans(), "tick"):
            ahead_ms = data.draw(st.sampled_from([-1, 0, 1, MINUTE_MS, 10 * MINUTE_MS]), "ahead")
            now_ms = max(now_ms, newest_ms + ahead_ms)
            engine.tick(now_ms)
        engine.handle(from_deal(deal))
        for seen in readers:
            if data.draw(st.booleans(), "look"):
                seen.look()
        if len(readers) < 3 and data.draw(st.booleans(), "another reader"):
            readers.append(Seen(engine))
    engine.tick(now_ms)
    for seen in readers:
        seen.look()
    wanted = expected(deals, kinds, now_ms)
    assert values(readers[0].bars) == wanted
    assert {bar.open_ms: bar for bar in snapshot(engine, (Period.M1,))} == {
        bar.open_ms: bar for (_, period), bar in readers[0].forming.items() if period is Period.M1
    }
    for seen in readers[1:]:
        assert values(seen.forming_bars) == values(readers[0].forming_bars)
        assert all(bar == readers[0].bars[key] for key, bar in seen.bars.items())


@law
@given(flows(), st.data())
def test_a_trade_that_comes_again_changes_nothing(deals: list[Deal], data: st.DataObject) -> None:
    engine, again = following(kinds), 0
    seen = Seen(engine)
    for place, deal in enumerate(deals):
        engine.handle(from_deal(deal))
        for earlier in data.draw(st.lists(st.sampled_from(deals[: place + 1]), max_size=3), "told again"):
            engine.handle(from_deal(earlier))
            again += 1
    seen.look()
    assert seen.bars == straight(deals, kinds)
    assert engine.counters.duplicates == again
    assert engine.counters.trades == len(deals)


@law
@given(flows(), st.booleans(), st.data())
def test_a_restart_between_any_two_trades_leaves_no_trace(deals: list[Deal], seeded: bool, data: st.DataObject) -> None:
    handed_on = data.draw(st.sets(st.sampled_from(kinds)), "periods of the bars handed on") | {Period.M1}
    engine = following(kinds)
    if seeded:
        engine.handle(seed(deals))
    store: Bars = {}
    seen = Seen(engine)
    for place, deal in enumerate(deals):
        engine.handle(from_deal(deal))
        if data.draw(st.booleans(), "restart"):
            seen.look()
            store.update(seen.ended)
            engine = restarted(store, seen, handed_on)
            seen = Seen(engine)
            repeats = data.draw(st.integers(0, 3), "repeats")
            for repeated in deals[max(0, place + 1 - repeats) : place + 1]:
                engine.handle(from_deal(repeated))
    seen.look()
    store.update(seen.bars)
    assert store == straight(deals, kinds, seeded=seeded)


def restarted(store: Bars, seen: Seen, handed_on: set[Period]) -> KlineEngine:
    """A new engine that stands on what a store has of the old one."""
    forming = seen.forming[SYMBOL, Period.M1]
    ended = tuple(bar for bar in store.values() if bar.period in handed_on and bar.end_ms <= forming.open_ms)
    last_id = max(span.last_id for span in seen.spans.values())
    engine = following(kinds)
    engine.handle(SeedBars(SYMBOL, forming.open_ms, ended, forming, last_id + 1))
    return engine


@law
@given(flows(min_size=2), st.data())
def test_any_order_of_trades_gives_the_same_bars_where_gaps_are_held(deals: list[Deal], data: st.DataObject) -> None:
    engine = following(kinds, holds_gaps=True)
    engine.handle(seed(deals))
    seen = Seen(engine)
    for deal in data.draw(st.permutations(deals), "order"):
        engine.handle(from_deal(deal))
        if data.draw(st.booleans(), "look"):
            seen.look()
    seen.look()
    assert seen.bars == straight(deals, kinds, seeded=True)
    assert engine.waiting() == ()


@law
@given(flows(min_size=2), st.data())
def test_a_gap_that_is_filled_leaves_no_trace(deals: list[Deal], data: st.DataObject) -> None:
    engine = following(kinds, holds_gaps=True)
    engine.handle(seed(deals))
    seen = Seen(engine)
    lost: list[Deal] = []
    now_ms = newest_ms = 0
    for deal in deals:
        newest_ms = max(newest_ms, deal.traded_ms)
        now_ms = max(now_ms, newest_ms)
        if data.draw(st.booleans(), "lost"):
            lost.append(deal)
        else:
            engine.handle(from_deal(deal))
        # Minutes of trades that are missing without having been missed must still be held when they are.
        oldest_ms = min((deal.traded_ms for deal in lost), default=now_ms)
        if now_ms - oldest_ms < LATEST_MS and data.draw(st.booleans(), "tick"):
            now_ms = max(now_ms, newest_ms + data.draw(st.sampled_from([0, 1, 2 * MINUTE_MS]), "ahead"))
            engine.tick(now_ms)
        if data.draw(st.integers(0, 4), "look") == 0:
            seen.look()
        if lost and data.draw(st.integers(0, 4), "fetch") == 0:
            some = data.draw(st.lists(st.sampled_from(lost), unique=True), "fetched")
            engine.handle(MissingTrades(SYMBOL, tuple(map(from_deal, some))))
    while lost:
        count = data.draw(st.integers(1, len(lost)), "chunk")
        engine.handle(MissingTrades(SYMBOL, tuple(map(from_deal, lost[:count]))))
        lost = lost[count:]
    engine.tick(now_ms)
    seen.look()
    assert engine.waiting() == ()
    assert seen.bars == straight(deals, kinds, seeded=True, tick_ms=now_ms)


@law
@given(flows(min_size=3, late=False), st.booleans(), st.data())
def test_a_gap_given_up_makes_what_it_touched_partial_and_nothing_else(
    deals: list[Deal], holds_gaps: bool, data: st.DataObject
) -> None:
    engine = following(kinds, holds_gaps=holds_gaps)
    engine.handle(seed(deals))
    seen = Seen(engine)
    lost = data.draw(st.sets(st.integers(1, len(deals) - 2), min_size=1), "lost")
    kept = [deal for place, deal in enumerate(deals) if place not in lost]
    for deal in kept:
        engine.handle(from_deal(deal))
        if data.draw(st.booleans(), "tick"):
            engine.tick(deal.traded_ms + data.draw(st.sampled_from([0, MINUTE_MS, 5 * MINUTE_MS]), "ahead"))
        while data.draw(st.booleans(), "give up") and engine.waiting():
            abandon(engine)
    while engine.waiting():
        abandon(engine)
    seen.look()
    whole = straight(deals, kinds, seeded=True)
    holes = [(a.traded_ms, b.traded_ms) for a, b in pairwise(kept) if b.aggregate_id - a.aggregate_id > 1]
    last_ms = deals[-1].traded_ms

    def touched(bar: Bar) -> bool:
        return any(bar.open_ms <= to_ms and from_ms < bar.end_ms for from_ms, to_ms in holes)

    got = {key: bar for key, bar in seen.bars.items() if bar.open_ms <= last_ms}
    for key, bar in got.items():
        if touched(bar):
            assert bar.state is State.PARTIAL
        elif bar.open_ms <= last_ms < bar.end_ms:
            assert bar.same_values(whole[key])
        else:
            assert bar == whole[key]
    for key, bar in whole.items():
        assert key in got or touched(bar)
    assert {(SYMBOL, Period.M1, deal.traded_ms // MINUTE_MS * MINUTE_MS) for deal in kept} <= got.keys()


def abandon(engine: KlineEngine) -> None:
    engine.handle(AbandonGap(SYMBOL))


@law
@given(flows(min_size=4), st.data())
def test_an_amended_minute_changes_its_parents_and_nothing_else(deals: list[Deal], data: st.DataObject) -> None:
    engine = following(kinds)
    engine.handle(seed(deals))
    seen = Seen(engine)
    for deal in deals:
        engine.handle(from_deal(deal))
    seen.look()
    before = dict(seen.bars)
    newest_ms = max(bar.open_ms for bar in before.values() if bar.period is Period.M1)
    minutes = [
        bar
        for bar in before.values()
        if bar.period is Period.M1 and newest_ms - LATEST_MS <= bar.open_ms < newest_ms and bar.is_traded
    ]
    for minute in data.draw(st.lists(st.sampled_from(minutes), max_size=4), "amended") if minutes else []:
        more = data.draw(st.integers(0, 5), "more")
        engine.handle(
            AmendBar(minute._replace(close=minute.close + more, high=minute.high + more, volume=minute.volume + more))
        )
        seen.look()
    ones = sorted((bar for bar in seen.bars.values() if bar.period is Period.M1), key=lambda bar: bar.open_ms)
    opens, children = [bar.open_ms for bar in ones], [candle(bar) for bar in ones]
    for bar in seen.bars.values():
        assert candle(bar) == merged(children[bisect_left(opens, bar.open_ms) : bisect_left(opens, bar.end_ms)])
