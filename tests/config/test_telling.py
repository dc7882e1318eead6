"""Settings that say how people are told of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from klagg_tui.config import load
from klagg_tui.config.kinds import Kind
from klagg_tui.config.table import TERMINAL_FORMS
from klagg_tui.config.telling import CommandLine, HookUrl, Switch
from klagg_tui.errors import ConfigError
from klagg_tui.view.alerts.terminals import CHOICES

HERE = Path()


def test_the_forms_of_terminals_are_those_that_there_are() -> None:
    assert TERMINAL_FORMS == CHOICES


def test_the_table_is_read_from_the_file_and_flags_go_before_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[alerts]\nbell = false\nterminal = "OSC9"\ndesktop = true\ncommand = ["sh", "-c", "say $KLAGG_SYMBOL"]\n'
        'webhook = "https://example.org/x?token=1"\n'
    )
    alerts = load(file, {}, {}).settings.alerts
    assert (alerts.bell, alerts.terminal, alerts.desktop) == (False, "osc9", True)
    assert alerts.command == ("sh", "-c", "say $KLAGG_SYMBOL")
    assert alerts.webhook == "https://example.org/x?token=1"
    flags = {"alerts.bell": ("on",), "alerts.command": ("say 'a b'",), "alerts.webhook": ("none",)}
    alerts = load(file, flags, {"KLAGG_ALERT_TERMINAL": "none"}).settings.alerts
    assert (alerts.bell, alerts.terminal, alerts.command, alerts.webhook) == (True, "none", ("say", "a b"), None)


def test_what_is_wrong_is_told_with_its_line_and_a_near_name(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[alerts]\nbel = true\ndesktop = "on"\nterminal = "osc8"\nwebhook = "ftp://secret"\ncommand = 1\n')
    with pytest.raises(ConfigError) as told:
        load(file, {}, {})
    assert str(told.value).splitlines() == [
        f"{file}, line 2: there is no setting alerts.bel; did you mean alerts.bell?",
        f'{file}, line 3: alerts.desktop is "on", but must be true or false.',
        f'{file}, line 4: alerts.terminal is "osc8", but must be one of auto, osc9, osc777, osc99, none; did you mean osc9?',
        f'{file}, line 5: alerts.webhook must be an address like https://HOST/… or http://HOST/…, or "none".',
        f'{file}, line 6: alerts.command is 1, but must be a program with its arguments, as a text or a list of texts, or "none".',
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (CommandLine(), ""),
        (CommandLine(), "say 'a"),
        (CommandLine(), []),
        (CommandLine(), [" "]),
        (CommandLine(), ["say", 1]),
        (CommandLine(), ["a\0b"]),
        (HookUrl(), "https://"),
        (HookUrl(), "https://a b"),
        (HookUrl(), "https://host:99999/"),
        (HookUrl(), "https://[host/"),
        (HookUrl(), "https://host/\x1b"),
        (HookUrl(), 1),
        (Switch(), 1),
    ],
)
def test_what_is_no_such_value_is_refused(kind: Kind[Any], value: object) -> None:
    with pytest.raises(ValueError, match=r"is|must be"):
        kind.from_toml(value, HERE)


def test_what_is_written_is_read_again_and_what_is_shown_has_no_secret() -> None:
    for command in ((), ("say", "a b")):
        written = CommandLine().to_toml(command)
        assert written == ('["say", "a b"]' if command else '"none"')
    assert CommandLine().from_toml("none", HERE) == ()
    assert Switch().to_toml(True) == "true"
    assert Switch().to_toml(False) == "false"
    with pytest.raises(ValueError, match="must be on or off"):
        Switch().from_text("maybe", HERE)
    assert HookUrl().to_toml("https://me:pass@host/secret") == '"https://me:pass@host/secret"'
    assert HookUrl().to_show("https://me:pass@host/secret") == '"https://host/hidden"'
    assert HookUrl().to_show(None) == HookUrl().to_toml(None) == '"none"'
