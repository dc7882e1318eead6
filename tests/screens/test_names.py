"""Names are text: what looks like markup in them is shown as it stands, wherever they are shown."""

from __future__ import annotations

import pytest
from textual.widgets import Select

from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view.preferences import Preferences
from tests import made_market
from tests.made_market import MadeMarket
from tests.pilot import opened

ODD = "[red]X[/red]USDT"
FORMS = [ODD, "[$primary]USDT", "[/]", "[b", "\\[b]"]


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> MadeMarket:
    """A market whose first symbol has an odd name."""
    monkeypatch.setattr(made_market, "NAMES", [ODD, *made_market.NAMES])
    return MadeMarket(3)


async def test_in_the_table_on_its_own_screen_and_where_it_is_exported(odd: MadeMarket) -> None:
    async with opened(feed=odd) as seen:
        seen.line_with(ODD)
        await seen.app.open_symbol(ODD)
        await seen.beat()
        assert ODD in seen.lines[0]
        await seen.press("e")
        await seen.work_done()
        assert f"{ODD} (1)" in seen.text
        seen.app.screen.query_one("#symbols", Select).expanded = True
        await seen.pilot.pause()
        assert seen.text.count(f"{ODD} (1)") == 2


async def test_in_what_the_palette_finds(odd: MadeMarket) -> None:
    async with opened(feed=odd, preferences=Preferences(saved_filters=(("mine", "[$x] [red]btc"),))) as seen:
        for typed, shown in (("X[/red]", ODD), ("@mine", "[$x] [red]btc")):
            await seen.press("colon")
            await seen.type(typed)
            await seen.work_done()
            assert shown in seen.text
            await seen.press("escape")


@pytest.mark.parametrize("name", FORMS)
async def test_in_titles_lines_notes_and_notices(name: str) -> None:
    async with opened() as seen:
        await seen.app.push_screen(Menu(f"1{name}", [Choice("a", f"2{name}", f"3{name}")], footer=f"4{name}"))
        await seen.pilot.pause()
        for number in "1234":
            assert f"{number}{name}" in seen.text
        await seen.app.push_screen(Ask(f"5{name}", f"6{name}", "", lambda _: None))
        await seen.pilot.pause()
        assert f"5{name}" in seen.text
        assert f"6{name}" in seen.text
        seen.app.screen.notify(f"7{name}")
        await seen.pilot.pause()
        assert [notice.markup for notice in seen.app._notifications] == [False]


@pytest.mark.parametrize("name", FORMS)
async def test_in_the_list_of_alerts(name: str) -> None:
    async with opened(preferences=Preferences(alerts=(name,))) as seen:
        await seen.press("a")
        seen.line_with(name)
