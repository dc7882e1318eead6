"""Lines of text that the database writes itself."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.storage.lines import Lines, Printf
from klagg_tui.storage.queries import PAGE
from klagg_tui.storage.rows import Decimals
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars


def plain(decimals: Decimals) -> Printf | None:
    """Open time and trade count, of whatever is stored with at most two decimals."""
    return Printf("%d,%d\n", "minute, trade_count") if decimals.price <= 2 else None


async def read(store: Store) -> tuple[list[str], list[Bar]]:
    """What came as text, and what came as bars."""
    text, rows = "", []
    async for page in store.lines(SYMBOL, Period.M1, plain):
        if isinstance(page, Lines):
            assert page.bars == page.text.count(b"\n")
            text += page.text.decode()
        else:
            rows += page
    return text.splitlines(), rows


async def test_pages_are_written_in_order_of_time(store: Store) -> None:
    await store.add_confirmed(bars(PAGE + 5))
    lines, rows = await read(store)
    assert lines == [f"{each.open_ms // MINUTE},{each.trade_count}" for each in bars(PAGE + 5)]
    assert rows == []


async def test_what_cannot_be_written_so_comes_as_bars(store: Store) -> None:
    await store.add_confirmed([*bars(3), bar(START + 3 * MINUTE, "100.12345678")])
    forming = bar(START + 4 * MINUTE, state=State.FORMING)
    await store.write(Changes((forming,)))
    lines, rows = await read(store)
    assert len(lines) + len(rows) == 5
    assert rows[-2:] == [bar(START + 3 * MINUTE, "100.12345678", state=State.CONFIRMED), forming]


async def test_an_unknown_symbol_has_no_lines(store: Store) -> None:
    assert [page async for page in store.lines("NOPE", Period.M1, plain)] == []
