"""klagg: every trade of whole markets, as exact bars, in a terminal and in a local database."""

__version__ = "0.1.0"
