"""Help."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest
from textual.binding import Binding

import klagg_tui.screens.export  # noqa: F401 - it is loaded when it is opened
from klagg_tui import formatting, screens, view
from klagg_tui.screens.base import KlaggScreen, kinds_below
from klagg_tui.screens.dialogs.help import HelpScreen
from klagg_tui.view.signs import LEGEND
from tests.made_venues import made_venues
from tests.pilot import opened


async def test_help_names_every_key_the_filter_language_and_the_columns() -> None:
    async with opened((120, 320)) as seen:
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


_ROOMS: Final = (view.__path__[0], screens.__path__[0])
_MODULES: Final = (*(path for room in _ROOMS for path in Path(room).rglob("*.py")), Path(formatting.__file__))


def _signs_in(path: Path) -> set[str]:
    """Letters beyond ASCII in the texts of a module, but for its documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes
    )
    return {sign for text in texts for sign in text if not sign.isascii() and not sign.isspace() and not sign.isalpha()}


async def test_every_sign_that_a_screen_can_draw_is_in_the_legend() -> None:
    known = set("".join(sign for sign, _ in LEGEND))
    drawn = {sign: path.name for path in _MODULES if path.name != "signs.py" for sign in _signs_in(path)}
    assert len(drawn) > 50
    assert {sign: name for sign, name in drawn.items() if sign not in known} == {}, "put it into view/signs.py"
    assert known - set(drawn) <= {" ", "~", "=", "$"}, "nothing draws it any more"
    async with opened((120, 120)) as seen:
        await seen.press("question_mark", "slash")
        await seen.type("trades are missing")
        await seen.pilot.pause()
        assert "trades are missing" in seen.line_with("◐")


_WAYS: Final[dict[str, tuple[str, ...]]] = {
    "market": (),
    "symbol": ("enter",),
    "coin": ("b",),
    "health": ("h",),
    "export": ("e",),
    "wall": ("W",),
}
"""Keys that open each screen."""


def _kinds() -> list[type[KlaggScreen]]:
    return [kind for kind in kinds_below(KlaggScreen) if kind.__module__.startswith("klagg_tui.")]


def test_no_screen_is_forgotten() -> None:
    assert len(_kinds()) == len(_WAYS)


@pytest.mark.parametrize("name", _WAYS)
async def test_every_key_of_every_screen_is_in_its_section_wherever_help_is_opened(name: str) -> None:
    async with opened((120, 60), feed=made_venues()) as seen:
        await seen.press(*_WAYS[name])
        assert seen.app.screen.id == name
        await seen.press("question_mark")
        help_screen = seen.app.screen
        assert isinstance(help_screen, HelpScreen)
        sections = {section.title: section.rows for section in help_screen._sections()}
        for kind in _kinds():
            told = {(key, what) for keys, what in sections[f"Keys · {kind.HELP_TITLE}"] for key in keys.split()}
            bound = {
                (seen.app.get_key_display(each), each.description)
                for each in Binding.make_bindings(kind.BINDINGS)
                if each.description
            }
            assert bound <= told, kind
        assert ("e", "Export bars to a file") in sections["Keys · everywhere"]
        assert "Earlier filter" in str(sections["Keys · while a filter is typed"])
        assert "How often it fires" in str(sections["Keys · alerts"])


async def test_long_lines_stand_below_each_other_and_no_key_is_cut() -> None:
    async with opened((80, 400)) as seen:
        await seen.press("question_mark")
        begin = next(number for number, line in enumerate(seen.lines) if "newest price against the close" in line)
        at = seen.lines[begin].index("newest price")
        assert seen.lines[begin + 1][at:].strip()
        assert not seen.lines[begin + 1][3:at].strip(" │")
        assert "1 2 3 4 5 6 7 8 9 0" in seen.text


async def test_keys_of_other_screens_are_found_as_they_are_bound_now() -> None:
    async with opened((120, 60), keymap={"jump": "f9"}) as seen:
        await seen.press("question_mark", "slash")
        await seen.type("jump to")
        await seen.pilot.pause()
        assert "Keys · Symbol" in seen.text
        assert "f9" in seen.line_with("Jump to a date")
