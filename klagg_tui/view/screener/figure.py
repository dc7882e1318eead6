"""A figure with its arguments: `chg(24h)`, `rvol(5m,20)`, `rsi(1h,14)`.

Columns, filters, sorting and alerts name figures by such calls and ask `Row.figure` for the values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple, Protocol

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.view.screener.catalogue import BY_NAME, FIGURES
from klagg_tui.view.screener.kinds import (
    LONGEST,
    MOST_BARS,
    WHOLE,
    Argument,
    Figure,
    FigureUnit,
    Kind,
    Parameter,
    window_text,
)

__all__ = [
    "BY_NAME",
    "FIGURES",
    "LONGEST",
    "OF_BARS",
    "WHOLE",
    "Figure",
    "FigureCall",
    "FigureUnit",
    "Figures",
    "Kind",
    "Parameter",
    "call",
    "parsed",
    "window_text",
]


OF_BARS: Final = frozenset({
    "chg", "turnover", "vol", "trades", "high", "low", "range", "from_high", "from_low", "delta", "cvd", "vwap", "rvol",
    "volatility", "natr", "rsi", "ema", "macd", "bb",
})  # fmt: skip
"""Figures that are made of the symbol's own bars alone: within a minute they stay while the row stays as it is."""


class FigureCall(NamedTuple):
    """A figure with all its arguments, those not given at their defaults; windows are minutes. Equal calls are one."""

    key: str
    args: tuple[Argument, ...] = ()

    @property
    def figure(self) -> Figure:
        """What is called."""
        return FIGURES[self.key]

    @property
    def arguments(self) -> str:
        """As they are written, counts at the end left out where they are the usual ones: `5m,10`; empty where there are none."""
        texts: list[str] = []
        for parameter, argument in zip(reversed(self.figure.parameters), reversed(self.args), strict=True):
            is_told = bool(texts) or parameter.kind in (Kind.WINDOW, Kind.PERIOD) or argument != parameter.default
            if is_told:
                texts.append(_text(parameter.kind, argument))
        return ",".join(reversed(texts))

    def __str__(self) -> str:
        arguments = self.arguments
        return f"{self.key}({arguments})" if arguments else self.key


class Figures(Protocol):
    """The figures of one symbol; `bars` are its current bars by `Period.ordinal`."""

    def value(self, call: FigureCall, bars: Sequence[Bar | None]) -> float | None:
        """The figure now, the forming bar included; None where it is not known, or not among those in use."""
        ...

    def coverage(self, call: FigureCall, bars: Sequence[Bar | None]) -> float:
        """Which part of what the figure looks at is known, 0 to 1."""
        ...

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        """The figure now, and whether what it looks at is known but for what does not matter: see `WHOLE`."""
        ...

    @property
    def told_last(self) -> float | None:
        """The newest price in the exchange's words; None where it told none, or too long ago."""
        ...


def _text(kind: Kind, argument: Argument) -> str:
    if kind is Kind.WINDOW and isinstance(argument, int):
        return window_text(argument)
    return f"{argument:g}" if isinstance(argument, float) else str(argument)


_WINDOW: Final = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440, "w": 10080}
_COUNT: Final = re.compile(r"\d{1,6}", re.ASCII)
_FACTOR: Final = re.compile(r"\d{1,3}(\.\d{1,3})?|\.\d{1,3}", re.ASCII)
_CALL: Final = re.compile(r"\s*([A-Za-z_]+)\s*(?:\(([^()]*)\)\s*)?", re.ASCII)


def call(name: str, args: Sequence[str], periods: Collection[Period]) -> FigureCall:
    """The figure of that name, in any case, with these arguments; `periods` are those whose bars are kept.

    Raises:
        FilterError: there is no such figure, or it cannot be asked like this; one sentence says what is wrong.
    """
    figure = BY_NAME.get(name.lower())
    if figure is None:
        raise FilterError(f"There is no figure {name[:40]!r}; {_advice(name.lower())}.")
    parameters = figure.parameters
    if len(args) > len(parameters):
        most = f"at most {len(parameters)}" if parameters else "nothing"
        raise FilterError(f"{figure.key} takes {most} in its brackets; write it as {figure.example}.")
    values = [
        _argument(figure, parameter, args[place].strip() if place < len(args) else None, periods)
        for place, parameter in enumerate(parameters)
    ]
    fault = figure.fault_of(*values)
    if fault is not None:
        raise FilterError(fault)
    return FigureCall(figure.key, tuple(values))


def parsed(text: str, periods: Collection[Period]) -> FigureCall:
    """The call written as `rvol(5m,20)`.

    Raises:
        FilterError: it is none, or `call` says so.
    """
    found = _CALL.fullmatch(text)
    if found is None:
        raise FilterError(f"{text[:40]!r} is no figure; write it as chg(24h).")
    inner = found[2]
    return call(found[1], inner.split(",") if inner and inner.strip() else (), periods)


def _advice(name: str) -> str:
    from difflib import get_close_matches  # when somebody mistypes: the first table should not wait for it

    near = [key for key in BY_NAME if name in key] or get_close_matches(name, BY_NAME, n=3, cutoff=0.6)
    return f"near: {', '.join(near[:3])}" if near else f"there are {', '.join(FIGURES)}"


def _argument(figure: Figure, parameter: Parameter, text: str | None, periods: Collection[Period]) -> Argument:
    if not text:
        default = parameter.default
        if isinstance(default, Period) and default not in periods:
            kept = sorted(periods)
            raise FilterError(
                f"{figure.key} means bars of {default}, which are not kept; write for example {figure.key}({kept[-1]})."
            )
        return default
    if parameter.kind is Kind.WINDOW:
        return _window(figure, parameter, text)
    if parameter.kind is Kind.PERIOD:
        return _period(text, periods)
    return _count(figure, parameter, text) if parameter.kind is Kind.COUNT else _factor(figure, parameter, text)


def _window(figure: Figure, parameter: Parameter, text: str) -> int:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise FilterError(f"{text[:40]!r} is no length; write minutes, hours or days, as 5m, 4h or 7d.")
    minutes = int(found[1]) * _MINUTES[found[2]]
    if minutes > LONGEST:
        raise FilterError(f"{text} is too long: a window has at most {window_text(LONGEST)}.")
    if minutes < parameter.least:
        raise FilterError(f"{text} is too short: {figure.key} has a window of {parameter.least}m or more.")
    return minutes


def _period(text: str, periods: Collection[Period]) -> Period:
    try:
        period = Period.parse(text)
    except BadPeriod as error:
        raise FilterError(f"{error}.") from error
    if period not in periods:
        raise FilterError(f"Bars of {text} are not kept; there are {', '.join(map(str, sorted(periods)))}.")
    return period


def _count(figure: Figure, parameter: Parameter, text: str) -> int:
    if not _COUNT.fullmatch(text) or not parameter.least <= int(text) <= MOST_BARS:
        raise FilterError(
            f"{parameter.name} of {figure.key} is a whole number from {parameter.least} to {MOST_BARS}, not {text[:40]!r}."
        )
    return int(text)


def _factor(figure: Figure, parameter: Parameter, text: str) -> float:
    if not _FACTOR.fullmatch(text) or not float(text):
        raise FilterError(f"{parameter.name} of {figure.key} is a number above 0, such as 2.5, not {text[:40]!r}.")
    return float(text)
