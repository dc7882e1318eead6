"""Stored history as it goes to a window on another machine: whole columns of numbers, bit by bit. Pure."""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

from klagg_tui.attach.codec import Json
from klagg_tui.engine.columns import BarColumns, no_columns
from klagg_tui.errors import BadFrame

_KINDS: Final = tuple(column.typecode for column in no_columns())
_IS_SWAPPED: Final = sys.byteorder == "big"
"""Sent is the little end first, as nearly every machine has it."""


def columns_out(found: Mapping[str, BarColumns]) -> Json:
    """The columns of each symbol, in their order."""
    return {
        symbol: [b64encode(_turned(column).tobytes()).decode() for column in columns]
        for symbol, columns in found.items()
    }


def columns_in(said: Json) -> dict[str, BarColumns]:
    """Those columns again.

    Raises:
        BadFrame: they are none.
    """
    try:
        return {
            symbol: BarColumns(*(_read(kind, text) for kind, text in zip(_KINDS, columns, strict=True)))
            for symbol, columns in said.items()
        }
    except (TypeError, ValueError, AttributeError) as error:
        raise BadFrame("What came over the connection are no columns.") from error


def _read(kind: str, text: str) -> array[Any]:
    column: array[Any] = array(kind)
    column.frombytes(b64decode(text, validate=True))
    return _turned(column)


def _turned(column: array[Any]) -> array[Any]:
    if not _IS_SWAPPED:
        return column
    turned = column[:]
    turned.byteswap()
    return turned
