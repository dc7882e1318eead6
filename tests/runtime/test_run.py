"""One run: what must not end it."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import Period
from klagg_tui.errors import DiskError
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import InstrumentFacts
from klagg_tui.runtime import run as run_module
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.run import opened
from klagg_tui.runtime.source import Plan
from tests.makers import DAY, MINUTE, START, SYMBOL, bars

OTHER = "ETHUSDT"


def plan(database: Path) -> Plan:
    recorded = database.with_name("BTCUSDT-aggTrades-2024-08-08.csv")
    recorded.write_text(f"1,100,1,1,1,{START},true\n")
    return Plan(lambda: Replay([recorded], None), (Period.M1,), database, "replay")


async def test_running_out_of_file_descriptors_is_a_notice_and_no_end(tmp_path: Path) -> None:
    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        try:
            with ExitStack() as stack:
                try:
                    while True:
                        stack.enter_context(open("/dev/null"))  # noqa: ASYNC230, PTH123
                except OSError:
                    run._measure_process()
            assert "Too many open files" in run.host.notices["process"]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        run._measure_process()
        assert "process" not in run.host.notices


async def test_stored_bars_that_cannot_be_read_for_a_while_are_a_notice_and_are_shown_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise DiskError("The disk is ill.")

    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        due = list(run.host.stale_closes)
        with monkeypatch.context() as patched:
            patched.setattr(run_module, "stored_closes", fail)
            await run._show()
        assert run.host.notices["shown"].startswith("The disk is ill.")
        assert run.host.stale_closes == due
        await run._show()
        assert "shown" not in run.host.notices


async def test_what_changed_is_shown_between_stored_bars_however_many_are_due(tmp_path: Path) -> None:
    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        assert run.host.store is not None
        await run.host.store.add_confirmed(bars(3))
        run.host.stale_closes[:] = [Period.M5, Period.M1, Period.M1]
        run.host.learn({SYMBOL: InstrumentFacts("one", "The one", SYMBOL, "BTC", "USDT")})
        first, second = await run._next_update(), await run._next_update()
        assert {bar.period for bar in first.changes.ended} == {Period.M1}
        assert second.instruments[SYMBOL].base == "BTC"
        assert run.host.stale_closes == [Period.M1]


async def test_history_that_comes_of_one_symbol_shows_its_closes_alone(tmp_path: Path) -> None:
    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        store = run.host.store
        assert store is not None
        await store.add_confirmed([*bars(3), *bars(3, symbol=OTHER)])
        run.host.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
        while (await run._next_update()).changes or run.host.stale_closes or run._stale_series:
            pass
        await store.add_confirmed(bars(2, START + 3 * MINUTE))
        told = await run._next_update()
        assert told.stored == (StoredStretch(SYMBOL, Period.M1, START + 3 * MINUTE, START + 5 * MINUTE),)
        shown = (await run._next_update()).changes.ended
        assert [(bar.symbol, bar.open_ms) for bar in shown] == [(SYMBOL, START + n * MINUTE) for n in range(5)]
        assert not run._stale_series


async def test_closes_of_the_period_on_the_screen_wait_for_no_minutes_that_keep_coming(tmp_path: Path) -> None:
    several = replace(plan(tmp_path / "klagg.db"), periods=(Period.M1, Period.M5, Period.H1))
    async with opened(several, Latest()) as run:
        store = run.host.store
        assert store is not None
        run.host.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
        while (await run._next_update()).changes or run.host.stale_closes or run._stale_series:
            pass
        run.host.look_at(Look(period=Period.M5))
        shown: list[Period] = []
        for turn in range(6):
            for period in (Period.M1, Period.M5, Period.H1):
                await store.add_confirmed(bars(1, START + turn * period.nominal_ms, period=period))
            await run._next_update()
            shown += {bar.period for bar in (await run._next_update()).changes.ended}
        assert shown == [Period.M5, Period.M1, Period.M5, Period.H1, Period.M5, Period.M1]


async def test_history_older_than_the_closes_that_are_shown_and_of_symbols_that_are_not_followed_is_not_shown(
    tmp_path: Path,
) -> None:
    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        store = run.host.store
        assert store is not None
        run.host.stale_closes.clear()
        run.host.now_ms = lambda: START + DAY
        run.host.handle([AddSymbol(SYMBOL, 0)])
        await store.add_confirmed([*bars(3), *bars(3, START + DAY - 3 * MINUTE, symbol=OTHER)])
        assert {stretch.symbol for stretch in (await run._next_update()).stored} == {SYMBOL, OTHER}
        assert not run._stale_series


async def test_a_live_run_keeps_which_exchanges_it_watches_and_a_replay_does_not(tmp_path: Path) -> None:
    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        assert run.host.store is not None
        assert await run.host.store.watched() is None
    where = MarketEndpoint(venue(), "http://127.0.0.1:9", "ws://127.0.0.1:9", history=0)
    live = Plan(lambda: LiveFeed(where), (Period.M1,), tmp_path / "live.db", f"{venue().key}@http://127.0.0.1:9")
    async with opened(live, Latest()) as run:
        assert run.host.store is not None
        assert await run.host.store.watched() == frozenset({venue().key})
