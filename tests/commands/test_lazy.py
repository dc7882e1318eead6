"""Commands that are loaded when they are asked for."""

import pytest

from klagg_tui.commands.shared.lazy import LazyCommands


def test_a_command_is_loaded_once_and_stays() -> None:
    commands = LazyCommands(["bars", "import", "db"])
    assert (list(commands), len(commands)) == (["bars", "import", "db"], 3)
    assert commands["import"].name == "import"
    assert commands["import"] is commands["import"]
    assert [*commands["db"].commands] == ["check", "owed", "compact", "backup", "prune"]


def test_one_that_is_not_there_is_none_and_others_can_be_put_in_or_out() -> None:
    commands = LazyCommands(["bars"])
    assert commands.get("brs") is None
    with pytest.raises(KeyError):
        commands["brs"]
    commands["mine"] = "a command"
    assert commands["mine"] == "a command"
    del commands["bars"]
    assert [*commands] == ["mine"]
