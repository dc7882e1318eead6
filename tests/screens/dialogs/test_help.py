"""Help."""

from klagg_tui.screens.widgets import header
from klagg_tui.view.alerts.marks import ARMED, FIRED
from klagg_tui.view.columns import state
from klagg_tui.view.columns.figures import ABOUT
from klagg_tui.view.marking import BOTH, LISTED, MARKED
from klagg_tui.view.signs import LEGEND
from tests.pilot import opened


async def test_help_names_every_key_the_filter_language_and_the_columns() -> None:
    async with opened((120, 260)) as seen:
        await seen.press("question_mark")
        for part in (
            "Freeze the picture",
            "Choose columns",
            "Alerts",
            "bar.chg(1d)>5",
            "relative volume: turnover",
            "part of the volume that takers",
        ):
            assert part in seen.text
        assert "Scroll Left" not in seen.text
        await seen.press("escape", "enter")
        await seen.press("question_mark")
        assert "Help · Symbol" in seen.text
        assert "Crosshair to the left" in seen.text
        await seen.press("j", "k", "q")
        assert seen.app.screen.id == "symbol"


async def test_help_is_searched_for_words_in_lines_and_titles() -> None:
    async with opened((120, 60)) as seen:
        await seen.press("question_mark")
        assert "esc closes" in seen.text
        await seen.press("slash")
        await seen.type("WATCHLIST next")
        await seen.pilot.pause()
        assert "Next watchlist" in seen.text
        assert "Choose columns" not in seen.text
        assert "Figures" not in seen.text
        await seen.press("ctrl+u")
        await seen.type("mouse")
        await seen.pilot.pause()
        assert "open the symbol" in seen.text, "a section by its title"
        await seen.press("ctrl+u")
        await seen.type("zzzz")
        await seen.pilot.pause()
        assert "Nothing in here has these words" in seen.text
        await seen.press("ctrl+u", "enter", "q")
        assert seen.app.screen.id == "market"


async def test_every_sign_of_a_state_is_in_the_legend() -> None:
    known = {sign for sign, _ in LEGEND}
    assert {*header._SIGNS.values(), *state._SIGNS.values(), FIRED, ARMED, ABOUT, LISTED, MARKED, BOTH} <= known
    async with opened((120, 120)) as seen:
        await seen.press("question_mark", "slash")
        await seen.type("trades are missing")
        await seen.pilot.pause()
        assert "trades are missing" in seen.line_with("◐")
