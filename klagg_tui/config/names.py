"""The table of own names, `[names]`: each stands for a number or a filter, everywhere where those can be written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from klagg_tui.config.file import ConfigFile
from klagg_tui.config.wording import quoted, shown
from klagg_tui.engine.period import Period
from klagg_tui.hints import ended

SECTION: Final = "names"
TITLE: Final = "Own names, to be used in filters, columns, orders and alerts"
_SAMPLES: Final = {"hot": "rvol(5m)*abs(chg(5m))", "liquid": "turnover(24h)>5m"}


def take_names(file: ConfigFile, content: object, names: dict[str, str], problems: list[str]) -> None:
    """Read `[names]`; what is wrong goes to `problems`, a sentence each. Whether the texts can be read is checked later."""
    if not isinstance(content, dict):
        problems.append(f"{file.place(SECTION)}: {SECTION} is {shown(content)}, but must be a table, [{SECTION}].")
        return
    for name, text in content.items():
        if isinstance(text, str):
            names[name.lower()] = text
        else:
            problems.append(
                f"{file.place(SECTION, name)}: {SECTION}.{_clean(name)} is {shown(text)}, "
                f'but must be a text like "{_SAMPLES["hot"]}".'
            )


def problems_of(file: ConfigFile, names: Mapping[str, str], periods: Collection[Period]) -> Iterator[str]:
    """What is wrong with the names and what they stand for, a sentence each; bars are kept of `periods` and of 1m."""
    if not names:
        return
    from klagg_tui.view.filter import Scope, name_problem  # most commands start without it

    scope = Scope(names=names, periods={Period.M1, *periods})
    for name, text in names.items():
        problem = name_problem(name, text, scope)
        if problem is not None:
            yield ended(f"{file.place(SECTION, name)}: {SECTION}.{_clean(name)}: {str(problem).rstrip('.')}")


def _clean(name: str) -> str:
    return name if name.isprintable() and 0 < len(name) <= 40 else shown(name)


def lines_of_example() -> Iterator[str]:
    """Two names, commented out."""
    yield f"[{SECTION}]"
    yield from (f"# {name} = {quoted(text)}" for name, text in _SAMPLES.items())


def rows(names: Mapping[str, str], place: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name, value as TOML and origin of each; `place`: origin by name."""
    for name in sorted(names):
        yield f"{SECTION}.{name}", quoted(names[name]), place.get(name, "")
