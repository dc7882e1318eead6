"""Presets of the export form: the ready ones, and those that somebody saved. Pure; all is text, as it stands in the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import State
from klagg_tui.errors import BadTime, BadUsage
from klagg_tui.hints import ended, hint_or_all
from klagg_tui.timespec import parse_time

ALL_SYMBOLS: Final = "All symbols"
SHOWN_SYMBOLS: Final = "The symbols of the table"
LIST_SIGN: Final = "★ "
"""Stands before the name of a watchlist among what can be exported."""
ALL_PERIODS: Final = "all"

BARS: Final[Mapping[str, tuple[str, frozenset[State] | None]]] = {
    "all": ("all, unfinished and partial ones too", None),
    "whole": ("whole ones: closed or confirmed", frozenset({State.CLOSED, State.CONFIRMED})),
    "confirmed": ("confirmed ones: equal to the exchange's own", frozenset({State.CONFIRMED})),
    "partial": ("partial ones: trades are missing", frozenset({State.PARTIAL})),
}
"""Which bars, by a word: in words, and their states; None: all."""


@dataclass(frozen=True, slots=True)
class ExportPreset:
    """Choices of the form by a name. The file is none of them: it is another one each time."""

    name: str
    periods: str = "1m"
    """With blanks or commas between, or `ALL_PERIODS`."""
    begin: str = ""
    """Times as they are typed; empty: the beginning and the end of what there is."""
    end: str = ""
    bars: str = "all"
    """A word of `BARS`."""
    symbols: str = ""
    """What the form calls them: `ALL_SYMBOLS`, a watchlist with its sign, a symbol; empty: as the form has it."""
    format: str = ""
    """Name of the format; empty: as the form has it."""

    @property
    def note(self) -> str:
        """What it chooses, in words."""
        times = f"from {self.begin or 'the beginning'}" + (f" to {self.end}" if self.end else "")
        bars = "" if self.bars == "all" else f"{self.bars} bars"
        return ", ".join(filter(None, (self.symbols, self.periods, times, bars, self.format)))


READY: Final = (
    ExportPreset("last-day", "1m", "-1d"),
    ExportPreset("last-month", "1h", "-30d"),
    ExportPreset("whole", ALL_PERIODS, bars="whole"),
)
"""Those that are there without having been saved; a saved one of the name goes before."""


def known(saved: Sequence[ExportPreset]) -> dict[str, ExportPreset]:
    """All presets by name: the saved ones, then the ready ones."""
    own = {preset.name: preset for preset in saved}
    return {**own, **{preset.name: preset for preset in READY if preset.name not in own}}


def find(saved: Sequence[ExportPreset], name: str) -> ExportPreset:
    """The preset of that name, in any letters.

    Raises:
        BadUsage: there is none.
    """
    presets = known(saved)
    by_folded = {each.casefold(): preset for each, preset in reversed(presets.items())}
    found = presets.get(name) or by_folded.get(name.casefold())
    if found is None:
        raise BadUsage(ended(f"There is no preset {name!r}{hint_or_all(name, list(presets))}"))
    return found


def put(saved: Sequence[ExportPreset], preset: ExportPreset) -> tuple[ExportPreset, ...]:
    """With this one, in the place of one of the same name."""
    if any(each.name == preset.name for each in saved):
        return tuple(preset if each.name == preset.name else each for each in saved)
    return (*saved, preset)


def renamed(saved: Sequence[ExportPreset], old: str, new: str) -> tuple[ExportPreset, ...]:
    """With the one of that name called otherwise; another one that was called so is gone."""
    kept = (each for each in saved if each.name != new or old == new)
    return tuple(replace(each, name=new) if each.name == old else each for each in kept)


def removed(saved: Sequence[ExportPreset], name: str) -> tuple[ExportPreset, ...]:
    """Without the one of that name."""
    return tuple(each for each in saved if each.name != name)


def from_plain(value: object) -> tuple[ExportPreset, ...]:
    """Those that a list of the state file holds; what is no preset is left out, of two of a name the last counts."""
    found: dict[str, ExportPreset] = {}
    for one in value if isinstance(value, list | tuple) else ():
        read = (
            {field.name: one[field.name] for field in fields(ExportPreset) if field.name in one}
            if isinstance(one, Mapping)
            else {}
        )
        if (
            read.get("name")
            and all(isinstance(text, str) for text in read.values())
            and read.get("bars", "all") in BARS
        ):
            found[read["name"]] = ExportPreset(**read)
    return tuple(found.values())


def times_of(begin: str, end: str, now_ms: int, *, local: bool) -> tuple[int | None, int | None]:
    """The times that are typed, None where nothing is.

    Raises:
        BadTime: one of them is none, or nothing lies between them.
    """
    texts = begin.strip(), end.strip()
    from_ms, to_ms = (parse_time(text, now_ms, local=local) if text else None for text in texts)
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise BadTime(f"Nothing lies between From {texts[0]} and To {texts[1]}: From must be the earlier one.")
    return from_ms, to_ms


def bars_text(count: int) -> str:
    """So many bars."""
    return f"{formatting.whole(count)} bar{'' if count == 1 else 's'}"


def unfinished_text(states: Mapping[State, int]) -> str:
    """How many of the bars are none to rely on."""
    words = {State.FORMING: "unfinished", State.PARTIAL: "partial: trades are missing"}
    told = ", ".join(f"{formatting.whole(count)} {word}" for state, word in words.items() if (count := states[state]))
    return f"; of these {told}" if told else ""
