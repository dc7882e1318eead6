"""The setting that names columns of the market table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from klagg_tui.config.kinds import Kind
from klagg_tui.config.many import Many
from klagg_tui.config.wording import quoted, shown
from klagg_tui.engine.period import Period
from klagg_tui.hints import ended

NAME: Final = "screen.columns"
_COMMA: Final = re.compile(r",(?![^()]*\))")
"""That is in no brackets: those of `rvol(5m,10)` part arguments."""
_LONGEST: Final = 500


class ColumnText(Kind[str]):
    """A column of the bar in any case, or a text that is held against names and periods once these are read: see `problems_of`."""

    metavar = "COLUMN"

    @cached_property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # everywhere else it is known beforehand
        """Every key of the bar's columns: the table's registry is loaded when somebody names one."""
        from klagg_tui.view.columns.registry import BY_KEY  # most commands start without it

        return tuple(BY_KEY)

    @cached_property
    def allowed(self) -> str:  # type: ignore[override]  # likewise
        """What can be written."""
        return f"{', '.join(self.choices)}, a figure like chg(24h), a name of [names] or a number of the language"

    def _read(self, value: object, _base: Path) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            raise self.bad(value)
        return value.casefold() if value.casefold() in self.choices else value.strip()

    def _write(self, value: str) -> str:
        return quoted(value)


class Columns(Kind[tuple[str, ...]]):
    """Columns of the table in order."""

    metavar = "COLUMN,…"
    joint = Many.joint

    @cached_property
    def _texts(self) -> Many[str]:
        text = ColumnText()
        return Many(text, f"a list of {text.allowed}", may_be_empty=True)

    @cached_property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # everywhere else it is known beforehand
        """Every key of the bar's columns."""
        return self._texts.choices

    @cached_property
    def allowed(self) -> str:  # type: ignore[override]  # likewise
        """A list of these and others."""
        return self._texts.allowed

    def _read(self, value: object, base: Path) -> tuple[str, ...]:
        return self._texts.from_toml(value, base)

    def _read_text(self, text: str, base: Path) -> tuple[str, ...]:
        return self._read([part.strip() for part in _COMMA.split(text) if part.strip()], base)

    def _write(self, value: tuple[str, ...]) -> str:
        return self._texts.to_toml(value)


def problems_of(
    columns: Sequence[str], names: Mapping[str, str], periods: Collection[Period], where: str
) -> Iterator[str]:
    """What is wrong with the columns, a sentence each; bars are kept of `periods` and of 1m, `where` says who named them."""
    if not columns:
        return
    from klagg_tui.view.chosen_columns import ChosenColumns  # most commands start without it
    from klagg_tui.view.filter import Scope

    find = ChosenColumns(Scope(names=names, periods={Period.M1, *periods}))
    for text in columns:
        if find(text) is None:
            yield ended(f"{where} has an entry that is {shown(text)}: {find.errors[text].rstrip('.')}")
