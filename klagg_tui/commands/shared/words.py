"""Words that people type where klagg says it otherwise: `klagg alerts list` means `klagg alerts`.

They stand in no help, for each has a better word there; a command of that name would always go first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_HELP: Final = "help"
_LISTED: Final[Mapping[str, tuple[str, ...]]] = {"list": (), "ls": (), "show": ()}

MEANT: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "klagg": {
        **dict.fromkeys(("watch", "live", "run", "start", "open", "terminal"), ()),
        "version": ("--version",),
        "alert": ("alerts",),
        "bar": ("bars",),
        "candles": ("bars",),
        "symbol": ("symbols",),
        "database": ("db",),
        "settings": ("config",),
        "check": ("audit",),
    },
    "alerts": {
        **_LISTED,
        **dict.fromkeys(("new", "create"), ("add",)),
        **dict.fromkeys(("rm", "del", "delete"), ("remove",)),
    },
    "db": {
        **_LISTED,
        **dict.fromkeys(("info", "status"), ()),
        "symbols": ("--symbols",),
        "missing": ("owed",),
        "verify": ("check",),
        "vacuum": ("compact",),
        "copy": ("backup",),
    },
    "symbols": _LISTED,
    "config": {**_LISTED, "path": ("--path",), "example": ("--example",)},
}
"""By command, what each such word stands for: arguments in its place. Nothing here deletes but what says so itself."""


def meant(command: str | None, args: Sequence[str], at: int, *, has_commands: bool) -> list[str] | None:
    """The arguments with what the word at that place stands for; None where it is no such word."""
    before, word, behind = args[:at], args[at], args[at + 1 :]
    if word == _HELP and has_commands:
        return [*before, *behind, "--help"]
    stands_for = MEANT.get(command or "", {}).get(word)
    return None if stands_for is None else [*before, *stands_for, *behind]
