"""Stored bars for scripts and notebooks: `open_database`, then `frame`, `polars` or `arrow`, or bars one by one. Read-only, beside a running klagg.

Every call waits for its answer, also where an event loop runs already, as in a notebook. Columns are named as in the exchange's own
archives, as everywhere in klagg; numbers are exact decimals, or the nearest floats.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from klagg_tui.api.bars import BAR_COLUMNS, OLD_COLUMNS, Bar
from klagg_tui.api.database import Database, Series, open_database
from klagg_tui.api.moments import Moment
from klagg_tui.engine.bar import State
from klagg_tui.exporting.told import Derivative

__all__ = ["BAR_COLUMNS", "Bar", "Database", "Derivative", "Moment", "Series", "State", "open_database"]


# Type checkers tell of an old name by themselves.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> tuple[str, ...]:
        """`COLUMNS`, the names that the values of a row had before December 2026: they stay for one release."""
        if name != "COLUMNS":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warnings.warn(
            "COLUMNS has names that go with the next release; BAR_COLUMNS has those of all files and answers.",
            DeprecationWarning,
            stacklevel=2,
        )
        return OLD_COLUMNS
