"""Files of trades into the store, in any order and pieces: the same bars as all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State, blanked
from klagg_tui.engine.period import Period
from klagg_tui.engine.spans import Span
from klagg_tui.evidence import Evidence
from klagg_tui.storage.merging import Added
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.filed import all_of, file_in, in_new_store, listed
from tests.flows import flows
from tests.makers import DAY, MINUTE, START, SYMBOL, bar, candle, from_deal, trade, trades
from tests.oracle import Deal, candles

HEAVY = settings(max_examples=15)


@st.composite
def cut_flows(draw: st.DrawFn) -> tuple[list[Deal], list[list[Deal]], int]:
    """Trades, the same cut into files that do not overlap, in any order and some twice, and how they are committed."""
    deals = draw(flows(min_size=2, late=False))
    cuts = sorted(draw(st.sets(st.integers(1, len(deals) - 1), max_size=4)))
    files = [deals[start:end] for start, end in zip([0, *cuts], [*cuts, len(deals)], strict=True)]
    again = draw(st.lists(st.sampled_from(files), max_size=2))
    return deals, draw(st.permutations([*files, *again])), draw(st.sampled_from([1, 2, 5, 1000]))


@HEAVY
@given(cut_flows())
def test_files_in_any_order_and_twice_give_what_one_file_gives(
    case: tuple[list[Deal], list[list[Deal]], int],
) -> None:
    deals, files, batch = case

    async def whole(store: Store) -> tuple[list[Bar], tuple[Span, ...]]:
        await file_in(store, [from_deal(deal) for deal in deals])
        return await all_of(store)

    async def pieces(store: Store) -> tuple[list[Bar], tuple[Span, ...]]:
        for file in files:
            await file_in(store, [from_deal(deal) for deal in file], batch)
        return await all_of(store)

    assert in_new_store(pieces) == in_new_store(whole)


@st.composite
def flows_of_two_contracts(draw: st.DrawFn) -> tuple[list[list[Deal]], list[list[Deal]]]:
    """Trades of two contracts of one name, days apart, each cut into files; and all of the files in any order, some twice."""
    pieces: list[list[Deal]] = []
    for later_ms in (0, 60 * DAY):
        deals = [deal._replace(traded_ms=deal.traded_ms + later_ms) for deal in draw(flows(late=False))]
        cut = draw(st.integers(0, len(deals)))
        pieces += [piece for piece in (deals[:cut], deals[cut:]) if piece]
    again = draw(st.lists(st.sampled_from(pieces), max_size=2))
    return pieces, draw(st.permutations([*pieces, *again]))


@HEAVY
@given(flows_of_two_contracts(), st.sampled_from([1, 3, 1000]))
def test_files_of_two_contracts_in_any_order_and_twice_give_what_they_give_in_order_of_time(
    case: tuple[list[list[Deal]], list[list[Deal]]], batch: int
) -> None:
    def stored(files: list[list[Deal]]) -> tuple[list[Bar], tuple[Span, ...]]:
        async def put(store: Store) -> tuple[list[Bar], tuple[Span, ...]]:
            for file in files:
                await file_in(store, [from_deal(deal) for deal in file], batch)
            return await all_of(store)

        return in_new_store(put)

    in_time, in_any_order = case
    assert stored(in_any_order) == stored(in_time)


@HEAVY
@given(flows(late=False))
def test_stored_bars_of_every_period_are_those_of_the_plain_sum(deals: list[Deal]) -> None:
    async def stored(store: Store) -> list[Bar]:
        await file_in(store, [from_deal(deal) for deal in deals], 3)
        return (await all_of(store))[0]

    found = {(str(each.period), each.open_ms): candle(each) for each in in_new_store(stored, tuple(Period))}
    assert found == candles(deals)


@st.composite
def overlapping(draw: st.DrawFn) -> tuple[list[Deal], list[list[Deal]]]:
    deals = draw(flows(min_size=2, late=False))
    ends = st.integers(0, len(deals))
    files = draw(st.lists(st.tuples(ends, ends).map(sorted), min_size=1, max_size=5))
    return deals, [deals[start:end] for start, end in files if start < end]


@HEAVY
@given(overlapping(), st.sampled_from([1, 3, 1000]))
def test_a_bar_is_closed_only_with_all_its_trades_however_files_overlap(
    case: tuple[list[Deal], list[list[Deal]]], batch: int
) -> None:
    deals, files = case

    async def check(store: Store) -> tuple[list[Bar], tuple[Span, ...]]:
        truth = candles(deals)
        for file in files:
            await file_in(store, [from_deal(deal) for deal in file], batch)
            for found in (await all_of(store))[0]:
                if found.state is State.CLOSED:
                    assert candle(found) == truth[str(found.period), found.open_ms]
        await file_in(store, [from_deal(deal) for deal in deals])
        return await all_of(store)

    async def whole(store: Store) -> tuple[list[Bar], tuple[Span, ...]]:
        await file_in(store, [from_deal(deal) for deal in deals])
        return await all_of(store)

    assert in_new_store(check) == in_new_store(whole)


async def test_importing_twice_leaves_every_row_as_it_was(tmp_path: Path) -> None:
    given_trades = trades(range(START + 10_000, START + 40 * MINUTE, 17_000))
    async with await Store.open(tmp_path / "klagg.db") as store:
        await file_in(store, given_trades, 20)
        before = await all_of(store)
        await file_in(store, given_trades, 50)
        assert await all_of(store) == before


async def test_a_minute_cut_by_two_files_is_partial_until_both_are_there(store: Store) -> None:
    first, second = trades([START - 70_000, START + 5_000]), trades([START + 30_000, START + 61_000], 3)
    await file_in(store, first)
    states = [each.state for each in await listed(store)]
    assert states == [State.PARTIAL, State.CLOSED, State.PARTIAL]
    await file_in(store, second)
    assert [each.state for each in await listed(store)] == [State.PARTIAL, State.CLOSED, State.CLOSED, State.PARTIAL]


async def test_the_earlier_piece_of_a_minute_opens_it_whichever_comes_first(store: Store) -> None:
    await file_in(store, [trade(3, START + 30_000, "110"), trade(4, START + 70_000)])
    await file_in(store, [trade(1, START - 1), trade(2, START + 10_000, "90")])
    (minute,) = [each for each in await listed(store) if each.open_ms == START]
    assert (minute.open, minute.close, minute.state) == (parsing.price("90"), parsing.price("110"), State.CLOSED)


async def test_a_file_within_a_stored_one_changes_nothing(store: Store) -> None:
    given_trades = trades(range(START, START + 10 * MINUTE, 9_000))
    await file_in(store, given_trades)
    before = await all_of(store)
    await file_in(store, given_trades[20:40])
    assert await all_of(store) == before


async def test_files_that_overlap_within_one_minute_do_not_pretend_to_meet(store: Store) -> None:
    given_trades = trades(range(START + 1_000, START + 60_000, 6_000))
    await file_in(store, given_trades[:6])
    before = await all_of(store)
    await file_in(store, given_trades[4:])
    assert await all_of(store) == before
    await file_in(store, [*given_trades, *trades([START + 2 * MINUTE], 11)])
    assert len(await store.spans(SYMBOL)) == 1


async def test_a_late_trade_of_the_next_file_is_added_to_its_closed_minute(store: Store) -> None:
    whole = bar(START, "100", volume="2", trade_count=2)
    await store.add([whole], [Span(SYMBOL, 1, 2, START - 1, START + MINUTE + 1)])
    late = bar(START, "130", volume="1", trade_count=1, state=State.PARTIAL)
    await store.add([late], [Span(SYMBOL, 3, 9, START + MINUTE - 10, START + 2 * MINUTE)])
    (found, *_) = await listed(store)
    assert (found.close, found.high, found.trade_count, found.state) == (
        parsing.price("130"),
        parsing.price("130"),
        3,
        State.CLOSED,
    )


async def test_trades_do_not_change_a_bar_the_exchange_confirmed(store: Store) -> None:
    await store.add_confirmed([bar(START, "100", volume="5")])
    await file_in(store, trades([START + 1, START + 2, START + MINUTE]))
    (found, *_) = await listed(store)
    assert (found.volume, found.state) == (parsing.quantity("5"), State.CONFIRMED)


@pytest.mark.parametrize(
    ("volume", "before", "previous_close", "is_told"),
    [
        ("2", "100", (), True),
        ("5", "100", (), False),
        ("2", "99", (), False),
        ("2", "100", ("bybit",), True),
        ("2", "99", ("bybit",), True),
        ("5", "99", ("bybit",), False),
        ("2", "99", ("bitget",), False),
    ],
    ids=["equal", "volume", "open", "no move", "close before", "close before, volume", "close before of another"],
)
async def test_trades_that_come_late_tell_what_the_exchanges_bar_lacks_where_they_agree(
    tmp_path: Path, volume: str, before: str, previous_close: tuple[str, ...], is_told: bool
) -> None:
    lacks = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
    theirs = bar(START + MINUTE, before, high="100", low=before, close="100", volume=volume)._replace(evidence=lacks)
    times = [START, START + MINUTE, START + MINUTE + 2, START + 2 * MINUTE]
    async with await Store.open(tmp_path / "klagg.db", market="bybit", previous_close=previous_close) as store:
        await store.add_confirmed([blanked(theirs)])
        await file_in(store, [trade(place, at) for place, at in enumerate(times)])
        (_, found, *_) = await listed(store)
    assert (found.state, found.volume) == (State.CONFIRMED, theirs.volume)
    assert (found.evidence, found.trade_count) == ((0, 2) if is_told else (lacks | Evidence.CANDLE_ONLY, 0))


async def test_counts_say_what_was_new_equal_and_changed(store: Store) -> None:
    bars = [bar(START), bar(START + MINUTE)]
    assert await store.add(bars, []) == Added(new=2)
    changed = bars[1]._replace(trade_count=2, volume=bars[1].volume * 2)
    assert await store.add([bars[0], changed], []) == Added(equal=1, changed=1)


async def test_periods_not_kept_are_not_made(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.H1,)) as store:
        await file_in(store, trades([START, START + MINUTE]))
        assert {each.period for each in (await all_of(store))[0]} == {Period.M1, Period.H1}


async def test_what_was_not_there_before_the_listing_is_not_missing(store: Store) -> None:
    await store.put_symbols([StoredSymbol(SYMBOL, first_open_ms=START + 3 * MINUTE)])
    await store.add([bar(START + 3 * MINUTE), bar(START + 4 * MINUTE)], [])
    assert [each.state for each in await listed(store, Period.M5)] == [State.CLOSED]


async def test_a_larger_bar_with_a_minute_missing_is_partial(store: Store) -> None:
    await store.add([bar(START + minute * MINUTE) for minute in (0, 1, 3, 4)], [])
    assert [each.state for each in await listed(store, Period.M5)] == [State.PARTIAL]
