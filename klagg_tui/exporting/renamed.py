"""Names that columns had before December 2026: they stay for one release, and whoever uses one is told."""

from __future__ import annotations

import warnings


def warn_renamed(old: str, new: str) -> None:
    """Tell whoever asked for an attribute by its old name; to be called by what answers there."""
    warnings.warn(
        f"{old} is called {new} now; the old name goes with the next release.", DeprecationWarning, stacklevel=3
    )
