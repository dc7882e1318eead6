"""Single fields, checked once: what passes here cannot surprise anybody further up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

import orjson

from klagg_tui.errors import BadFrame
from klagg_tui.texts import is_printable

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

T = TypeVar("T")
R = TypeVar("R")

LARGEST: Final = 2**63 - 1
"""Of ids: what the disk can hold."""

MOST_FILLS: Final = 10**6
"""In one aggregate trade: those of one order, or of 100 ms. More are damage, and would spoil the count of their bar."""

MOST_COUNTED: Final = 10**12
"""Trades of one bar. All bars of a symbol's life together stay within what the disk holds as a whole number."""

LATEST_MS: Final = 253_370_764_800_000
"""Of times: the first day of 9999, so that calendar arithmetic on any time stays possible."""

DAMAGE: Final = (KeyError, TypeError, AttributeError, ValueError, IndexError)
"""What reading a field of the wrong type or a missing one raises."""


def decoded(raw: bytes | str) -> Json:
    """The JSON value in `raw`.

    Raises:
        BadFrame: it is none; also where it is nested deeper than the decoder goes, or no UTF-8.
    """
    try:
        value: Json = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadFrame(f"a message is no JSON: {error}") from error
    return value


def mapping(value: Json) -> dict[str, Json]:
    """An object, or BadFrame."""
    if type(value) is not dict:
        raise BadFrame("an object was expected")
    return value


def sequence(value: Json) -> list[Json]:
    """A list, or BadFrame."""
    if type(value) is not list:
        raise BadFrame("a list was expected")
    return value


def whole(value: Json) -> int:
    """An integer from 0 to `LARGEST`; `true` is none. The decoder gives floats for larger ones."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise BadFrame("an id or count is not a whole number within range")
    return value


def counted(value: Json) -> int:
    """How many trades made a bar: from 0 to `MOST_COUNTED`."""
    if whole(value) > MOST_COUNTED:
        raise BadFrame("a count of trades is out of range")
    return value  # type: ignore[return-value]  # `whole` looked


def are_trade_ids(aggregate_id: int, first_id: int, last_id: int) -> bool:
    """Whether one aggregate trade can have these ids; records without a trade carry -1 as first and last."""
    return 0 <= aggregate_id <= LARGEST and -1 <= first_id <= last_id <= LARGEST and last_id - first_id < MOST_FILLS


def moment(value: Json) -> int:
    """A time in milliseconds since the epoch, before `LATEST_MS`."""
    if type(value) is not int or not 0 <= value < LATEST_MS:
        raise BadFrame("a time is not a number of milliseconds within range")
    return value


def text(value: Json) -> str:
    """A text, or BadFrame."""
    if type(value) is not str:
        raise BadFrame("a text was expected")
    return value


def one_of(known: Collection[str], value: Json, name: str) -> str:
    """One of the texts that a field may say; raises BadFrame where it says another, which nobody has seen yet."""
    if (said := text(value)) not in known:
        raise BadFrame(f"the {name} {said[:40]!r} is unknown")
    return said


def words(value: Json) -> str:
    """What an exchange says to people, cut where it does not end; empty where it is no text."""
    return value[:500] if type(value) is str else ""


def body_of(raw: bytes) -> dict[str, Json]:
    """The object in an answer that may be anything, such as one that refuses; empty where there is none."""
    try:
        return mapping(decoded(raw))
    except BadFrame:
        return {}


def each_readable(rows: Iterable[T], read: Callable[[T], R]) -> Iterator[R]:
    """What is read of each row; an odd one costs only itself, so this is for what decides nothing.

    `read` raises BadFrame, BadNumber or any of `DAMAGE` where a row cannot be understood.
    """
    for row in rows:
        with suppress(BadFrame, *DAMAGE):
            yield read(row)


@lru_cache(maxsize=8192)
def symbol(value: str) -> str:
    """A symbol's name, always the same object for the same name.

    Not only ASCII, but nothing that a terminal, an address or a stream's name would take for more than a name.
    """
    if type(value) is not str or not 0 < len(value) <= 64 or not _is_name(value):
        raise BadFrame("a symbol's name is damaged")
    return value


def symbol_in(row: Json, name: str) -> str:
    """Whose an entry is, by its field `name`; raises BadFrame, or KeyError where it has none."""
    return symbol(text(mapping(row)[name]))


def _is_name(value: str) -> bool:
    """Letters and digits that can be seen (Unicode counts invisible fillers among its letters), and the signs between them."""
    return value.translate(_BETWEEN).isalnum() and is_printable(value)


_BETWEEN: Final = dict.fromkeys(map(ord, "_-.+/()[]"))
