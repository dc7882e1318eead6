"""The columns of archives."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

TRADE_COLUMNS: Final = (7, 8)
"""How many: `id,price,quantity,first id,last id,time,buyer is maker`, and in spot archives `best match`."""


class KlineColumn(StrEnum):
    """Of klines, in their order."""

    OPEN_TIME = "open_time"
    """In milliseconds; in microseconds in spot archives from 2025 on."""
    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    VOLUME = "volume"
    CLOSE_TIME = "close_time"
    QUOTE_VOLUME = "quote_volume"
    COUNT = "count"
    TAKER_BUY_VOLUME = "taker_buy_volume"
    TAKER_BUY_QUOTE_VOLUME = "taker_buy_quote_volume"
    IGNORE = "ignore"
    """Always 0."""
