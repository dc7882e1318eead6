"""The tables of single exchanges, `[venue.NAME]`: what is set there counts for that exchange before what `[market]` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from klagg_tui.config.file import ConfigFile
from klagg_tui.config.kinds import BadValue, Choice, Kind, Text, Url
from klagg_tui.config.many import Many, Symbols
from klagg_tui.config.values import VenueTable
from klagg_tui.config.wording import quoted, shown
from klagg_tui.exchange.instruments import is_of_venue
from klagg_tui.exchange.registry import keys, venue
from klagg_tui.hints import ended, hint_or_all
from klagg_tui.names import parted

SECTION: Final = "venue"
TITLE: Final = "What is set for one exchange alone; it counts before [market]"


class OfExchange(Text):
    """A text that may say `venue:` before it, which then means an exchange that klagg knows, or as `okx:` some of them."""

    def _read(self, value: object, base: Path) -> str:
        read = super()._read(value, base)
        if not any(is_of_venue(read, key) for key in keys()):
            asked = parted(read).venue.casefold()
            near = hint_or_all(asked, keys())
            raise BadValue(("", f"is {shown(value)}, but no exchange is called {asked}{near}"))
        return read


SYMBOL: Final = OfExchange(
    "SYMBOL", "the name of a symbol, or a pattern with * and ?", r"[^\s,@\"'#]{1,60}", upper=True
)
COIN: Final = OfExchange("COIN", "the name of a coin like USDT", r"(?:[\w.*?-]{1,30}:)?[^\W_]{1,20}", upper=True)
SYMBOLS: Final = Symbols(SYMBOL, "a list of symbols, patterns like BTC*, and @FILE", may_be_empty=True)
COINS: Final = Many(COIN, "a list of coins like USDT", may_be_empty=True)


class VenueName(Kind[str]):
    """The key of an exchange that klagg knows."""

    metavar = "VENUE"

    @cached_property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # known when the registry is
        """Every key."""
        return keys()

    @cached_property
    def allowed(self) -> str:  # type: ignore[override]  # likewise
        """One of these."""
        return f"one of {', '.join(keys())}"

    def _read(self, value: object, _base: Path) -> str:
        found = value.casefold() if isinstance(value, str) else None
        if found not in keys():
            raise self.bad(value)
        return found

    def _write(self, value: str) -> str:
        return quoted(value)


def kinds(key: str) -> Mapping[str, Kind[Any]]:
    """The settings of an exchange's table, by name."""
    types = venue(key).contract_types
    return {
        "symbols": SYMBOLS,
        "quote": COINS,
        "contract_types": Many(Choice("TYPE", *types), f"a list of {', '.join(types)}"),
        "rest_url": Url("https", "http"),
        "ws_url": Url("wss", "ws"),
    }


def own_values(key: str) -> Mapping[str, object]:
    """What counts where neither its table nor `[market]` says anything."""
    exchange = venue(key)
    return {
        "symbols": (),
        "quote": (),
        "contract_types": exchange.contract_types[:1],
        "rest_url": exchange.rest_url,
        "ws_url": exchange.stream_url,
    }


def take_tables(file: ConfigFile, content: object, tables: dict[str, VenueTable], problems: list[str]) -> None:
    """Read every `[venue.NAME]`; what is wrong goes to `problems`, a sentence each."""
    if not isinstance(content, dict):
        problems.append(f"{file.place(SECTION)}: {SECTION} is {shown(content)}, but must be tables, [{SECTION}.NAME].")
        return
    for key, inside in content.items():
        if key not in keys():
            near = hint_or_all(key, keys(), f"[{SECTION}.{{}}]")
            problems.append(ended(f"{file.place(SECTION, key)}: there is no exchange {_clean(key)}{near}"))
        elif not isinstance(inside, dict):
            problems.append(
                f"{file.place(SECTION, key)}: {SECTION}.{key} is {shown(inside)}, but must be a table, [{SECTION}.{key}]."
            )
        else:
            _take_table(file, key, inside, tables, problems)


def _take_table(
    file: ConfigFile, key: str, inside: Mapping[str, object], tables: dict[str, VenueTable], problems: list[str]
) -> None:
    known = kinds(key)
    for name, value in inside.items():
        place = file.place(SECTION, key, name)
        if name not in known:
            near = hint_or_all(name, [*known], f"{SECTION}.{key}.{{}}", "known are")
            problems.append(ended(f"{place}: there is no setting {SECTION}.{key}.{_clean(name)}{near}"))
            continue
        try:
            read = known[name].from_toml(value, file.path.parent)
        except BadValue as bad:
            problems.extend(ended(f"{place}: {SECTION}.{key}.{name} {tail}") for _, tail in bad.problems)
        else:
            tables[key] = replace(tables.get(key, VenueTable()), **{name: read})


def _clean(name: str) -> str:
    return name if name.isprintable() and 0 < len(name) <= 40 else shown(name)


def lines_of_example() -> Iterator[str]:
    """A table for each exchange, with what it is about commented out."""
    for key in keys():
        yield f"[{SECTION}.{key}]"
        own = own_values(key)
        yield from (f"# {name} = {kind.to_toml(own[name])}" for name, kind in kinds(key).items())
        yield ""


def rows(tables: Mapping[str, VenueTable], place: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name, value as TOML and origin of what is set; `place`: origin by name."""
    for key in sorted(tables):
        for name, kind in kinds(key).items():
            value = getattr(tables[key], name)
            if value is not None:
                full = f"{SECTION}.{key}.{name}"
                yield full, kind.to_show(value), place.get(full, "")
