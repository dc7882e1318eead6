"""The store as a whole: killed at any moment, it opens again with bars and spans that agree."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.storage.store import Store
from tests.filed import all_of, file_in, listed
from tests.makers import HOUR, MINUTE, START, SYMBOL, bars, trades

STEP_MS = 7_000
COUNT = 20_000
"""Trades: far more than are written before the process is killed."""

LIVE = """
import asyncio, pathlib, sys
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, SeedBars
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.storage.store import Store
from tests.storage.test_store import COUNT, START, STEP_MS, SYMBOL, trades

async def main():
    engine = KlineEngine(DEFAULT_PERIODS, holds_gaps=True)
    engine.handle(AddSymbol(SYMBOL, 0))
    reader = engine.reader()
    engine.handle(SeedBars(SYMBOL, START, (), None, 1))
    given = trades(range(START, START + COUNT * STEP_MS, STEP_MS))
    async with await Store.open(pathlib.Path(sys.argv[1])) as store:
        for start in range(0, COUNT, 5):
            for each in given[start:start + 5]:
                engine.handle(each)
            await store.write(engine.drain(reader))
            print(start, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("batches", [1, 7, 40, 111])
async def test_a_killed_writer_leaves_bars_and_spans_that_agree(tmp_path: Path, batches: int) -> None:
    path = tmp_path / "klagg.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIVE, str(path), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert process.stdout
    for _ in range(batches):
        assert await process.stdout.readline()
    process.kill()
    await process.communicate()
    given = trades(range(START, START + COUNT * STEP_MS, STEP_MS))
    async with await Store.open(path) as store:
        assert await store.integrity_check() == ()
        span = (await store.spans(SYMBOL))[-1]
        assert span.last_id >= 5 * batches
        counted = sum(each.last_trade_id - each.first_trade_id + 1 for each in given[: span.last_id])
        assert sum(each.trade_count for each in await listed(store)) == counted
        await file_in(store, given[span.last_id : 3000])
        first, *resumed = [each for each in await listed(store) if each.state is State.CLOSED]
    async with await Store.open(tmp_path / "whole.db") as store:
        await file_in(store, given[:3000])
        whole_first, *whole, _still_forming = await listed(store)
        assert resumed == whole
        assert first.same_values(whole_first)


async def test_batches_at_the_same_time_go_one_after_another(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        symbols = [f"S{number}USDT" for number in range(8)]
        given = {symbol: trades(range(START, START + 20 * MINUTE, 9_000), symbol=symbol) for symbol in symbols}
        await asyncio.gather(*(file_in(store, given[symbol], 30, symbol) for symbol in symbols))
        first, *others = [(await all_of(store, symbol))[0] for symbol in symbols]
        assert all([each[1:] for each in bars] == [each[1:] for each in first] for bars in others)


async def test_a_batch_that_is_cancelled_leaves_the_store_usable(tmp_path: Path) -> None:
    given = trades(range(START, START + 300 * MINUTE, 5_000))
    async with await Store.open(tmp_path / "klagg.db") as store:
        task = asyncio.create_task(file_in(store, given))
        for _ in range(6):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await file_in(store, given)
        stored = await all_of(store)
    async with await Store.open(tmp_path / "whole.db") as store:
        await file_in(store, given)
        assert stored == await all_of(store)


async def test_closing_twice_does_nothing(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "klagg.db")
    await store.close()
    await store.close()


async def test_everything_is_in_the_file_itself_when_the_writer_closes_before_its_readers(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await Store.open(path))
        await store.add_confirmed(bars(5))
        reader = await stack.enter_async_context(await Store.open(path, read_only=True))
        assert await reader.count(SYMBOL, Period.M1, START, START + HOUR) == 5
        await store.close()
        copy = tmp_path / "copy.db"
        copy.write_bytes(path.read_bytes())
        async with await Store.open(copy, read_only=True) as copied:
            assert await copied.count(SYMBOL, Period.M1, START, START + HOUR) == 5
