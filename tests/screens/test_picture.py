"""Pictures of the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.screens import picture
from klagg_tui.screens.picture import save_picture
from tests.pilot import opened


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's home without a folder of pictures, who stands in another one."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setattr(picture, "user_pictures_dir", lambda: str(home / "Pictures"))
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.chdir(here)
    return home


def _files(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


def test_a_picture_lies_among_the_others_and_without_their_folder_at_home(home: Path) -> None:
    assert save_picture("<svg/>", "now") == home / "klagg-now.svg"
    assert save_picture("<svg/>", "now") == home / "klagg-now-2.svg", "the first one stays"
    (home / "Pictures").mkdir()
    made = save_picture("<svg/>", "now")
    assert made == home / "Pictures" / "klagg-now.svg"
    assert made.read_text("utf-8") == "<svg/>"


def test_without_a_home_it_is_where_klagg_was_started(home: Path) -> None:
    home.rmdir()
    assert save_picture("<svg/>", "now").parent == Path.cwd()


def test_where_no_folder_takes_it_that_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="missing"):
        save_picture("<svg/>", "missing/now")
    monkeypatch.setattr(picture, "_folders", lambda: iter(()))
    with pytest.raises(OSError, match="no folder"):
        save_picture("<svg/>", "now")


async def test_the_palettes_picture_says_where_it_is_or_why_it_is_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as seen:
        (command,) = seen.app.get_system_commands(seen.app.screen)
        command.callback()
        await seen.pilot.pause()
        (made,) = _files(home)
        assert "klagg" in made.read_text("utf-8")
        assert [notice.message for notice in seen.app._notifications] == [f"Saved as {made}"]
        monkeypatch.setattr(picture, "_folders", lambda: iter(()))
        command.callback()
        await seen.pilot.pause()
        assert [*seen.app._notifications][-1].message == "No picture was saved: there is no folder for it."
