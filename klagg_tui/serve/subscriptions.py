"""What a websocket reader asks for: its messages as values, and what they come to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, BadRequest

EVERYTHING: Final = "*"
MOST_SYMBOLS: Final = 5_000
_LONGEST_SYMBOL: Final = 64

Periods: TypeAlias = frozenset[Period] | None
"""None: all."""
Interest: TypeAlias = frozenset[tuple[str, Periods]]
"""What one or several readers want, by symbol (or `EVERYTHING`); readers of one interest share their messages."""


class Subscription(NamedTuple):
    """One message: `{"subscribe": "BTCUSDT", "periods": ["1m"]}`, `{"unsubscribe": ["BTCUSDT", "ETHUSDT"]}`."""

    is_on: bool
    symbols: tuple[str, ...]
    periods: Periods


def read_wish(text: str | bytes) -> Subscription:
    """What a message asks for.

    Raises:
        BadQuestion: it asks for nothing that there is; says what would be right.
    """
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"This is not JSON: {error}.") from error
    if not isinstance(said, dict) or ("subscribe" in said) == ("unsubscribe" in said):
        raise BadRequest('Say {"subscribe": "BTCUSDT"}, a list of symbols or "*", or the same with unsubscribe.')
    is_on = "subscribe" in said
    return Subscription(is_on, _symbols(said["subscribe" if is_on else "unsubscribe"]), _periods(said.get("periods")))


def granted(wanted: Mapping[str, Periods], wish: Subscription) -> dict[str, Periods]:
    """What is wanted after a wish; a symbol asked for again has the new periods, `*` taken back takes back all."""
    if not wish.is_on:
        gone = set(wanted) if EVERYTHING in wish.symbols else set(wish.symbols)
        return {symbol: periods for symbol, periods in wanted.items() if symbol not in gone}
    return {**wanted, **dict.fromkeys(wish.symbols, wish.periods)}


def is_wanted(wanted: Mapping[str, Periods], bar: Bar) -> bool:
    """Whether a bar is among what is wanted."""
    return any(
        symbol in wanted and ((periods := wanted[symbol]) is None or bar.period in periods)
        for symbol in (bar.symbol, EVERYTHING)
    )


def _symbols(said: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever JSON holds
    names = said if isinstance(said, list) else [said]
    if not names or len(names) > MOST_SYMBOLS:
        raise BadRequest(f"Name 1 to {MOST_SYMBOLS:,} symbols, or say *.")
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_SYMBOL:
            raise BadRequest("A symbol is a text like BTCUSDT.")
    return tuple(dict.fromkeys(name.upper() for name in names))


def _periods(said: Any) -> Periods:  # noqa: ANN401 - whatever JSON holds
    if said is None:
        return None
    names = said if isinstance(said, list) else [said]
    try:
        return frozenset(Period.parse(name if isinstance(name, str) else "") for name in names) or None
    except BadPeriod as error:
        raise BadRequest(str(error)) from error
