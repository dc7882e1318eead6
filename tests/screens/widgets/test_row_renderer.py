"""One line of the market table."""

import pytest
from rich.cells import cell_len

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import FeedUpdate
from klagg_tui.screens.palette import Tints, palette
from klagg_tui.screens.widgets.row_renderer import RowState, row_strip
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import DEFAULT_KEYS, view_columns
from klagg_tui.view.layout import Widths, place
from klagg_tui.view.model import Row
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.makers import START, bar
from tests.pilot import opened


@pytest.mark.parametrize(("price", "drawn"), [("70001.25", "70,001.25"), ("7.5", "7.5")])
def test_a_price_that_changed_flashes_with_an_arrow_in_a_line_of_the_same_width(price: str, drawn: str) -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, price))
    placed = place(view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False), 99, Widths(10, 8))
    context, styles = RenderContext(Period.M1, START, is_stale=False), palette({}, Tints.THEME).plain
    for flash, sign in ((1, "▲"), (-1, "▼"), (0, " ")):
        strip = row_strip(
            row, placed, context, styles, 100, RowState(cursor=False, mark=False, flash=flash, thumb=False)
        )
        assert f"{sign}{drawn}" in strip.text
        assert strip.cell_length == cell_len(strip.text) == 100


@pytest.mark.parametrize("evidence", [Evidence.ALL, Evidence.CANDLE_ONLY], ids=["by ids", "by the candle"])
def test_the_sign_of_an_alert_stands_beside_the_symbol(evidence: Evidence) -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, "1.5", state=State.CONFIRMED)._replace(evidence=evidence))
    placed = place(view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False), 99, Widths(10, 8))
    context, styles = RenderContext(Period.M1, START, is_stale=False), palette({}, Tints.THEME).plain
    state = RowState(cursor=False, mark=True, flash=0, thumb=False, alert="◆")
    strip = row_strip(row, placed, context, styles, 100, state)
    assert strip.text.startswith(" ★✔◆BTCUSDT")
    assert strip.cell_length == 100


async def test_a_partial_row_looks_partial_and_an_old_one_stale() -> None:
    async with opened() as seen:
        seen.feed.now_ms += 120_000
        await seen.beat(6)
        assert "stale" in seen.lines[0]
        assert all("✕" in line for line in seen.lines[3:-2])


async def test_symbols_of_other_scripts_stand_in_their_columns() -> None:
    async with opened(feed=MadeMarket(41), preferences=Preferences(filter="币安 or btcusdt", sort="symbol")) as seen:
        ends = [cell_len(line.split("%")[0]) for line in seen.lines[3:5]]
        assert ends[0] == ends[1]


class _BegunLate(MadeMarket):
    """As in the first minutes after a start: of every bar trades are missing."""

    def take_changes(self) -> FeedUpdate | None:
        update = super().take_changes()
        if update is None:
            return None
        current = tuple(bar._replace(state=State.PARTIAL) for bar in update.changes.current)
        return update._replace(changes=update.changes._replace(current=current))


async def test_a_state_that_all_rows_have_is_said_once() -> None:
    async with opened((200, 40), feed=_BegunLate(30)) as seen:
        await seen.beat(6)
        assert "◐ all partial" in seen.lines[0]
        assert "State" in seen.lines[2]
        assert not any("partial" in line or "◐" in line for line in seen.lines[1:])
