"""The user's preferences, found again at the next start."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, cast

from klagg_tui.errors import BadIndicator
from klagg_tui.view import exports
from klagg_tui.view.columns.registry import DEFAULT_KEYS, find
from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.indicators.entry import read_entry
from klagg_tui.view.indicators.indicator import Indicator
from klagg_tui.view.indicators.registry import DEFAULT_INDICATORS, INDICATORS
from klagg_tui.view.sorting import Sort

MAX_FILTER_HISTORY: Final = 50
_COMPUTED: Final = re.compile(r"[A-Za-z0-9(+-][\w.,%()+*/ -]{0,99}", re.ASCII)
_FIRST_LIST: Final = "Watchlist"
TABLE, SPLIT, CHART = LAYOUTS = ("table", "split", "chart")
"""How the market screen is divided."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Every choice as plain texts and tuples, so that the state file is JSON that a person can read."""

    period: str = "5m"
    sort: str = Sort().key
    descending: bool = True
    columns: tuple[str, ...] = DEFAULT_KEYS
    all_periods: bool = False
    layout: str = TABLE
    """The table alone, the chart of its symbol beside it, or that chart beside a short list."""
    theme: str = "klagg"
    tints: str = "green-up"
    local_time: bool = False
    log_scale: bool = False
    """Whether charts have a logarithmic scale."""
    filter: str = ""
    filter_history: tuple[str, ...] = ()
    """Oldest first."""
    saved_filters: tuple[tuple[str, str], ...] = ()
    """Name and filter."""
    names: tuple[tuple[str, str], ...] = ()
    """Own names in lower case, and what each stands for; in the state file those that are not as in the settings."""
    watchlists: tuple[tuple[str, tuple[str, ...]], ...] = ((_FIRST_LIST, ()),)
    """Name and symbols."""
    shown_list: str = ""
    """Name of the watchlist on view; empty: all symbols."""
    shown_venue: str = ""
    """Key of the exchange on view, where several are watched; empty: all of them."""
    marks: tuple[str, ...] = ()
    """What is marked for the wall of charts, each as `venue:name`, in the order in which it was."""
    on_wall: bool = False
    """Whether the wall was on view."""
    export_presets: tuple[ExportPreset, ...] = ()
    """Those that were saved, in the order in which they were."""
    alerts: tuple[str, ...] = ()
    indicators: tuple[str, ...] = DEFAULT_INDICATORS
    """Keys of those that are shown. In the state file each is a switch of its own."""
    lengths: tuple[tuple[str, str], ...] = ()
    """Keys of those that have other lengths than the usual ones, and which, as they are typed: `5 35 5`."""

    @property
    def all_indicators(self) -> tuple[Indicator, ...]:
        """Every indicator with its lengths."""
        chosen = dict(self.lengths)
        return tuple(read_entry(f"{each.key} {chosen.get(each.key, '')}") for each in INDICATORS)

    @property
    def entries(self) -> tuple[str, ...]:
        """Those that are shown, with their lengths: `rsi 21`."""
        return tuple(each.entry for each in self.all_indicators if each.key in self.indicators)

    @property
    def sorting(self) -> Sort:
        """The order of the rows."""
        return Sort(self.sort, self.descending)

    @property
    def list_for_marks(self) -> str:
        """The watchlist that a mark goes to: the one on view, otherwise the first."""
        return self.shown_list or (self.watchlists[0][0] if self.watchlists else _FIRST_LIST)

    def with_filter_used(self, text: str) -> Preferences:
        """The same with a filter as the newest of the history."""
        if not text:
            return self
        history = (*(old for old in self.filter_history if old != text), text)
        return replace(self, filter_history=history[-MAX_FILTER_HISTORY:])

    def with_indicator_switched(self, key: str) -> Preferences:
        """The same with an indicator shown that was hidden, or hidden that was shown."""
        shown = set(self.indicators) ^ {key}
        return replace(self, indicators=tuple(each.key for each in INDICATORS if each.key in shown))

    def with_indicator(self, indicator: Indicator) -> Preferences:
        """The same with an indicator shown, and with its lengths from now on."""
        others = tuple(pair for pair in self.lengths if pair[0] != indicator.key)
        is_usual = indicator.entry == read_entry(indicator.key).entry
        lengths = others if is_usual else (*others, (indicator.key, indicator.lengths_text))
        shown = self if indicator.key in self.indicators else self.with_indicator_switched(indicator.key)
        return replace(shown, lengths=lengths)

    def as_plain(self, defaults: Preferences) -> dict[str, Any]:
        """What differs from the defaults, fit for JSON: what was never chosen here follows the settings."""
        before, now = _flat(defaults), _flat(self)
        if self.names != defaults.names:
            now["names"] = [pair for pair in self.names if pair not in defaults.names]
        return {name: value for name, value in now.items() if value != before[name]}


