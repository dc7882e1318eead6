"""Texts that others wrote, made fit to be shown: nothing in them moves a cursor, hides, turns round, or gives a secret away.

A name is checked where it comes in, because it is kept and compared letter by letter: one that could not be shown as it is
is no name. A sentence is made printable where it goes out, whatever it quotes: an error's text, a line of the log, a notice,
a line on the terminal. So nobody in between has to think of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit, urlunsplit

HIDDEN: Final = "hidden"
"""Stands for what is not told."""

_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_FILLERS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffc\U000e0100-\U000e01ef]"
)
"""Drawn as nothing or as a blank, though Unicode counts them among letters, marks and symbols (Default_Ignorable_Code_Point)."""
_LOGIN: Final = re.compile(r"(?i)((?<!\w)(?:[a-z][a-z0-9+.-]*:/+)?[^\s/:@'\"]*):[^\s'\"]*@(?=[\w\[])")
"""The password before a host, also one with a slash or another @ in it; in doubt too much goes."""
_NAME: Final = re.compile(r"(?i)postgres(?:ql)?://[^\s/:@'\"]*@")
"""A user's name, which is no secret: as it is known on the screen."""
_TOKEN: Final = re.compile(r"(?i)(\btoken=|\bbearer )[^\s&'\"]+")
_HOST: Final = re.compile(r"(?:\[[^\]]*\]|[^:/\s]*)(?::\d*)?(?:/.*)?")


def is_printable(text: str) -> bool:
    """Whether every sign of a text can be seen, and is what it looks like: a blank is an ordinary one."""
    if text.isascii():
        return text.isprintable()
    return text.isprintable() and _FILLERS.search(text) is None


def printable(text: str) -> str:
    """The text with a code in the place of each sign that cannot be seen: one line, whatever was in it."""
    return text if is_printable(text) else "".join(map(_shown, text))


def _shown(sign: str) -> str:
    if is_printable(sign):
        return sign
    code = ord(sign)
    width = 2 if code < 0x100 else 4 if code < 0x10000 else 8
    return _SHORT.get(sign) or f"\\{'xuU'[width.bit_length() - 2]}{code:0{width}x}"


def json_printable(document: str) -> str:
    """A JSON document in which signs that cannot be seen are written as escapes; whoever reads it gets them back."""
    lines = document.split("\n")
    return "\n".join(line if is_printable(line) else "".join(map(_escaped, line)) for line in lines)


def _escaped(sign: str) -> str:
    return sign if is_printable(sign) else json.dumps(sign)[1:-1]


def without_secrets(text: str) -> str:
    """A line without passwords in addresses and without tokens."""
    return _TOKEN.sub(rf"\1{HIDDEN}", _LOGIN.sub(_without_password, text))


def _without_password(login: re.Match[str]) -> str:
    """A login that was found, without what may be a secret; a name alone is one where servers take a token in its place."""
    if _NAME.fullmatch(login.group()):
        return login.group()
    joint = "://" if login.group().startswith(f"{login[1]}://") else ":"
    return f"{login[1]}{joint}{HIDDEN}@"


def without_password(address: str) -> str:
    """One address without its password, however it is written; one that may hold a password in another place is not shown."""
    scheme, joint, rest = address.partition("://") if "://" in address else ("", "", address)
    login, at, host = rest.rpartition("@")
    name, has_password, _ = login.partition(":")
    if not _HOST.fullmatch(host):
        return f"{scheme}{joint}{HIDDEN}"
    return f"{scheme}{joint}{name}{f':{HIDDEN}' if has_password else ''}{at}{host}"


def without_login(address: str) -> str:
    """An address as it is known to all: without name and password."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def beginnings(notice: str) -> set[str]:
    """The notice, and it without its last sentence: what happened, before what it costs one task."""
    happened, joint, _ = notice.rpartition(". ")
    return {notice, f"{happened}."} if joint else {notice}


def told_once(notices: Iterable[str]) -> tuple[str, ...]:
    """The notices; of several that say the same and then what it costs one task, the first."""
    told: set[str] = set()
    found: list[str] = []
    for notice in notices:
        if told.isdisjoint(beginnings(notice)):
            found.append(notice)
            told |= beginnings(notice)
    return tuple(found)
