"""Which terminal is sent what."""

import pytest

from klagg_tui.view.alerts.terminals import form_of, sequence


@pytest.mark.parametrize(
    ("environment", "form"),
    [
        ({"TERM": "xterm-kitty"}, "osc99"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "osc99"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "osc9"),
        ({"TERM_PROGRAM": "WezTerm"}, "osc777"),
        ({"TERM": "foot-extra"}, "osc777"),
        ({"TERM": "rxvt-unicode-256color"}, "osc777"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux,1,0"}, "none"),
        ({"TERM": "xterm-kitty", "STY": "1.pts"}, "none"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "none"),
        ({}, "none"),
    ],
    ids=["kitty", "in kitty", "iterm", "wezterm", "foot", "urxvt", "tmux", "screen", "apple", "unknown"],
)
def test_a_terminal_is_known_by_what_it_says_it_is(environment: dict[str, str], form: str) -> None:
    assert form_of("auto", environment) == form
    assert form_of("osc9", environment) == "osc9"
    assert form_of("none", environment) == "none"


def test_each_form_holds_title_and_text_and_nothing_in_them_ends_it_early() -> None:
    title, text = "Alert; one", "1000PEPE at 1.5\x07\x1b]0;gone\x1b\\" + "x" * 300
    safe = ("1000PEPE at 1.5\\x07\\x1b]0;gone\\x1b\\" + "x" * 300)[:200]
    assert sequence("osc9", title, text) == f"\x1b]9;Alert; one: {safe}\x07"
    assert sequence("osc777", title, text) == f"\x1b]777;notify;Alert, one;{safe}\x07"
    assert sequence("osc99", title, text) == (
        f"\x1b]99;i=klagg:d=0;Alert; one\x1b\\\x1b]99;i=klagg:d=1:p=body;{safe}\x1b\\"
    )
    assert sequence("none", title, text) == ""
