"""Rows of kline archives; the wire's decoder reads them once their texts are numbers."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive.columns import KlineColumn
from klagg_tui.exchange.binance.archive.rows import milliseconds
from klagg_tui.exchange.binance.wire.bars import read_bar
from klagg_tui.exchange.fields import Json


def read_kline(symbol: str, period: Period, row: Sequence[str], state: State = State.CONFIRMED) -> Bar:
    """The bar of a row.

    Raises:
        BadRow, BadFrame: it has not twelve columns, or they contradict each other.
        ValueError: one of them is no number (`BadNumber` among them).
    """
    if len(row) != len(KlineColumn):
        raise BadRow(f"{len(row)} columns instead of {len(KlineColumn)}")
    numbers: list[Json] = [milliseconds(int(row[0])), *row[1:8], int(row[8]), *row[9:]]
    return read_bar(symbol, period, numbers, state, Check.PARTS)


def kline_times(line: str) -> tuple[int, int] | None:
    """When the bar of a row opens and closes; None: the row does not say."""
    fields = line.split(",")
    try:
        return milliseconds(int(fields[0])), milliseconds(int(fields[6]))
    except (ValueError, IndexError, BadRow):
        return None
