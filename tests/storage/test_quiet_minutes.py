"""Minutes without trades, where two spans met."""

from __future__ import annotations

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import State
from klagg_tui.engine.spans import Span
from klagg_tui.storage.store import Store
from tests.filed import file_in, listed
from tests.makers import MINUTE, START, SYMBOL, bar, trade


async def test_quiet_minutes_between_two_files_become_flat(store: Store) -> None:
    await file_in(store, [trade(3, START + 5 * MINUTE + 1, "120")])
    await file_in(store, [trade(1, START, "100"), trade(2, START + 1, "101")])
    quiet = [each for each in await listed(store) if not each.is_traded]
    assert [each.open_ms for each in quiet] == [START + minute * MINUTE for minute in range(1, 5)]
    assert {(each.open, each.close, each.state) for each in quiet} == {
        (parsing.price("101"), parsing.price("101"), State.CLOSED)
    }


async def test_quiet_minutes_that_open_a_file_become_flat_once_a_price_is_known(store: Store) -> None:
    day = [bar(START + 2 * MINUTE, "120", state=State.CLOSED)]
    await store.add(day, [Span(SYMBOL, 3, 3, START, START + 3 * MINUTE)])
    assert [each.open_ms for each in await listed(store)] == [START + 2 * MINUTE]
    await store.add([bar(START - MINUTE, "100")], [Span(SYMBOL, 1, 2, START - MINUTE, START)])
    closes = [(each.open_ms, each.close) for each in await listed(store)]
    assert closes[1:3] == [(START, parsing.price("100")), (START + MINUTE, parsing.price("100"))]
