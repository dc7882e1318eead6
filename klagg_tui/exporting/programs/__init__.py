"""Files as other programs keep them: each a module here that makes a `FORMAT`, and its name in `NAMES`.

They are asked for by `klagg export --for`, where `formats` are by `--format`; they are loaded when asked for, as these.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from klagg_tui.exporting.format import Format

NAMES: Final = ("backtesting", "freqtrade", "nautilus")
"""As they are typed; each is also the name of its module."""


def load(name: str) -> Format:
    """The format of that name, which is one of `NAMES`."""
    return cast("Format", import_module(f"{__name__}.{name}").FORMAT)
