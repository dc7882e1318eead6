"""Where things lie when nobody says otherwise."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_dir


def default_path() -> Path:
    """The database in the user's own data folder; neither need exist."""
    return Path(user_data_dir("klagg", appauthor=False)) / "klagg.db"
