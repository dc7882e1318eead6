"""Messages with bars as JSON. Each bar is written once for all readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from klagg_tui.bar_json import bar_json
from klagg_tui.engine.bar import Bar, BarKey, SeriesKey
from klagg_tui.engine.columns import StoredStretch


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
