"""The exchange's own bars into the store."""

from __future__ import annotations

from klagg_tui.engine.bar import State, empty_bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.parsing import number as number_of
from klagg_tui.engine.period import Period
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
        empty_bar(SYMBOL, Period.M1, START + number * MINUTE, number_of("7"), State.CLOSED) for number in range(3, 6)
    ]
    await store.add_confirmed(bars(2))
    await store.add([bar(START + 2 * MINUTE), *quiet], [])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_flat(run) == 3
    assert [each.open_ms for each in await listed(store)] == [START, START + MINUTE, START + 2 * MINUTE]
    assert await store.discard_flat(run) == 0


async def test_quiet_minutes_between_traded_ones_are_not_taken_back(store: Store) -> None:
    quiet = [
        empty_bar(SYMBOL, Period.M1, START + number * MINUTE, number_of("7"), State.CLOSED) for number in (1, 2, 4, 5)
    ]
    await store.add([bar(START), *quiet, bar(START + 3 * MINUTE)], [])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_flat(run) == 2
    assert [each.open_ms for each in await listed(store)] == [START + number * MINUTE for number in range(4)]


async def test_quiet_minutes_before_a_confirmed_traded_one_are_not_taken_back(store: Store) -> None:
    quiet = empty_bar(SYMBOL, Period.M1, START + MINUTE, number_of("7"), State.CLOSED)
    await store.add([bar(START), quiet], [])
    await store.add_confirmed([bar(START + 2 * MINUTE)])
    run = next(one for one in await store.unconfirmed() if one.period is Period.M1)
    assert await store.discard_flat(run) == 0


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
