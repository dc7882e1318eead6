"""From the predecessor's TOML to ours.

Its layout: `supported_intervals` and other numbers at the top, `[database] database_path`, `[websocket]` with `use_proxy`,
`proxy_host`, `proxy_port` (SOCKS5) and `websocket_url`, `[logging] log_level`; the rest tunes machinery klagg has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from klagg_tui.config.file import ConfigFile
from klagg_tui.config.kinds import BadValue, PeriodName
from klagg_tui.config.table import BY_NAME, SETTINGS
from klagg_tui.config.wording import shown
from klagg_tui.errors import BadFile, ConfigError
from klagg_tui.exchange.registry import venue

_HERE: Final = Path()
_LEVELS: Final = {"trace": "DEBUG", "debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}
_PROXY_KEYS: Final = ("websocket.use_proxy", "websocket.proxy_host", "websocket.proxy_port")


class Converted(NamedTuple):
    """What became of a file."""

    toml: str
    notes: tuple[str, ...]
    """What has no equivalent or was changed, a sentence each."""


def convert(path: Path) -> Converted:
    """Our settings for those in the predecessor's file, which is only read.

    Raises:
        BadFile: it cannot be read or is not TOML.
    """
    try:
        file = ConfigFile.read(path)
    except ConfigError as error:
        raise BadFile(str(error)) from error
    conversion = _Conversion(path)
    conversion.take(dict(_flat(file.content)))
    return Converted(conversion.written(), tuple(conversion.notes))


def _flat(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", one) for key, one in value.items())
        else:
            yield name, value


class _Conversion:
    def __init__(self, path: Path) -> None:
        self.notes: list[str] = []
        self._path = path
        self._values: dict[str, tuple[Any, str]] = {}
        """By our name: the value and the name it had."""
        self._taken: dict[str, Callable[[Any], None]] = {
            "supported_intervals": self._take_intervals,
            "persistence_interval_ms": self._take_interval,
            "database.database_path": self._take_database,
            "websocket.websocket_url": self._take_url,
            "logging.log_level": self._take_level,
        }

    def take(self, flat: dict[str, Any]) -> None:
        self._take_proxy(flat)
        for name, value in flat.items():
            if name in self._taken:
                self._taken[name](value)
            elif name not in _PROXY_KEYS:
                self.notes.append(f"{_spelled(name)} = {shown(value)} has no equivalent.")

    def written(self) -> str:
        lines = [f"# Made from {_spelled(str(self._path))}"]
        section = ""
        for setting in SETTINGS:
            if setting.name not in self._values:
                continue
            if setting.section != section:
                section = setting.section
                lines += ["", f"[{section}]"]
            value, was = self._values[setting.name]
            lines.append(f"{setting.key} = {setting.kind.to_toml(value)}  # {was}")
        return "\n".join(lines) + "\n"

    def _set(self, name: str, value: object, was: str) -> None:
        try:
            self._values[name] = BY_NAME[name].kind.from_toml(value, _HERE), was
        except BadValue as bad:
            self.notes.extend(f"{was} {tail}; it is left out." for _, tail in bad.problems)

    def _take_intervals(self, value: object) -> None:
        was = "supported_intervals"
        known = [one for one in value if one in PeriodName.choices] if isinstance(value, list) else value
        self.notes += [f"{was}: {shown(o)} is no period of klagg's; it is left out." for o in _without(value, known)]
        self._set("market.periods", known, was)

    def _take_interval(self, value: object) -> None:
        is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9
        seconds = value / 1000 if is_number and isinstance(value, int) else value
        self._set("storage.flush_seconds", seconds, "persistence_interval_ms")

    def _take_database(self, value: object) -> None:
        was = "database.database_path"
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            self._set("storage.database", value, was)
            return
        old = self._located(Path(value))
        self._set("storage.database", str(old.with_name("klagg.db")), was)
        self.notes.append(
            f"{was}: klagg keeps its bars in a file of its own beside the old one, which stays as it is; "
            f"`klagg import --legacy {_spelled(str(old))}` takes the old bars over."
        )

    def _located(self, old: Path) -> Path:
        """The predecessor's paths begin where it was started: mostly the folder above `config/`."""
        folder = self._path.resolve().parent
        above = folder.parent if folder.name == "config" else folder
        places = [above / old, folder.parent / old, folder / old, Path.cwd() / old]
        return next((place for place in places if place.exists()), places[0])

    def _take_url(self, value: object) -> None:
        was = "websocket.websocket_url"
        if isinstance(value, str) and venue().is_at(value):
            self.notes.append(
                f"{was} = {shown(value)} is left out: that address gives no trades any more, klagg's own does."
            )
        else:
            self._set("market.ws_url", value, was)

    def _take_level(self, value: object) -> None:
        level = _LEVELS.get(value.lower()) if isinstance(value, str) else None
        self._set("log.level", level or value, "logging.log_level")

    def _take_proxy(self, flat: dict[str, Any]) -> None:
        use, host, port = (flat.get(key) for key in _PROXY_KEYS)
        if use is True:
            self._set("market.proxy", f"socks5://{host}:{port}", "websocket.proxy_host, proxy_port")
        elif any(key in flat for key in _PROXY_KEYS):
            self.notes.append("websocket.use_proxy is not true, so its proxy is left out.")


def _without(value: object, known: object) -> list[object]:
    return [one for one in value if one not in known] if isinstance(value, list) and isinstance(known, list) else []


def _spelled(text: str) -> str:
    return text if text.isprintable() else shown(text)
