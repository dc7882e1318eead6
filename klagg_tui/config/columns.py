"""The setting that names columns of the market table."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from klagg_tui.config.kinds import Choice, Kind
from klagg_tui.config.many import Many


class Columns(Kind[tuple[str, ...]]):
    """Keys of columns: those of the table's registry, which is loaded when somebody names one."""

    metavar = "COLUMN,…"
    joint = Many.joint

    @cached_property
    def _keys(self) -> Many[str]:
        from klagg_tui.view.columns.registry import BY_KEY  # most commands start without it

        return Many(Choice("COLUMN", *BY_KEY), f"a list of {', '.join(BY_KEY)}", may_be_empty=True)

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
        return self._keys.from_text(text, base)

    def _write(self, value: tuple[str, ...]) -> str:
        return self._keys.to_toml(value)
