"""The settings written out: as an example file, and as lines that say where each comes from."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from klagg_tui.config import names, venues
from klagg_tui.config.many import Table
from klagg_tui.config.reading import Effective
from klagg_tui.config.table import SECTIONS, SETTINGS, Setting

_WIDTH: Final = 100


def example() -> str:
    """A file with every setting at its default, commented out; what is uncommented counts."""
    lines = ["# klagg's settings. A flag goes before an environment variable, and both before this file."]
    for section, title in SECTIONS.items():
        lines += ["", f"# {title}", f"[{section}]"]
        settings = [setting for setting in SETTINGS if setting.section == section]
        # A table of its own ends the section it stands in: it comes last.
        for setting in sorted(settings, key=lambda one: isinstance(one.kind, Table)):
            lines += ["", *_described(setting)]
    lines += ["", f"# {names.TITLE}", *names.lines_of_example()]
    lines += ["", f"# {venues.TITLE}", "", *venues.lines_of_example()]
    return "\n".join(lines).rstrip() + "\n"


def _described(setting: Setting) -> Iterator[str]:
    yield from _remark(setting.help)
    yield from _remark(f"Allowed: {setting.kind.allowed}.")
    yield f"# {setting.flag}, {setting.env}"
    if isinstance(setting.kind, Table):
        yield f"[{setting.name}]"
        yield f"# {setting.sample}"
    else:
        yield f"# {setting.key} = {setting.kind.to_toml(setting.default())}"


def _remark(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)]


def rows(effective: Effective) -> list[tuple[str, str, str]]:
    """Name, value as TOML (nothing secret) and origin of each setting."""
    found = [
        (setting.name, setting.kind.to_show(effective.values[setting.name]), effective.origin(setting.name))
        for setting in SETTINGS
    ]
    own = effective.settings.names
    named = names.rows(own, {name: effective.origin(f"{names.SECTION}.{name}") for name in own})
    places = {
        f"{venues.SECTION}.{key}.{name}": effective.origin(f"{venues.SECTION}.{key}.{name}")
        for key in effective.tables
        for name in venues.kinds(key)
    }
    return [*found, *named, *venues.rows(effective.tables, places)]
