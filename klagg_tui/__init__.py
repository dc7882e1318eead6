"""klagg: every trade of a whole futures market, as exact bars, in a terminal and in a local database."""

__version__ = "0.1.0"
