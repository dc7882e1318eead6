"""All formats of exported files. A new one: a module here that makes a `FORMAT`, and its name in `NAMES`.

They are loaded when asked for, so that the command line can name them without the weight of their writers.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from klagg_tui.exporting.format import Format

NAMES: Final = ("csv", "jsonl", "parquet", "arrow")
"""As they are typed; each is also the name of its module. The first is taken where nobody asks for another."""


def load(name: str) -> Format:
    """The format of that name, which is one of `NAMES`."""
    return cast("Format", import_module(f"{__name__}.{name}").FORMAT)


def all_formats() -> tuple[Format, ...]:
    """Each of them, in the order of their names."""
    return tuple(map(load, NAMES))


def format_of(path: Path) -> Format | None:
    """What a file's name asks for."""
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    return next((form for form in all_formats() if suffix.lower() in form.suffixes), None)
