"""Bars as JSON: exact decimal texts, because JSON readers make floats of numbers. Each bar is written once for all readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from klagg_tui.engine.bar import Bar, BarKey, SeriesKey, State
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.exact import price_text, quantity_text, turnover_text
from klagg_tui.evidence import Evidence


class Change:
    """A bar in its newest state, encoded when somebody first asks."""

    __slots__ = ("_json", "bar", "is_final")

    def __init__(self, bar: Bar, *, is_final: bool) -> None:
        """`is_final`: its time is over."""
        self.bar = bar
        self.is_final = is_final
        self._json: bytes | None = None

    @property
    def key(self) -> BarKey:
        """The bar's."""
        return self.bar.key

    @property
    def series(self) -> SeriesKey:
        """The bar's."""
        return self.bar.series

    @property
    def open_ms(self) -> int:
        """The bar's."""
        return self.bar.open_ms

    @property
    def json(self) -> bytes:
        """The bar as a JSON object."""
        if self._json is None:
            self._json = bar_json(self.bar, is_final=self.is_final)
        return self._json


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


def message(kind: str, changes: Iterable[Change], more: Mapping[str, Any] | None = None) -> bytes:
    """A message with bars: `{"type": kind, ..., "bars": [...]}`."""
    head = orjson.dumps({"type": kind, **(more or {})})
    return b'%b,"bars":[%b]}' % (head[:-1], b",".join([change.json for change in changes]))


def stretches_message(stretches: Iterable[StoredStretch], number: int) -> bytes:
    """Where bars changed, up to that number of the delivery log; none: wherever bars are stored."""
    told = [
        {"symbol": symbol, "period": period.value, "from": from_ms, "to": to_ms}
        for symbol, period, from_ms, to_ms in stretches
    ]
    return note("changed", number=number, stretches=told)


def note(kind: str, **values: object) -> bytes:
    """A message without bars."""
    return orjson.dumps({"type": kind, **values})
