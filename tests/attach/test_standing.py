"""Bars under way go to windows as minutes and what stood before them: put together they are those of the engine, to the last digit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.attach import slices
from klagg_tui.attach.codec import packed, unpacked
from klagg_tui.attach.gathering import Gathering
from klagg_tui.attach.slices import slices_of
from klagg_tui.attach.standing import MinuteViewer, Standing, Told, laid_over, told_in, told_out
from klagg_tui.engine.bar import Bar, SeriesKey
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AppEvent, HoldSymbol, ReleaseSymbol, RemoveSymbol
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.viewer import Viewer
from klagg_tui.view.model import Market
from tests.makers import MINUTE, START, bar, trade

SYMBOLS = ("AUSDT", "BUSDT", "CUSDT")


class Traded:
    """Makes events of steps: which symbol, what happens, how much time goes by."""

    def __init__(self) -> None:
        self.now_ms = START
        self._ids = dict.fromkeys(SYMBOLS, 0)

    def events(self, symbol: str, what: int, ms: int) -> list[AppEvent]:
        self.now_ms += ms
        if what == 0:
            return [RemoveSymbol(symbol)]
        if what == 1:
            self._ids[symbol] = 0
            return [AddSymbol(symbol, START)]
        if what in (2, 3):
            return [HoldSymbol(symbol) if what == 2 else ReleaseSymbol(symbol)]
        self._ids[symbol] += 2 if what == 4 else 1  # with 4 one is missing
        at = self._ids[symbol]
        return [trade(at, self.now_ms, f"{100 + at % 7}", f"0.{at}", symbol=symbol)]


steps = st.lists(
    st.tuples(st.sampled_from(SYMBOLS), st.integers(0, 30), st.sampled_from((1, 900, 20_000, 70_000))), max_size=60
)


@given(st.lists(steps, max_size=6), st.sets(st.integers(0, 5)))
def test_whatever_happens_windows_have_the_bars_of_the_engine(
    rounds: list[Sequence[tuple[str, int, int]]], slow: set[int]
) -> None:
    asyncio.run(_are_alike(rounds, slow))


async def _are_alike(rounds: list[Sequence[tuple[str, int, int]]], slow: set[int]) -> None:
    traded = Traded()
    host = EngineHost(KlineEngine(DEFAULT_PERIODS, holds_gaps=False), DEFAULT_PERIODS, None, lambda: traded.now_ms)
    whole, minutes = host.view("whole", Viewer), host.view("minutes", MinuteViewer)
    standing, own, seen = Standing(), Market(), Market()
    gathering, before = Gathering(), dict[SeriesKey, Bar]()
    for symbol in SYMBOLS:
        host.handle([AddSymbol(symbol, START)])
    for number, round_ in enumerate([*rounds, []]):
        for symbol, what, ms in round_:
            host.handle(traded.events(symbol, what, ms))
            host.engine.tick(traded.now_ms)
        own.apply(await host.update(whole))
        told = Told(await host.update(minutes), minutes.take_before())
        gathering.add(told.update)
        before = laid_over(before, told)
        # What is removed and comes again within one bar is not to be gathered: its last bar as it was would stand over the new one.
        if number in slow and number < len(rounds) and not any(what == 0 for _, what, _ in round_):
            continue
        told = Told(gathering.take(), tuple(before.values()))
        before = {}
        for each in [told_in(unpacked(packed(told_out(each)))) for each in slices_of(told)]:
            seen.apply(standing.whole(each))
        assert {name: row.bars for name, row in seen.rows.items()} == {name: row.bars for name, row in own.rows.items()}


def test_what_larger_bars_had_before_is_told_again_only_when_it_changes() -> None:
    async def told() -> list[int]:
        host = EngineHost(KlineEngine(DEFAULT_PERIODS, holds_gaps=False), DEFAULT_PERIODS, None, lambda: START)
        viewer = host.view("minutes", MinuteViewer)
        host.handle([AddSymbol("AUSDT", START)])
        counted = []
        for at, ms in enumerate((0, 10, 20, MINUTE, MINUTE + 10)):
            host.handle([trade(at + 1, START + ms, symbol="AUSDT")])
            update = await host.update(viewer)
            assert [each.period for each in update.changes.current] == [Period.M1]
            counted.append(len(viewer.take_before()))
        return counted

    larger = len(DEFAULT_PERIODS) - 1
    assert asyncio.run(told()) == [larger, 0, 0, larger, 0]


def test_no_slice_has_much_and_all_of_them_are_the_whole() -> None:
    names = [f"C{at}USDT" for at in range(3 * slices.MOST)]
    told = Told(
        FeedUpdate(
            Changes(
                tuple(bar(symbol=name) for name in names),
                tuple(bar(symbol=name, open_ms=START - MINUTE) for name in names),
            ),
            tuple(names),
            ("GONE",),
            dict.fromkeys(names, START),
            {name: InstrumentFacts("v", "V", name) for name in names},
            tickers={name: Ticker24h(*range(len(Ticker24h._fields))) for name in names},
        ),
        tuple(bar(symbol=name, period=Period.H1) for name in names),
    )
    gathering, before = Gathering(), dict[SeriesKey, Bar]()
    for each in slices_of(told):
        current, ended, _ = each.update.changes
        parts = (current, ended, each.before, each.update.instruments, each.update.tickers)
        assert sum(map(len, parts)) <= slices.MOST
        gathering.add(each.update)
        before = laid_over(before, each)
    assert Told(gathering.take(), tuple(before.values())) == told
    assert list(slices_of(Told(FeedUpdate()))) == []
