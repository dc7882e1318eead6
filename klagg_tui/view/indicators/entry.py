"""Indicators as they are typed: a name and its lengths, `rsi 21` or `macd(5,35,5)`. What is left out from the end is the usual."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from klagg_tui.errors import BadIndicator
from klagg_tui.view.indicators.indicator import Indicator, Length, Lengths
from klagg_tui.view.indicators.registry import INDICATORS

_NAME: Final = re.compile(r"[^\W\d]*(?:[ _]+[^\W\d]+)*")
_APART: Final = re.compile(r"[\s,()]+")
_NUMBER: Final = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


@lru_cache(maxsize=256)
def read_entry(text: str) -> Indicator:
    """The indicator that a text names, with the lengths it says, or the usual ones.

    Raises:
        BadIndicator: there is none of that name, or it cannot have such lengths.
    """
    name, numbers = parted(text)
    indicator = _named(name)
    if indicator is None:
        raise BadIndicator(f"No indicator is called {name or text}; there are {', '.join(i.key for i in INDICATORS)}.")
    return indicator.with_lengths(_lengths(indicator, numbers)) if numbers else indicator


def parted(text: str) -> tuple[str, list[str]]:
    """The name in a text, in small letters, and the rest of it word by word."""
    found = _NAME.match(text.strip())
    name = found.group() if found else ""
    return name.casefold(), [word for word in _APART.split(text.strip()[len(name) :]) if word]


def begun(text: str, among: Iterable[Indicator]) -> list[Indicator]:
    """Those that a text may be the beginning of, by any of their names; one with exactly that name is the only one."""
    name = parted(text)[0]
    exact = [one for one in among if name in _names(one)]
    return exact or [one for one in among if any(each.startswith(name) for each in _names(one))]


def _named(name: str) -> Indicator | None:
    return next((one for one in INDICATORS if name in _names(one)), None)


def _names(indicator: Indicator) -> tuple[str, ...]:
    return (indicator.key, indicator.title.casefold(), *indicator.aliases)


def _lengths(indicator: Indicator, numbers: list[str]) -> Lengths:
    parameters = indicator.parameters
    if len(numbers) > len(parameters):
        most = (
            f"at most {len(parameters)} lengths" if len(parameters) > 1 else "one length" if parameters else "no length"
        )
        raise BadIndicator(f"{indicator.title} takes {most}.")
    read = tuple(_read(indicator, *each) for each in zip(parameters, numbers, strict=False))
    lengths = read if indicator.takes_fewer else (*read, *indicator.lengths[len(read) :])
    if fault := indicator.fault_of(*lengths):
        raise BadIndicator(f"{indicator.title}: {fault}.")
    return lengths


def _read(indicator: Indicator, parameter: Length, number: str) -> float:
    value = float(number) if _NUMBER.fullmatch(number) else None
    if value is None or not parameter.least <= value <= parameter.most or (parameter.is_whole and value % 1):
        kind = "a whole number" if parameter.is_whole else "a number"
        raise BadIndicator(
            f"{indicator.title}: {parameter.name} is {kind} from {parameter.least:g} to {parameter.most:g}, not {number}."
        )
    return value
