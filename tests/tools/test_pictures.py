import pkgutil
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.segment import Segment
from rich.style import Style
from textual.command import CommandPalette
from textual.screen import ModalScreen, Screen

import klagg_tui.screens
from tools.pictures.__main__ import HALVES
from tools.pictures.draw import draw
from tools.pictures.grounds import stage
from tools.pictures.scenes import CHOICES, SCENES, Ground
from tools.pictures.svg import picture

TEXT = "{http://www.w3.org/2000/svg}text"


def screens() -> dict[str, type[Screen[object]]]:
    """The screens and dialogs of klagg by name, without those that others are built on."""
    found = set[type[Screen[object]]]()
    for module in pkgutil.walk_packages(klagg_tui.screens.__path__, "klagg_tui.screens."):
        for each in vars(import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, Screen) and each.__module__.startswith("klagg_tui."):
                found.add(each)
    bases = {base for each in found for base in each.__mro__[1:]}
    return {each.__name__: each for each in found - bases - {Screen, ModalScreen}}


def test_every_screen_and_dialog_has_a_picture() -> None:
    assert screens().keys() - {scene.screen for scene in SCENES} == set()


def test_every_scene_names_a_screen_that_there_is() -> None:
    known = screens().keys() | {CommandPalette.__name__}
    assert {scene.name for scene in SCENES if scene.screen not in known} == {"first-start"}


def test_names_of_scenes_differ_and_each_is_drawn_by_one_process() -> None:
    assert len({scene.name for scene in SCENES}) == len(SCENES)
    assert sorted(ground.name for half in HALVES for ground in half) == sorted(Ground.__members__)


async def test_a_scene_is_drawn_the_same_again(tmp_path: Path) -> None:
    scene = next(scene for scene in SCENES if scene.name == "empty")._replace(sizes=((80, 24),), variant_size=None)
    drawn = []
    for number in range(2):
        (folder := tmp_path / str(number)).mkdir()
        with stage(scene.ground, folder, CHOICES) as ready:
            drawn.append([picture async for picture in draw(ready, scene)])
    assert [picture.name for picture in drawn[0]] == ["empty-80x24"]
    assert drawn[0] == drawn[1]
    assert "cannot be reached" in "".join(ET.fromstring(drawn[0][0].svg).itertext())


def test_a_picture_says_where_each_letter_is_and_what_is_behind_it() -> None:
    red = Style(color="#ff0000", bgcolor="#000000")
    blue = Style(color="#ff0000", bgcolor="#0000ff")
    line = [Segment("ab" + " " * 8 + "cd", red), Segment("e<", blue), Segment("币", red), Segment("⠁⡀", red)]
    root = ET.fromstring(picture([line], 18, "a title"))
    assert [(text.text, text.get("x"), text.get("textLength")) for text in root.iter(TEXT)] == [
        ("ab", "0", "24"),
        ("cde<", "120", "48"),
        ("币", "168", "24"),
    ]
    areas = [path.get("d") for path in root.iter("{http://www.w3.org/2000/svg}path")]
    assert areas == ["M144 0h24v23h-24z", "M195 3h0M207 20h0"]


def test_a_picture_in_256_colours_has_no_others() -> None:
    line = [Segment("a", Style(color="#123456", bgcolor="#0c1017"))]
    drawn = picture([line], 1, "", has_256=True)
    assert "#123456" not in drawn
    assert "#0c1017" not in drawn