def _flat(preferences: Preferences) -> dict[str, Any]:
    """Everything by its name in the state file."""
    flat = asdict(preferences)
    shown = flat.pop("indicators")
    return {**flat, **{indicator.key: indicator.key in shown for indicator in INDICATORS}}


def from_plain(plain: object, defaults: Preferences) -> Preferences:
    """What `as_plain` gave; a choice that is missing, unknown or of a wrong kind stays as in `defaults`."""
    if not isinstance(plain, Mapping):
        return defaults
    known: dict[str, Any] = {"indicators": _indicators(plain, defaults)}  # Any: `_read` checks each field's own type
    for field in fields(Preferences):
        if field.name in plain and field.name != "indicators":
            value = _read(field.name, plain[field.name], getattr(defaults, field.name))
            if value is not None:
                known[field.name] = value
    return replace(defaults, **known)


def _indicators(plain: Mapping[Any, Any], defaults: Preferences) -> tuple[str, ...]:
    keys = [indicator.key for indicator in INDICATORS]
    read = {key: plain[key] for key in keys if isinstance(plain.get(key), bool)}
    return tuple(key for key in keys if read.get(key, key in defaults.indicators))


def _read(name: str, value: object, default: object) -> object | None:
    if name == "columns":
        return tuple(key for key in _texts(value) if _may_be_column(key)) or None
    if name in _FIT:
        return value if isinstance(value, str) and _FIT[name](value) else None
    if name in _READERS:
        return _READERS[name](value)
    if name == "names":
        return tuple({**dict(cast("tuple[tuple[str, str], ...]", default)), **dict(_pairs(value))}.items())
    if name == "lengths":
        return tuple(pair for pair in _pairs(value) if _may_be_lengths(*pair))
    if name == "watchlists":
        return (
            tuple(
                (pair[0], tuple(dict.fromkeys(_texts(pair[1]))))
                for pair in _lists(value)
                if len(pair) == 2 and _are_texts(pair[:1])
            )
            or None
        )
    if isinstance(default, tuple):
        return tuple(_texts(value))
    return value if type(value) is type(default) else None


def _may_be_column(key: str) -> bool:
    """Whether it is a column's key, or can be the text of a computed one: whether that can be read shows where names are known."""
    return bool(find(key) or _COMPUTED.fullmatch(key))


_FIT: Final[Mapping[str, Callable[[str], bool]]] = {"sort": _may_be_column, "layout": LAYOUTS.__contains__}
"""Of choices that not every text can be, which can."""


def _may_be_lengths(key: str, text: str) -> bool:
    try:
        return read_entry(f"{key} {text}").key == key
    except BadIndicator:
        return False


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((pair[0], pair[1]) for pair in _lists(value) if len(pair) == 2 and _are_texts(pair))


def _lists(value: object) -> list[list[Any]]:
    return [list(one) for one in value if isinstance(one, list | tuple)] if isinstance(value, list | tuple) else []


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(one, str) for one in values)


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "export_presets": exports.from_plain,
    "saved_filters": _pairs,
}
