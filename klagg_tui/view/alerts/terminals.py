"""What makes a terminal show a notification of the desktop, and which terminal understands what. Pure.

OSC 9 is iTerm2's (https://iterm2.com/documentation-escape-codes.html), OSC 777 came with urxvt, OSC 99 is kitty's
(https://sw.kovidgoyal.net/kitty/desktop-notifications/). A terminal that does not know one shows nothing, but some show the text of
it as it is: so where nobody says which, only terminals get one that say who they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from klagg_tui.texts import printable

AUTO: Final = "auto"
NONE: Final = "none"
OSC9: Final = "osc9"
OSC777: Final = "osc777"
OSC99: Final = "osc99"
CHOICES: Final = (AUTO, OSC9, OSC777, OSC99, NONE)

_BY_PROGRAM: Final = {"iterm.app": OSC9, "wezterm": OSC777, "ghostty": OSC777, "rio": OSC9, "warpterminal": OSC777}
_BY_TERM: Final = {"xterm-kitty": OSC99, "xterm-ghostty": OSC777, "foot": OSC777, "rxvt": OSC777, "wezterm": OSC777}
_ROOM: Final = 200
"""Letters of a text: more is not shown anywhere."""


def form_of(chosen: str, environment: Mapping[str, str]) -> str:
    """What the terminal is to be sent: one of `CHOICES` but `auto`, which is what the terminal says that it is.

    Inside tmux and screen nothing is sent by itself: they keep it for themselves, or show it.
    """
    if chosen != AUTO:
        return chosen
    if "TMUX" in environment or "STY" in environment:
        return NONE
    if "KITTY_WINDOW_ID" in environment:
        return OSC99
    program = environment.get("TERM_PROGRAM", "").lower()
    term = environment.get("TERM", "").lower()
    by_term = next((form for begin, form in _BY_TERM.items() if term.startswith(begin)), NONE)
    return _BY_PROGRAM.get(program, by_term)


def sequence(form: str, title: str, text: str) -> str:
    """What is written to the terminal; nothing for `none`. Whatever the texts are, nothing in them moves a cursor or ends it early."""
    title, text = _safe(title), _safe(text)
    if form == OSC9:
        return f"\x1b]9;{title}: {text}\x07"
    if form == OSC777:
        return f"\x1b]777;notify;{title.replace(';', ',')};{text}\x07"
    if form == OSC99:
        return f"\x1b]99;i=klagg:d=0;{title}\x1b\\\x1b]99;i=klagg:d=1:p=body;{text}\x1b\\"
    return ""


def _safe(text: str) -> str:
    return printable(text)[:_ROOM]
