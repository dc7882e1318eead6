"""Several who look at one engine: each is told all of it, and none of them takes anything from another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import State
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.derivatives import ContractQuote
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import InstrumentFacts
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.tape import Tape
from klagg_tui.runtime.viewer import Viewer
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars, trade, trades

OTHER = "ETHUSDT"
PERIODS = (Period.M1, Period.M5)


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[EngineHost]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        made = EngineHost(KlineEngine(PERIODS, holds_gaps=False), PERIODS, store, lambda: START)
        made.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
        yield made


async def test_each_is_told_everything_whatever_the_others_have_taken(host: EngineHost) -> None:
    window = host.view("windows", Viewer)
    host.derivatives.follow([SYMBOL])
    host.handle(trades([START, START + MINUTE + 5]))
    host.learn({SYMBOL: InstrumentFacts("one")})
    host.tell_tickers({SYMBOL: Ticker24h(START, last=1.0)})
    host.derivatives.take([ContractQuote(SYMBOL, START, parsing.price("1"))], START)
    assert host.store is not None
    await host.store.add_confirmed(bars(1, START - MINUTE, symbol=OTHER))
    shown = await host.update()
    assert shown.changes.current
    assert shown.stored[0] == StoredStretch(OTHER, Period.M1, START - MINUTE, START)
    assert shown.instruments
    assert shown.tickers
    assert shown.derivatives
    assert await host.update(window) == shown
    assert not any(await host.update(window))


async def test_who_comes_later_is_told_all_there_is_and_costs_nothing_once_it_is_gone(host: EngineHost) -> None:
    host.handle(trades([START]))
    host.learn({SYMBOL: InstrumentFacts("one")})
    host.tell_tickers({SYMBOL: Ticker24h(START, last=1.0)})
    host.derivatives.follow([SYMBOL])
    host.derivatives.take([ContractQuote(SYMBOL, START, parsing.price("1"))], START)
    shown = await host.update()
    window = host.view("window", Viewer)
    assert await host.update(window) == shown
    host.forget(window)
    host.handle(trades([START + MINUTE], first_id=2))
    assert window.reader.ended == {}
    assert [*host.derivatives._news] == ["screen"]


async def test_a_window_follows_a_symbol_of_its_own(host: EngineHost) -> None:
    side = host.venue("kraken", lambda: START)
    host.handle([AddSymbol("kraken:BTC/USD", 0, venue="kraken")])
    tape = Tape()
    host.tapes.append(tape)
    host.follow(SYMBOL)
    tape.follow("kraken:BTC/USD")
    host.receive([trade(1)])
    side.receive([trade(2, symbol="BTC/USD")])
    assert [each.aggregate_id for each in host.tape.trades] == [1]
    assert [each.aggregate_id for each in tape.trades] == [2]


def test_what_windows_look_at_comes_behind_the_own_screen(host: EngineHost) -> None:
    host.look_also([Look((OTHER,), Period.M5, "XRPUSDT")])
    host.look_at(Look((SYMBOL,), Period.M1))
    found = [(symbol, str(period)) for (symbol, period), _ in host.look.series(PERIODS)]
    assert found == [
        *((SYMBOL, "1m"), (SYMBOL, "5m")),
        *(("XRPUSDT", "5m"), ("XRPUSDT", "1m"), (OTHER, "5m"), (OTHER, "1m")),
    ]
    assert list(host.look.seen()) == [SYMBOL, "XRPUSDT", OTHER]


async def test_bars_that_another_klagg_makes_are_told_to_each_also_to_one_who_comes_later(host: EngineHost) -> None:
    told = bar(symbol="ELSEUSDT", state=State.FORMING)
    host.tell_bars([told])
    assert not host.is_seen()
    later = host.view("windows", Viewer)
    for viewer in (None, later):
        update = await host.update(viewer)
        assert update.changes.current == (told,)
        assert "ELSEUSDT" in update.symbols_added
        assert update.last_trade_ms == {"ELSEUSDT": START}
        assert not (await host.update(viewer)).changes.current
