"""How often an alert fires, as people write and read it; and what is said when one fired."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from klagg_tui import formatting
from klagg_tui.alert import PAUSE_MS, Alert, Firing, Repeat
from klagg_tui.errors import BadTime
from klagg_tui.timespec import parse_time

FORMS: Final = "once, every 15m, until 2026-12-31, until +2h"
_LENGTH: Final = re.compile(r"(\d{1,6})\s*([smhdw])")
_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_VALUE: Final = re.compile(r"(?<= )-?\d{4,}(?:\.\d+)?(?=, |$)")
"""A number with thousands, behind what it is of."""
_LEAST_MS: Final = 10_000
"""More often nobody can read them, and a server that takes them shuts the door."""
_MOST_MS: Final = 30 * 86_400_000


def with_repeat(alert: Alert, text: str, now_ms: int, *, local: bool = False) -> Alert:
    """The alert, to fire as often as a text says, one or two of `FORMS`; nothing: as usual.

    Raises:
        BadTime: it says something else, or a time that is over.
    """
    found = replace(alert, repeat=Repeat.AGAIN, pause_ms=PAUSE_MS, until_ms=None, has_ended=False)
    for part in filter(None, re.split(r"\s*[,;]\s*", text.strip())):
        word, _, rest = part.partition(" ")
        rest = rest.strip()
        if word == "once" and not rest:
            found = replace(found, repeat=Repeat.ONCE, until_ms=None)
        elif word == "every" and (length := _length(rest)) is not None:
            found = replace(found, pause_ms=_checked(length))
        elif word == "until" and rest:
            found = replace(found, repeat=Repeat.UNTIL, until_ms=_until(rest, now_ms, local=local))
        else:
            raise BadTime(f"{part!r} does not say how often it fires; write it as one of {FORMS}.")
    return found


def _length(text: str) -> int | None:
    found = _LENGTH.fullmatch(text)
    return int(found[1]) * _MS[found[2]] if found else None


def _checked(length: int) -> int:
    if not _LEAST_MS <= length <= _MOST_MS:
        least, most = _length_text(_LEAST_MS), "30d"
        raise BadTime(f"An alert rests {least} to {most} between two firings; write for example every {least}.")
    return length


def _until(text: str, now_ms: int, *, local: bool) -> int:
    ahead = _LENGTH.fullmatch(text.removeprefix("+")) if text.startswith("+") else None
    at_ms = now_ms + int(ahead[1]) * _MS[ahead[2]] if ahead else parse_time(text, now_ms, local=local)
    if at_ms <= now_ms:
        raise BadTime(f"{text!r} is over: the alert would never fire.")
    return at_ms


def repeat_text(alert: Alert, *, local: bool = False) -> str:
    """How often it fires, as `with_repeat` reads it."""
    if alert.repeat is Repeat.ONCE:
        return "once"
    every = "" if alert.pause_ms == PAUSE_MS else f"every {_length_text(alert.pause_ms)}"
    until = "" if alert.until_ms is None else f"until {formatting.date_time(alert.until_ms, local=local)}"
    return ", ".join(filter(None, (every, until))) or f"every {_length_text(PAUSE_MS)}"


def _length_text(length_ms: int) -> str:
    unit = next(unit for unit in ("w", "d", "h", "m", "s") if length_ms % _MS[unit] == 0)
    return f"{length_ms // _MS[unit]}{unit}"


def sentence(firing: Firing) -> str:
    """What happened: `BTCUSDT at 70,001.5: last>70000`, with the alert's name where it has one, and what it compares."""
    return exact_sentence(firing._replace(price=shown_price(firing), value=shown_value(firing)))


def exact_sentence(firing: Firing) -> str:
    """The same for programs: its numbers can be read as they are."""
    at = f" at {firing.price}" if firing.price else ""
    what = f"{firing.name} ({firing.text})" if firing.name else firing.text
    value = f" ({firing.value})" if firing.value else ""
    return f"{firing.symbol}{at}: {what}{value}"


def shown_price(firing: Firing) -> str:
    """Its price as people read prices."""
    return formatting.grouped(firing.price) if firing.price else ""


def shown_value(firing: Firing) -> str:
    """What the alert compares, each number as people read numbers; what stands before it is as somebody typed it."""
    return _VALUE.sub(lambda found: formatting.grouped(found[0]), firing.value)
