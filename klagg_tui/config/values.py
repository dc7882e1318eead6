"""The settings as typed values. What each may be, its default and its words are in `table`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from klagg_tui.engine.period import Period


@dataclass(frozen=True, slots=True)
class VenueTable:
    """What is set for one exchange alone; None: what `Market` or the exchange itself says."""

    symbols: tuple[str, ...] | None = None
    quote: tuple[str, ...] | None = None
    contract_types: tuple[str, ...] | None = None
    rest_url: str | None = None
    ws_url: str | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """What is watched, and where it comes from."""

    venues: tuple[str, ...]
    """Keys of exchanges."""
    rest_url: str
    """Of the default exchange alone, as the next one."""
    ws_url: str
    symbols: tuple[str, ...]
    """Names and globs in capitals, with or without `venue:`; empty: all."""
    quote: tuple[str, ...]
    """Quote coins in capitals, with or without `venue:`; empty: any."""
    contract_types: tuple[str, ...]
    periods: tuple[Period, ...]
    """From short to long."""
    history: int
    """Bars of each period to fetch for a symbol that has none."""
    proxy: str | None


@dataclass(frozen=True, slots=True)
class Storage:
    """The local database."""

    database: Path
    flush_seconds: float
    keep: Mapping[Period, int]
    """Milliseconds that bars of a period are kept; what is not there is kept forever."""


@dataclass(frozen=True, slots=True)
class Screen:
    """How the terminal looks and which keys it takes."""

    theme: str
    colours: str
    """green-up, red-up or colour-blind."""
    times: str
    """utc or local."""
    columns: tuple[str, ...]
    """Keys of the market table's columns in order; empty: its own choice."""
    keymap: Mapping[str, str]
    """Action to keys with commas between, as Textual's keymaps have it."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """How people are told of alerts."""

    bell: bool
    terminal: str
    """auto, osc9, osc777, osc99 or none."""
    desktop: bool
    command: tuple[str, ...]
    """A program and its arguments; empty: none."""
    webhook: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """The log file."""

    path: Path
    level: str


@dataclass(frozen=True, slots=True)
class Serve:
    """Bars for other programs."""

    host: str
    port: int
    token: str | None
    origins: tuple[str, ...]
    """Web pages that may ask besides our own, as `https://host:port`."""


@dataclass(frozen=True, slots=True)
class Sink:
    """Bars on other machines."""

    to: tuple[str, ...]
    """Addresses."""
    datasets: tuple[str, ...]
    """Addresses of folders and buckets that are given whole days."""
    dataset_seconds: float
    """Between two looks whether there are any to be written."""
    forming_seconds: float
    """Between two deliveries of the bars under way; 0: never."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    market: Market
    storage: Storage
    screen: Screen
    alerts: Alerts
    log: Log
    serve: Serve
    sink: Sink
    venue: Mapping[str, VenueTable]
    """What is set for single exchanges, by key."""
    names: Mapping[str, str]
    """Own names in lower case, and what each stands for."""
