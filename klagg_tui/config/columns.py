"""The setting that names columns of the market table."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Final

from klagg_tui.config.kinds import BadValue, Choice, Kind
from klagg_tui.config.many import Many
from klagg_tui.errors import FilterError

_BETWEEN: Final = re.compile(r",(?![^()]*\))")
"""A comma that is in no brackets."""


class _Column(Choice):
    """The key of a column, or a number of the language, which is a column too."""

    def _read(self, value: object, base: Path) -> str:
        try:
            return super()._read(value, base)
        except BadValue:
            if isinstance(value, str) and "(" in value and _is_number(value):
                return value.strip()
            raise


class Columns(Kind[tuple[str, ...]]):
    """Keys of columns: those of the table's registry, which is loaded when somebody names one; and figures."""

    metavar = "COLUMN,…"
    joint = Many.joint

    @cached_property
    def _keys(self) -> Many[str]:
        from klagg_tui.view.columns.registry import BY_KEY  # most commands start without it

        allowed = f"a list of {', '.join(BY_KEY)}, and figures like chg(24h)"
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


def _is_number(text: str) -> bool:
    from klagg_tui.view import filter as filters  # likewise

    try:
        filters.read_number(text)
    except FilterError:
        return False
    return True
