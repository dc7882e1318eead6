"""The exchange's own bars into the store."""

from __future__ import annotations

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.engine.rollup import roll_up
from klagg_tui.evidence import Evidence
from klagg_tui.storage.debts import Answer
from klagg_tui.storage.merging import Added
from klagg_tui.storage.store import Store
from tests.filed import all_of, listed
from tests.makers import MINUTE, START, SYMBOL, bar, bars


async def test_bars_are_confirmed_whatever_they_were_called(store: Store) -> None:
    await store.add_confirmed([bar(state=State.CLOSED)])
    assert await listed(store) == [bar(state=State.CONFIRMED)]


async def test_counts_tell_equal_bars_from_amended_ones(store: Store) -> None:
    ours = bars(3)
    await store.add(ours, [])
    theirs = [ours[0], ours[1]._replace(trade_count=99), bar(START + 9 * MINUTE)]
    assert await store.add_confirmed(theirs) == Added(new=1, equal=1, changed=1)
    assert [each.state for each in await listed(store)] == [
        State.CONFIRMED,
        State.CONFIRMED,
        State.CLOSED,
        State.CONFIRMED,
    ]


async def test_confirming_twice_changes_nothing(store: Store) -> None:
    await store.add_confirmed(bars(30))
    before = await all_of(store)
    assert await store.add_confirmed(bars(30)) == Added(equal=30)
    assert await all_of(store) == before


async def test_of_two_rows_for_one_bar_the_later_counts(store: Store) -> None:
    assert await store.add_confirmed([bar(open="1"), bar(open="2")]) == Added(new=1)
    assert await listed(store) == [bar(open="2", state=State.CONFIRMED)]


async def test_periods_may_be_mixed(store: Store) -> None:
    added = await store.add_confirmed([*bars(5), bar(period=Period.D1), *bars(2, symbol="ETHUSDT")])
    assert added == Added(new=8)
    assert [each.state for each in await listed(store, Period.M5)] == [State.CONFIRMED]


async def test_a_current_bar_is_no_ended_one_even_where_it_is_partial(store: Store) -> None:
    ended, current = bars(2)
    waiting = current._replace(state=State.PARTIAL)
    await store.write(Changes((waiting,), (ended._replace(state=State.CLOSED),)))
    assert await store.ended_until(ended.symbol, Period.M1, START + 9 * MINUTE) == START + MINUTE
    assert await store.ended_until(ended.symbol, Period.M1, START) is None


async def test_flat_bars_that_the_exchange_does_not_have_are_taken_back_and_no_others(store: Store) -> None:
    quiet = [
        empty_bar(SYMBOL, Period.M1, START + number * MINUTE, parsing.price("7"), State.CLOSED)
        for number in range(3, 6)
    ]
    await store.add_confirmed(bars(2))
    await store.add([bar(START + 2 * MINUTE), *quiet], [])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_flat(run) == 3
    assert [each.open_ms for each in await listed(store)] == [START, START + MINUTE, START + 2 * MINUTE]
    assert await store.discard_flat(run) == 0


async def test_quiet_minutes_between_traded_ones_are_not_taken_back(store: Store) -> None:
    quiet = [
        empty_bar(SYMBOL, Period.M1, START + number * MINUTE, parsing.price("7"), State.CLOSED)
        for number in (1, 2, 4, 5)
    ]
    await store.add([bar(START), *quiet, bar(START + 3 * MINUTE)], [])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_flat(run) == 2
    assert [each.open_ms for each in await listed(store)] == [START + number * MINUTE for number in range(4)]


async def test_quiet_minutes_before_a_confirmed_traded_one_are_not_taken_back(store: Store) -> None:
    quiet = empty_bar(SYMBOL, Period.M1, START + MINUTE, parsing.price("7"), State.CLOSED)
    await store.add([bar(START), quiet], [])
    await store.add_confirmed([bar(START + 2 * MINUTE)])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_flat(run) == 0


async def test_bars_that_nothing_proves_and_the_exchange_lacks_are_taken_back_whatever_was_traded_behind_them(
    store: Store,
) -> None:
    def flat(number: int, state: State) -> Bar:
        return empty_bar(SYMBOL, Period.M1, START + number * MINUTE, parsing.price("7"), state)

    quiet = [flat(1, State.CLOSED), flat(2, State.PARTIAL), flat(3, State.PARTIAL)]
    await store.add([bar(START, state=State.PARTIAL), *quiet, bar(START + 4 * MINUTE)], [])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_unshown(run._replace(last_open_ms=START + 2 * MINUTE)) == 1
    assert await store.discard_unshown(run) == 1
    assert [each.open_ms for each in await listed(store)] == [START + number * MINUTE for number in (0, 1, 4)]
    assert await store.discard_unshown(run._replace(last_open_ms=START + 3 * MINUTE), is_passed_over=True) == 1
    assert [each.open_ms for each in await listed(store)] == [START, START + 4 * MINUTE]


