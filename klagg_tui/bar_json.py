"""A bar as the JSON that other programs get, and back: exact decimal texts, because JSON readers make floats of numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import price_text, quantity_text, turnover_text
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadNumber
from klagg_tui.evidence import Evidence

_STATES: Final = {state.label: state for state in State}
_UNKNOWN: Final = {
    "quote_volume": Evidence.NO_TURNOVER,
    "count": Evidence.NO_COUNT,
    "taker_buy_volume": Evidence.NO_TAKER_VOLUME,
    "taker_buy_quote_volume": Evidence.NO_TAKER_TURNOVER,
}
_LATEST_MS: Final = 253_402_300_800_000
"""The year 10000."""
_MOST: Final = 1 << 63


def bar_json(bar: Bar, *, is_final: bool) -> bytes:
    """One bar; fields are named as in the exchange's archives, and one that is not known is null."""
    evidence = bar.evidence
    turnover = _text(turnover_text(bar.turnover), evidence & Evidence.NO_TURNOVER)
    taker_volume = _text(quantity_text(bar.taker_buy_volume), evidence & Evidence.NO_TAKER_VOLUME)
    taker_turnover = _text(turnover_text(bar.taker_buy_turnover), evidence & Evidence.NO_TAKER_TURNOVER)
    witness = f'"{Evidence(evidence).witness}"' if bar.state is State.CONFIRMED else "null"
    return (
        f'{{"symbol":{orjson.dumps(bar.symbol).decode()},"period":"{bar.period.value}","open_time":{bar.open_ms},'
        f'"close_time":{bar.end_ms - 1},"open":"{price_text(bar.open)}","high":"{price_text(bar.high)}","low":"{price_text(bar.low)}",'
        f'"close":"{price_text(bar.close)}","volume":"{quantity_text(bar.volume)}","quote_volume":{turnover},'
        f'"count":{"null" if evidence & Evidence.NO_COUNT else bar.trade_count},"taker_buy_volume":{taker_volume},'
        f'"taker_buy_quote_volume":{taker_turnover},'
        f'"is_final":{"true" if is_final else "false"},"state":"{bar.state.label}","witness":{witness}}}'
    ).encode()


def _text(text: str, is_unknown: int) -> str:
    return "null" if is_unknown else f'"{text}"'


def read_bar(told: Mapping[str, Any]) -> Bar:
    """The bar of which `bar_json` told, as the exchange calls its symbol.

    Raises:
        ValueError: it is none; the text says what is wrong.
    """
    try:
        state, period = _STATES[told["state"]], Period(told["period"])
        evidence = Evidence.ALL
        if told["witness"] == Evidence.CANDLE_ONLY.witness:
            evidence |= Evidence.CANDLE_ONLY
        for name, lack in _UNKNOWN.items():
            if told[name] is None:
                evidence |= lack
        bar = Bar(
            _name(told["symbol"]),
            period,
            _whole(told["open_time"]),
            parsing.price(told["open"]),
            parsing.price(told["high"]),
            parsing.price(told["low"]),
            parsing.price(told["close"]),
            parsing.quantity(told["volume"]),
            parsing.turnover(told["quote_volume"] or "0"),
            _whole(told["count"] or 0),
            parsing.quantity(told["taker_buy_volume"] or "0"),
            parsing.turnover(told["taker_buy_quote_volume"] or "0"),
            state,
            int(evidence),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no bar of klagg: {error!r}") from error
    except BadNumber as error:
        raise ValueError(str(error)) from error
    if bar.open_ms >= _LATEST_MS or not period.is_on_grid(bar.open_ms):
        raise ValueError(f"no {period} bar opens at {bar.open_ms}")
    return bar


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise TypeError(value)
    return value
