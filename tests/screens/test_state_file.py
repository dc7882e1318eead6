"""The state file."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from klagg_tui.config import defaults
from klagg_tui.screens.state_file import StateFile, defaults_from
from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


async def test_the_filters_of_before_are_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "screen.json"
    async with opened(state_path=state) as seen:
        await seen.press("slash")
        await seen.type("btc")
        await seen.press("enter")
        await seen.press("q")
    assert orjson.loads(state.read_bytes())["filter_history"] == ["btc"]


async def test_choices_are_found_again_at_the_next_start(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "screen.json"
    async with opened(state_path=state) as seen:
        await seen.press("3", "v", "m", "q")
    assert orjson.loads(state.read_bytes())["period"] == "30m"
    async with opened(state_path=state) as seen:
        assert "30m" in seen.lines[0]
        assert "Watchlist 1" in seen.lines[1]
        assert sum(map(seen.line_with("BTCUSDT").count, "%–")) == 7, "all periods beside each other"


async def test_windows_write_what_was_chosen_in_them_and_keep_what_others_did(tmp_path: Path) -> None:
    state = tmp_path / "screen.json"
    async with opened(state_path=state) as one, opened(state_path=state) as other:
        for seen, letters in ((one, "btc"), (other, "eth")):
            assert seen.app._state_file
            await seen.press("slash")
            await seen.type(letters)
            await seen.press("enter", "m")
            seen.app._state_file.flush()
        await one.press("3")
        assert one.app._state_file
        one.app._state_file.flush()
        assert one.app.state.preferences.filter == "btc", "what is on view is a window's own"
        assert other.app.state.preferences.filter == "eth"
    kept = orjson.loads(state.read_bytes())
    assert kept["filter"] == "eth", "chosen last"
    assert kept["period"] == "30m"
    assert kept["filter_history"] == ["btc", "eth"]
    assert kept["watchlists"] == [["Watchlist", ["BTCUSDC", "ETHUSDC"]]]


@pytest.mark.parametrize("damage", [b"", b"[1", b"\xff\xfe", b"[]", b'{"columns": 3}'])
def test_a_damaged_state_file_costs_only_the_preferences(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "screen.json"
    path.write_bytes(damage)
    assert StateFile(path, Preferences()).load() == Preferences()


def test_a_state_folder_that_cannot_be_made_costs_only_the_preferences(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    state_file = StateFile(tmp_path / "file" / "screen.json", Preferences())
    assert state_file.load() == Preferences()
    state_file.update(Preferences(period="1h"))
    state_file.flush()
    state_file.flush()


def test_settings_are_where_choices_begin() -> None:
    screen = defaults().screen
    settings = replace(screen, theme="nord", colours="red-up", times="local", columns=("symbol", "vol"))
    chosen = defaults_from(settings)
    assert (chosen.theme, chosen.tints, chosen.local_time, chosen.columns) == (
        "nord",
        "red-up",
        True,
        ("symbol", "vol"),
    )
    assert defaults_from(None) == Preferences()
    assert defaults_from(None, {"hot": "chg*2"}).names == (("hot", "chg*2"),)
