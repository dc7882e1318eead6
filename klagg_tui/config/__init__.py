"""What can be set: `load` gives the settings that count; `table` describes each once."""

from klagg_tui.config.reading import DEFAULT, Effective, Flags, defaults, find, load
from klagg_tui.config.values import Alerts, Log, Market, Screen, Serve, Settings, Sink, Storage, VenueTable

__all__ = [
    "DEFAULT", "Alerts", "Effective", "Flags", "Log", "Market", "Screen", "Serve", "Settings", "Sink", "Storage", "VenueTable", "defaults", "find", "load",
]  # fmt: skip
