r"""Bars as the lines of PostgreSQL's COPY. Pure.

Tabs between the fields, `\N` for NULL: https://www.postgresql.org/docs/current/sql-copy.html, "Text Format".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import price_text, quantity_text, turnover_text
from klagg_tui.evidence import Evidence
from klagg_tui.storage.sink_log import Part

_NULL: Final = "\\N"
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})
_LAST_MS: Final = 253_370_764_800_000
"""The year 9999: no calendar here has a later one."""


def lines(parts: Iterable[Part]) -> bytes:
    """All bars, each as the fields of `postgres_layout.FIELDS`, and each once: what changed may be among what was there before."""
    return "".join(dict.fromkeys(line for part in parts for line in _lines(part))).encode()


def moment(at_ms: int) -> datetime:
    """The same time, or the last there is."""
    return datetime.fromtimestamp(min(at_ms, _LAST_MS) / 1000, UTC)


def _lines(part: Part) -> list[str]:
    head = "\t".join(text.translate(_ESCAPED) for text in (part.venue, part.symbol, part.period.value))
    return [f"{head}\t{_values(bar)}\n" for bar in part.bars]


def _values(bar: Bar) -> str:
    evidence = bar.evidence
    turnover = _NULL if evidence & Evidence.NO_TURNOVER else turnover_text(bar.turnover)
    count = _NULL if evidence & Evidence.NO_COUNT else bar.trade_count
    bought = _NULL if evidence & Evidence.NO_TAKER_VOLUME else quantity_text(bar.taker_buy_volume)
    paid = _NULL if evidence & Evidence.NO_TAKER_TURNOVER else turnover_text(bar.taker_buy_turnover)
    witness = Evidence(evidence).witness if bar.state is State.CONFIRMED else _NULL
    return (
        f"{moment(bar.open_ms).isoformat()}\t{price_text(bar.open)}\t{price_text(bar.high)}\t{price_text(bar.low)}\t"
        f"{price_text(bar.close)}\t{quantity_text(bar.volume)}\t{turnover}\t{count}\t{bought}\t{paid}\t"
        f"{bar.state.label}\t{witness}"
    )
