"""From flags, environment and file to settings: a flag goes before the environment, that before the file.

All problems are reported at once, a sentence each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from klagg_tui.config.columns import problems_of_columns
from klagg_tui.config.file import ConfigFile, default_path
from klagg_tui.config.kinds import BadValue
from klagg_tui.config.names import SECTION as NAMES
from klagg_tui.config.names import problems_of, take_names
from klagg_tui.config.table import BY_NAME, CONFIG_ENV, SECTIONS, SETTINGS, Setting
from klagg_tui.config.values import Alerts, Log, Market, Screen, Serve, Settings, Sink, Storage, VenueTable
from klagg_tui.config.venues import SECTION as VENUE
from klagg_tui.config.venues import take_tables
from klagg_tui.config.wording import shown
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.registry import DEFAULT as DEFAULT_VENUE
from klagg_tui.exchange.registry import venue
from klagg_tui.hints import ended, hint

Flags = Mapping[str, Sequence[str]]
"""Name of a setting to what was typed for it, once or several times; an empty sequence is a flag not given."""

DEFAULT: Final = "default"
_HERE: Final = Path()
_COLUMNS: Final = "screen.columns"
_ADDRESSES: Final = ("rest_url", "ws_url")
"""Settings that mean one exchange."""


@dataclass(frozen=True)
class Effective:
    """The settings that count, and where each comes from."""

    settings: Settings
    values: Mapping[str, Any]
    """By name, as in `settings`."""
    path: Path
    """The configuration file, which need not exist."""
    notes: tuple[str, ...] = ()
    """Sentences for the person; nothing is wrong enough to stop."""
    unused: tuple[str, ...] = ()
    """The same for who watches the market: addresses in the file that are not asked for it."""
    tables: Mapping[str, VenueTable] = field(default_factory=dict)
    """What is set for single exchanges, by key."""
    _origins: Mapping[str, str] = field(default_factory=dict)
    _file: ConfigFile | None = None

    def origin(self, name: str) -> str:
        """A flag, a variable, the file with its line, or `DEFAULT`."""
        if name in self._origins:
            return self._origins[name]
        return self._file.place(*name.split(".")) if self._file and _is_in(self._file, name) else DEFAULT


def find(asked: Path | None, environment: Mapping[str, str]) -> Path:
    """The configuration file: the one asked for, the environment's, or the platform's."""
    named = environment.get(CONFIG_ENV)
    return asked or (Path(named) if named else default_path())


def load(asked: Path | None, flags: Flags, environment: Mapping[str, str]) -> Effective:
    """Everything read and checked.

    Raises:
        ConfigError: a line for each thing that is wrong.
    """
    path = find(asked, environment)
    must_exist = asked is not None or bool(environment.get(CONFIG_ENV))
    file = ConfigFile.read(path) if must_exist or path.exists() else None
    problems: list[str] = []
    values: dict[str, Any] = {setting.name: setting.default() for setting in SETTINGS}
    origins: dict[str, str] = {}
    tables: dict[str, VenueTable] = {}
    names: dict[str, str] = {}
    if file:
        _take_file(file, values, tables, names, problems)
    for setting in SETTINGS:
        typed, variable = flags.get(setting.name), environment.get(setting.env)
        if typed:
            _take_text(setting, flag_text(setting, typed), setting.flag, values, problems)
            origins[setting.name] = setting.flag
        elif variable:
            _take_text(setting, variable, setting.env, values, problems)
            origins[setting.name] = setting.env
    if not problems:
        problems += _addresses_of_none(values, origins)
    if file and not problems:
        problems += problems_of(file, names, values["market.periods"])
    if not problems:
        where = origins.get(_COLUMNS) or (f"{file.place(*_COLUMNS.split('.'))}: {_COLUMNS}" if file else _COLUMNS)
        problems += problems_of_columns(values[_COLUMNS], where, names, values["market.periods"])
    if problems:
        raise ConfigError(*problems)
    _hand_over_address(values, origins, tables)
    unused = tuple(_unused_addresses(values, origins, file)) if file else ()
    notes = tuple(_strangers(environment))
    return Effective(settings_of(values, tables, names), values, path, notes, unused, tables, origins, file)


def _addresses_of_none(values: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[str]:
    """An address that was typed and would go unused: several exchanges are watched, and none is the one that it is for."""
    watched = values["market.venues"]
    for name in _ADDRESSES:
        typed = origins.get(f"market.{name}")
        if typed and len(watched) > 1 and DEFAULT_VENUE not in watched:
            yield (
                f"{typed} is where one exchange is, but {len(watched)} are watched: "
                f"give each its own {name} in the settings, below [{VENUE}.{watched[0]}] and so on."
            )


def _hand_over_address(values: dict[str, Any], origins: dict[str, str], tables: dict[str, VenueTable]) -> None:
    """An address that was typed means the one exchange that is watched, which need not be the default one."""
    key, *others = values["market.venues"]
    if others or key == DEFAULT_VENUE:
        return
    for name in _ADDRESSES:
        full = f"market.{name}"
        if full in origins:
            tables[key] = replace(tables.get(key, VenueTable()), **{name: values[full]})
            origins[f"{VENUE}.{key}.{name}"] = origins.pop(full)
            values[full] = BY_NAME[full].default()


def _unused_addresses(values: Mapping[str, Any], origins: Mapping[str, str], file: ConfigFile) -> Iterator[str]:
    """An address of the default exchange in the file, where that is not watched: a mirror of it is none of another one."""
    watched = values["market.venues"]
    for name in _ADDRESSES:
        full = f"market.{name}"
        is_set = values[full] != BY_NAME[full].default() and full not in origins
        if is_set and DEFAULT_VENUE not in watched:
            yield (
                f"{file.place('market', name)}: {full} is where {venue().name} is, which is not watched: it is not used; one of "
                f"{venue(watched[0]).name} belongs below [{VENUE}.{watched[0]}]."
            )


def flag_text(setting: Setting, typed: Sequence[str]) -> str:
    """One text of a flag that was given once or several times; of a single value the last one counts."""
    return setting.kind.joint.join(typed) if setting.kind.joint else typed[-1]


def problems_of_flag(setting: Setting, typed: Sequence[str]) -> list[str]:
    """What is wrong with a flag, a sentence each."""
    problems: list[str] = []
    _take_text(setting, flag_text(setting, typed), setting.flag, {}, problems)
    return problems


def settings_of(
    values: Mapping[str, Any],
    tables: Mapping[str, VenueTable] | None = None,
    names: Mapping[str, str] | None = None,
) -> Settings:
    """The typed settings of values by name, of the tables of exchanges, and of own names."""

    def section(name: str) -> dict[str, Any]:
        return {setting.key: values[setting.name] for setting in SETTINGS if setting.section == name}

    return Settings(
        Market(**section("market")),
        Storage(**section("storage")),
        Screen(**section("screen")),
        Alerts(**section("alerts")),
        Log(**section("log")),
        Serve(**section("serve")),
        Sink(**section("sink")),
        dict(tables or {}),
        dict(names or {}),
    )


def defaults() -> Settings:
    """The settings where nobody says anything."""
    return settings_of({setting.name: setting.default() for setting in SETTINGS})


def _take_text(setting: Setting, text: str, where: str, values: dict[str, Any], problems: list[str]) -> None:
    try:
        values[setting.name] = setting.kind.from_text(text, _HERE)
    except BadValue as bad:
        problems.extend(ended(f"{where}{f' ({key})' if key else ''} {tail}") for key, tail in bad.problems)


def _take_file(
    file: ConfigFile,
    values: dict[str, Any],
    tables: dict[str, VenueTable],
    names: dict[str, str],
    problems: list[str],
) -> None:
    for section, content in file.content.items():
        if section == VENUE:
            take_tables(file, content, tables, problems)
        elif section == NAMES:
            take_names(file, content, names, problems)
        elif section not in SECTIONS:
            problems.append(ended(f"{file.place(section)}: {_no_section(section, content)}"))
        elif not isinstance(content, dict):
            problems.append(f"{file.place(section)}: {section} is {shown(content)}, but must be a table, [{section}].")
        else:
            for key, value in content.items():
                _take_key(file, f"{section}.{key}", value, values, problems)


def _take_key(file: ConfigFile, name: str, value: object, values: dict[str, Any], problems: list[str]) -> None:
    section, _, key = name.partition(".")
    setting = BY_NAME.get(name)
    if setting is None:
        problems.append(ended(f"{file.place(section, key)}: {_no_setting(section, key)}"))
        return
    try:
        values[name] = setting.kind.from_toml(value, file.path.parent)
    except BadValue as bad:
        for inner, tail in bad.problems:
            keys = (section, key, *([inner] if inner else []))
            problems.append(ended(f"{file.place(*keys)}: {'.'.join(map(_clean, keys))} {tail}"))


def _no_section(name: str, content: object) -> str:
    """On a word at the top of the file that means nothing; a sentence without its end, as is the next."""
    if isinstance(content, dict):
        return f"there is no section [{_clean(name)}]{hint(name, (*SECTIONS, VENUE, NAMES), '[{}]')}"
    homes = [setting.section for setting in SETTINGS if setting.key == name]
    where = f"; it belongs into [{homes[0]}]" if homes else hint(name, [setting.key for setting in SETTINGS])
    return f"there is no setting {_clean(name)} outside of a section{where}"


def _no_setting(section: str, key: str) -> str:
    known = [setting.key for setting in SETTINGS if setting.section == section]
    homes = [setting.name for setting in SETTINGS if setting.key == key]
    near = f"; did you mean {homes[0]}?" if homes else hint(key, known, section + ".{}")
    return f"there is no setting {section}.{_clean(key)}{near or '; known are ' + ', '.join(known)}"


def _clean(name: str) -> str:
    return name if name.isprintable() and 0 < len(name) <= 40 else shown(name)


def _is_in(file: ConfigFile, name: str) -> bool:
    inside: Any = file.content
    for key in name.split("."):
        inside = inside.get(key) if isinstance(inside, dict) else None
    return inside is not None


def _strangers(environment: Mapping[str, str]) -> Iterator[str]:
    prefix = "KLAGG_"
    known = [name.removeprefix(prefix) for name in (CONFIG_ENV, *(setting.env for setting in SETTINGS))]
    for name in sorted(environment):
        word = name.removeprefix(prefix)
        if name.startswith(prefix) and word not in known:
            yield ended(f"The environment variable {name} is not one of klagg's{hint(word, known, prefix + '{}')}")
