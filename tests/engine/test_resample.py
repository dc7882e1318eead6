"""Stored bars rolled up on their way out."""

from collections.abc import AsyncIterator, Iterable

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State, merge
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.resample import in_pages, resampled
from tests.makers import DAY, START, bar


async def paged(bars: Iterable[Bar], size: int = 2) -> AsyncIterator[list[Bar]]:
    everything = list(bars)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]


def minutes(places: Iterable[int], state: State = State.CLOSED) -> list[Bar]:
    return [bar(START + place * MINUTE_MS, str(100 + place), close=str(90 + place), state=state) for place in places]


async def rolled(bars: Iterable[Bar], period: Period = Period.M5, anchor: int = 1) -> list[Bar]:
    return [made async for made in resampled(paged(bars), period, anchor)]


async def test_five_minutes_are_one_bar_with_their_sums_and_extremes() -> None:
    (made,) = await rolled(minutes(range(5)))
    expected = bar(START, "100", "104", "90", "94", "5", period=Period.M5, trade_count=5)
    assert made._replace(turnover=0) == expected._replace(turnover=0)
    assert made.turnover == sum(one.turnover for one in minutes(range(5)))


async def test_a_missing_bar_makes_partial_wherever_it_lies() -> None:
    for hole in (0, 2, 4):
        made, following = await rolled(minutes(place for place in range(10) if place != hole))
        assert (made.open_ms, made.state, following.state) == (START, State.PARTIAL, State.CLOSED)


async def test_the_last_bar_is_forming_while_only_its_end_is_missing() -> None:
    assert [one.state for one in await rolled(minutes(range(8)))] == [State.CLOSED, State.FORMING]
    assert [one.state for one in await rolled(minutes((5, 7)))] == [State.PARTIAL]


async def test_bars_the_exchange_confirmed_make_confirmed_ones() -> None:
    assert [one.state for one in await rolled(minutes(range(5), state=State.CONFIRMED))] == [State.CONFIRMED]


async def test_three_day_bars_open_where_the_symbols_own_do() -> None:
    days = [bar(START + place * DAY, period=Period.D1) for place in range(6)]
    opens = [{one.open_ms // DAY % 3 for one in await rolled(days, Period.D3, anchor)} for anchor in (0, 1, 2)]
    assert opens == [{0}, {1}, {2}]


@given(st.sets(st.integers(0, 200), min_size=1), st.sampled_from([Period.M3, Period.M15, Period.H1]))
async def test_every_bar_is_the_sum_of_those_in_its_time(places: set[int], period: Period) -> None:
    bars = minutes(sorted(places))
    made = await rolled(bars, period)
    assert len({one.open_ms for one in made}) == len(made)
    for one in made:
        inside = [child for child in bars if one.open_ms <= child.open_ms < one.end_ms]
        whole = inside[0]
        for child in inside[1:]:
            whole = merge(whole, child)
        assert one[3:12] == whole[3:12]
        assert (one.state is State.CLOSED) == (len(inside) * MINUTE_MS == period.nominal_ms)


async def test_pages_hold_every_bar_in_order() -> None:
    async def singly() -> AsyncIterator[Bar]:
        for one in minutes(range(2500)):
            yield one

    pages = [page async for page in in_pages(singly())]
    assert [len(page) for page in pages] == [1000, 1000, 500]
    assert [one for page in pages for one in page] == minutes(range(2500))


async def test_nothing_is_rolled_up_to_nothing() -> None:
    assert await rolled([]) == []


async def test_bars_that_fill_their_pages_leave_no_empty_one_behind() -> None:
    async def singly() -> AsyncIterator[Bar]:
        for one in minutes(range(2000)):
            yield one

    assert [len(page) async for page in in_pages(singly())] == [1000, 1000]
