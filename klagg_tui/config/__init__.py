"""What can be set: `load` gives the settings that count; `table` describes each once."""

from klagg_tui.config.reading import DEFAULT, Effective, Flags, defaults, find, load
from klagg_tui.config.values import Log, Market, Screen, Serve, Settings, Storage, VenueTable

__all__ = [
    "DEFAULT", "Effective", "Flags", "Log", "Market", "Screen", "Serve", "Settings", "Storage", "VenueTable", "defaults", "find", "load",
]  # fmt: skip
