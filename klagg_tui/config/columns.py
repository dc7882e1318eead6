"""The setting that names columns of the market table.

It is read in two steps: own names that columns are made of stand elsewhere in the file, perhaps behind it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from klagg_tui.config.kinds import BadValue, Choice, Kind
from klagg_tui.config.many import Many
from klagg_tui.config.wording import shown
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.hints import ended, hint

_BETWEEN: Final = re.compile(r",(?![^()]*\))")
"""A comma that is in no brackets."""
_WORD: Final = re.compile(r"(?<![\w.])[a-z]\w*(?![\w(.])", re.ASCII | re.IGNORECASE)
"""What can be an own name: a word that nothing is called with."""


class _Column(Choice):
    """The key of a column, or a number of the language, which is a column too; own names in it may be any."""

    def _read(self, value: object, base: Path) -> str:
        try:
            return super()._read(value, base)
        except BadValue:
            if not isinstance(value, str) or not value.strip():
                raise
            if problem := _problem_of_number(value):
                raise BadValue(("", f"is {shown(value)}: {problem}")) from None
            return value.strip().lower() if _WORD.fullmatch(value.strip()) else value.strip()


class Columns(Kind[tuple[str, ...]]):
    """Keys of columns: those of the table's registry, which is loaded when somebody names one; and figures."""

    metavar = "COLUMN,…"
    joint = Many.joint

    @cached_property
    def _keys(self) -> Many[str]:
        from klagg_tui.view.columns.registry import BY_KEY  # most commands start without it
        from klagg_tui.view.screener.figure import FIGURES

        allowed = f"a list of {', '.join(BY_KEY)}, figures ({', '.join(FIGURES)}) like chg(24h), and own names"
        return Many(_Column("COLUMN", *BY_KEY), allowed, may_be_empty=True)

    @cached_property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # everywhere else it is known beforehand
        """Every key."""
        return self._keys.choices

    @cached_property
    def allowed(self) -> str:  # type: ignore[override]  # likewise
        """A list of these."""
        return self._keys.allowed

    def _read(self, value: object, base: Path) -> tuple[str, ...]:
        return self._keys.from_toml(value, base)

    def _read_text(self, text: str, base: Path) -> tuple[str, ...]:
        return self._keys.from_toml([part.strip() for part in _BETWEEN.split(text) if part.strip()], base)

    def _write(self, value: tuple[str, ...]) -> str:
        return self._keys.to_toml(value)


def problems_of_columns(
    columns: Sequence[str], where: str, names: Mapping[str, str], periods: Collection[Period]
) -> Iterator[str]:
    """What is wrong with columns now that the own names are known, a sentence each; bars are kept of `periods` and of 1m."""
    if not columns:
        return
    from klagg_tui.view import filter as filters  # likewise
    from klagg_tui.view.columns.registry import BY_NAME, fixed
    from klagg_tui.view.screener.figure import BY_NAME as FIGURES

    scope = filters.Scope(names=names, periods={Period.M1, *periods})
    for column in columns:
        if fixed(column) is not None:
            continue
        try:
            filters.read_number(column, scope)
        except FilterError as error:
            strange = next((word for word in _own_names(column) if word not in names), None)
            near = (strange and hint(strange, (*BY_NAME, *FIGURES, *names))) or _all_of(names)
            reason = (
                f"{strange} is no column, figure or own name in [names]{near}" if strange else str(error).rstrip(".")
            )
            yield ended(f"{where} has an entry that is {shown(column)}: {reason}")


def _all_of(names: Mapping[str, str]) -> str:
    from klagg_tui.view.columns.registry import BY_KEY  # likewise
    from klagg_tui.view.screener.figure import FIGURES

    return f"; there are {', '.join((*BY_KEY, *names))} and figures like chg(24h): {', '.join(FIGURES)}"


def _problem_of_number(text: str) -> str:
    """Why it is no number of figures and own names, whatever those stand for; empty where it is one."""
    from klagg_tui.view import filter as filters  # likewise

    try:
        filters.read_number(text, filters.Scope(names=dict.fromkeys(_own_names(text), "speed")))
    except FilterError as error:
        return str(error).rstrip(".")
    return ""


def _own_names(text: str) -> list[str]:
    from klagg_tui.view.filter.scope import own_name_error  # likewise

    return [word.lower() for word in _WORD.findall(text) if own_name_error(word) is None]
