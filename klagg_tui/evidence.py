"""How much of a bar is known, and on whose word: small numbers that can be joined with `|`."""

from __future__ import annotations

from enum import IntFlag


class Evidence(IntFlag):
    """What is less than whole about a bar; the number stands for it on disk."""

    ALL = 0
    """Every field is known, and nothing rests on less than unbroken ids or the exchange's own bar with all its fields."""
    NO_TURNOVER = 1
    NO_COUNT = 2
    NO_TAKER_VOLUME = 4
    NO_TAKER_TURNOVER = 8
    CANDLE_ONLY = 16
    """The witness is the exchange's bar alone, which has not all fields: no unbroken run of ids shows the rest."""

    @property
    def witness(self) -> str:
        """Who vouches for the bar: `ids` or `candle`."""
        return "candle" if self & Evidence.CANDLE_ONLY else "ids"
