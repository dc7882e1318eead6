"""Stored bars rolled up to a longer period on their way out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from klagg_tui.engine.bar import Bar, State, merge
from klagg_tui.engine.period import Period
from klagg_tui.engine.rollup import relabelled

_PAGE: Final = 1000


async def resampled(
    pages: AsyncIterator[list[Bar]], period: Period, anchor: int, *, ended_only: bool = False
) -> AsyncIterator[Bar]:
    """Bars of `period` from shorter ones of one symbol, which come oldest first and divide it.

    A bar with bars missing in it is partial; the last one is forming while nothing follows it and only its end is missing.
    `ended_only`: without the last one where its end is missing.
    """
    whole: Bar | None = None
    reached_ms = 0
    async for page in pages:
        for bar in page:
            open_ms = period.open_ms(bar.open_ms, anchor)
            if whole is not None and open_ms == whole.open_ms:
                whole = merge(whole, bar)
            else:
                if whole is not None:
                    yield _ended(whole, reached_ms)
                whole = relabelled(bar, period, open_ms)
                reached_ms = open_ms
            if bar.open_ms != reached_ms:
                whole = whole._replace(state=State.PARTIAL)
            reached_ms = bar.end_ms
    if whole is not None and not (ended_only and reached_ms != whole.end_ms):
        yield _last(whole, reached_ms)


async def in_pages(bars: AsyncIterator[Bar]) -> AsyncIterator[list[Bar]]:
    """The bars, many at a time."""
    page: list[Bar] = []
    async for bar in bars:
        page.append(bar)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _ended(whole: Bar, reached_ms: int) -> Bar:
    return whole if reached_ms == whole.end_ms else whole._replace(state=State.PARTIAL)


def _last(whole: Bar, reached_ms: int) -> Bar:
    is_open = reached_ms != whole.end_ms and whole.state is not State.PARTIAL
    return whole._replace(state=State.FORMING) if is_open else whole
