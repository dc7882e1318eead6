"""What a websocket reader asks for: its messages as values, and what they come to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, BadRequest
from klagg_tui.names import typed

EVERYTHING: Final = "*"
MAX_SYMBOLS: Final = 5_000
"""That one reader may want, by one message or by many."""
_MAX_SYMBOL_LENGTH: Final = 64

Periods: TypeAlias = frozenset[Period] | None
"""None: all."""
Interest: TypeAlias = frozenset[tuple[str, Periods]]
"""What one or several readers want, by symbol (or `EVERYTHING`); readers of one interest share their messages."""


class Subscription(NamedTuple):
    """One message: `{"subscribe": "BTCUSDT", "periods": ["1m"]}`, `{"unsubscribe": ["BTCUSDT", "ETHUSDT"]}`."""

    is_on: bool
    symbols: tuple[str, ...]
    periods: Periods


def parse_subscription(text: str | bytes) -> Subscription:
    """What a message asks for.

    Raises:
        BadRequest: it asks for nothing that there is; its text names what would be right.
    """
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"This is not JSON: {error}.") from error
    if not isinstance(message, dict) or ("subscribe" in message) == ("unsubscribe" in message):
        raise BadRequest('Say {"subscribe": "BTCUSDT"}, a list of symbols or "*", or the same with unsubscribe.')
    is_on = "subscribe" in message
    return Subscription(
        is_on, _symbols(message["subscribe" if is_on else "unsubscribe"]), _periods(message.get("periods"))
    )


def updated(wanted: Mapping[str, Periods], subscription: Subscription) -> dict[str, Periods]:
    """What is wanted after a message; a symbol subscribed again has the new periods, unsubscribing `*` ends all.

    Raises:
        BadRequest: that would be more than one reader may want.
    """
    if not subscription.is_on:
        gone = set(wanted) if EVERYTHING in subscription.symbols else set(subscription.symbols)
        return {symbol: periods for symbol, periods in wanted.items() if symbol not in gone}
    together = {**wanted, **dict.fromkeys(subscription.symbols, subscription.periods)}
    if len(together) > MAX_SYMBOLS:
        raise BadRequest(
            f"That would be {len(together):,} symbols, and one reader may want {MAX_SYMBOLS:,}: nothing was changed; say * "
            "for all, or unsubscribe from some."
        )
    return together


def covers(wanted: Mapping[str, Periods], bar: Bar | StoredStretch) -> bool:
    """Whether a bar, or a stretch of bars, is among what is wanted."""
    return any(
        symbol in wanted and ((periods := wanted[symbol]) is None or bar.period in periods)
        for symbol in (bar.symbol, EVERYTHING)
    )


def _symbols(given: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever JSON holds
    names = given if isinstance(given, list) else [given]
    if not names or len(names) > MAX_SYMBOLS:
        raise BadRequest(f"Name 1 to {MAX_SYMBOLS:,} symbols, or say *.")
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_SYMBOL_LENGTH:
            raise BadRequest("A symbol is a text like BTCUSDT.")
    return tuple(dict.fromkeys(map(typed, names)))


def _periods(given: Any) -> Periods:  # noqa: ANN401 - whatever JSON holds
    if given is None:
        return None
    names = given if isinstance(given, list) else [given]
    try:
        return frozenset(Period.parse(name if isinstance(name, str) else "") for name in names) or None
    except BadPeriod as error:
        raise BadRequest(str(error)) from error