async def test_a_bar_that_was_known_to_lack_trades_is_completed_and_not_amended(store: Store) -> None:
    lacking = bar(state=State.PARTIAL)
    await store.add([lacking, bar(START + MINUTE, state=State.PARTIAL)], [])
    whole = [lacking._replace(trade_count=50), bar(START + MINUTE)]
    assert await store.add_confirmed(whole) == Added(equal=1, completed=1)


async def test_a_bar_that_is_still_forming_is_never_stored_as_the_exchanges_own(store: Store) -> None:
    assert await store.add_confirmed([bar(state=State.FORMING)]) == Added()
    assert await listed(store) == []


async def test_bars_between_two_contracts_that_only_the_clock_made_are_taken_back(store: Store) -> None:
    flat = [empty_bar(SYMBOL, Period.M1, START + place * MINUTE, 7, State.PARTIAL) for place in range(1, 9)]
    await store.add([bar(START, state=State.CLOSED), *flat, bar(START + 9 * MINUTE)], [])
    await store.add_confirmed([flat[0]])
    assert await store.discard_between(SYMBOL, START, START + 9 * MINUTE) == 7
    minutes = [(each.open_ms - START) // MINUTE for each in await listed(store)]
    assert minutes == [0, 1, 9]
    assert [each.open_ms for each in await listed(store, Period.M5)] == [START, START + 5 * MINUTE]
    assert await store.discard_between(SYMBOL, START, START + 9 * MINUTE) == 0


LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER


def candle(ours: Bar) -> Bar:
    """The exchange's bar of the same time where it has prices and volume alone."""
    return ours._replace(
        turnover=0, trade_count=0, taker_buy_volume=0, taker_buy_turnover=0, state=State.CONFIRMED, evidence=LACKS
    )


async def test_a_bar_that_agrees_keeps_the_fields_that_the_exchanges_lacks(store: Store) -> None:
    closed, partial, missing = bars(3)
    await store.add([closed, partial._replace(state=State.PARTIAL)], [])
    added = await store.add_confirmed(map(candle, (closed, partial, missing)))
    assert added == Added(new=1, equal=2)
    assert await listed(store) == [
        closed._replace(state=State.CONFIRMED),
        partial._replace(state=State.CONFIRMED, evidence=Evidence.CANDLE_ONLY),
        candle(missing)._replace(evidence=LACKS | Evidence.CANDLE_ONLY),
    ]


async def test_an_equal_bar_that_knows_less_takes_no_place_and_one_that_knows_more_does(store: Store) -> None:
    known, unknown = bars(2)
    await store.add_confirmed([known, candle(unknown)])
    before = await listed(store)
    assert await store.add_confirmed([candle(known), candle(unknown)]) == Added(equal=2)
    assert await listed(store) == before
    assert await store.add_confirmed([unknown]) == Added(equal=1)
    assert await listed(store) == [bar._replace(state=State.CONFIRMED) for bar in (known, unknown)]


async def test_a_bar_that_differs_gives_way_and_what_its_own_lacks_is_unknown_in_larger_bars_too(store: Store) -> None:
    ours = bars(5)
    await store.add(ours, [])
    theirs = [candle(bar) for bar in ours]
    theirs[2] = theirs[2]._replace(volume=theirs[2].volume * 2)
    assert await store.add_confirmed(theirs) == Added(equal=4, changed=1)
    minutes, (larger,) = await listed(store), await listed(store, Period.M5)
    assert [bar.evidence for bar in minutes] == [0, 0, LACKS | Evidence.CANDLE_ONLY, 0, 0]
    assert (larger.state, larger.evidence) == (State.CONFIRMED, LACKS | Evidence.CANDLE_ONLY)
    assert (larger.volume, larger.turnover, larger.trade_count) == (sum(bar.volume for bar in minutes), 0, 0)


async def test_a_whole_larger_bar_does_not_lose_to_a_roll_up_that_knows_less(store: Store) -> None:
    ours = bars(5)
    larger = roll_up(ours, Period.M5, START)
    await store.write(Changes(ended=(larger,)))
    await store.add_confirmed(map(candle, ours))
    assert await listed(store, Period.M5) == [larger._replace(state=State.CONFIRMED)]


async def test_a_live_engine_that_stands_on_bars_with_unknown_fields_takes_nothing_from_a_larger_one(
    store: Store,
) -> None:
    larger = roll_up(bars(5), Period.M5, START)
    await store.write(Changes(ended=(larger,)))
    await store.write(Changes(ended=(candle(larger)._replace(state=State.CLOSED),)))
    assert await listed(store, Period.M5) == [larger]
    other = candle(larger)._replace(state=State.CLOSED, volume=larger.volume * 2)
    await store.write(Changes(ended=(other,)))
    assert await listed(store, Period.M5) == [other]


async def test_a_larger_bar_that_opens_at_its_first_trade_lends_its_fields_to_one_that_opens_at_the_close_before(
    previous_close_store: Store,
) -> None:
    store = previous_close_store
    larger = roll_up(bars(5), Period.M5, START)
    before = larger.low - parsing.price("1")
    await store.write(Changes(ended=(larger,)))
    await store.write(Changes(ended=(candle(larger)._replace(open=before, low=before, state=State.CONFIRMED),)))
    assert await listed(store, Period.M5) == [larger._replace(open=before, low=before, state=State.CONFIRMED)]


async def test_a_larger_bar_lends_no_fields_to_one_that_opens_elsewhere_where_both_open_at_the_first_trade(
    store: Store,
) -> None:
    larger = roll_up(bars(5), Period.M5, START)
    other = candle(larger)._replace(open=larger.low, state=State.CONFIRMED)
    assert other.open != larger.open
    await store.write(Changes(ended=(larger,)))
    await store.write(Changes(ended=(other,)))
    assert await listed(store, Period.M5) == [other]


async def test_a_larger_bar_that_lacks_trades_follows_its_minutes_also_where_nobody_knows_how_many_they_are(
    store: Store,
) -> None:
    first, second, third = bars(3)
    await store.add([first], [])
    (few,) = await listed(store, Period.M5)
    assert (few.state, few.trade_count) == (State.PARTIAL, first.trade_count)
    await store.add_confirmed([candle(second), candle(third)])
    (more,) = await listed(store, Period.M5)
    assert (more.volume, more.trade_count) == (first.volume + second.volume + third.volume, 0)


@pytest.mark.parametrize("state", [State.PARTIAL, State.CLOSED, State.CONFIRMED])
@pytest.mark.parametrize("by", [0, 1], ids=["same open", "open at the close before"])
async def test_a_minute_that_the_engine_confirmed_with_less_takes_no_fields_from_the_stored_one(
    previous_close_store: Store, state: State, by: int
) -> None:
    store = previous_close_store
    (minute,) = bars(1)
    stored, price = minute._replace(state=state), minute.open - parsing.price(str(by))
    if state is State.CONFIRMED:
        await store.add_confirmed([stored])
    else:
        await store.add([stored], [])
    theirs = candle(minute)._replace(open=price, low=min(price, minute.low))
    theirs = theirs._replace(state=State.CONFIRMED, evidence=LACKS | Evidence.CANDLE_ONLY)
    await store.write(Changes(ended=(theirs,)))
    witness = Evidence.CANDLE_ONLY if state is State.PARTIAL else Evidence.ALL
    known = minute._replace(open=theirs.open, low=theirs.low, state=State.CONFIRMED, evidence=witness)
    assert await listed(store) == [known]
    other = theirs._replace(volume=theirs.volume * 2)
    await store.write(Changes(ended=(other,)))
    assert await listed(store) == [other]


async def test_a_minute_that_the_engine_confirmed_with_less_knows_nothing_of_a_stored_one_that_opens_elsewhere(
    store: Store,
) -> None:
    (minute,) = bars(1)
    await store.add([minute], [])
    theirs = candle(minute)._replace(open=minute.low, evidence=LACKS | Evidence.CANDLE_ONLY)
    assert theirs.open != minute.open
    await store.write(Changes(ended=(theirs,)))
    assert await listed(store) == [theirs]


async def test_a_venue_that_opens_at_the_close_before_is_compared_with_that_price_put_in(
    previous_close_store: Store,
) -> None:
    store = previous_close_store
    first, second, third = bars(3)
    await store.add([first, second, third], [])
    price = parsing.price("50")
    shown = [candle(first)._replace(low=price, close=price)]
    for ours, before in ((second, price), (third, second.close)):
        shown.append(candle(ours)._replace(open=before, high=max(ours.high, before), low=min(ours.low, before)))
    assert await store.add_confirmed(shown[:1]) == Added(changed=1)
    assert await store.add_confirmed(shown[2:]) == Added(equal=1)
    assert await store.add_confirmed(shown[1:]) == Added(equal=2)
    assert [(bar.open, bar.trade_count) for bar in (await listed(store))[1:]] == [
        (price, second.trade_count),
        (second.close, third.trade_count),
    ]
    answer = Answer(SYMBOL, Period.M1, shown[1:], [], START)
    assert await store.settle(answer) == Added(equal=2)
