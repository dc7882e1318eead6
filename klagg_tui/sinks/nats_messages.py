"""Bars as messages of a stream: subjects, contents and ids. Pure.

A message holds bars of one series, and, where others were taken back or must not be there, `removed`: stretches in which none are. Each one
says by which recorder, and the number of the delivery log up to which it is: of one recorder that number never falls, so a
message with a lower one than an earlier one was overtaken on its way, and is void.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import unquote

import orjson

from klagg_tui.bar_json import bar_json
from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence
from klagg_tui.storage.sink_log import Part, SeriesPlace

BarPlace = tuple[str, str, str, int]
"""Venue, symbol, period and open time."""
BARS_AT_ONCE: Final = 500
"""In one message, some 200 KB."""
BAR_BYTES: Final = 1_000
"""More than a bar takes in a message, and the stretch behind it."""
_NOBODY: Final = "-"
"""In a subject, of bars that nobody has said of whose they are."""
_LATEST_MS: Final = 253_402_300_800_000
"""The year 10000: no bar opens then."""
_ALWAYS_ESCAPED: Final = frozenset(".*>%")


class Message(NamedTuple):
    """What is sent."""

    subject: str
    """Behind the stream's part of it: `<venue>.<symbol>.<period>`."""
    content: bytes
    bars: int
    """How many are in it."""

    def id(self, recorder: str, number: int) -> str:
        """The same for the same message alone: the recorder, the delivery's number, and what is said."""
        digest = blake2b(self.subject.encode() + b"\0" + self.content, digest_size=12).hexdigest()
        return f"{recorder}-{number}-{digest}"


def escaped(name: str) -> str:
    """A name as one token of a subject: `%` and two hexadecimal digits for each byte of what cannot stand there.

    https://docs.nats.io/nats-concepts/subjects: no dot, no wildcard, no blank, nothing that cannot be printed.
    """
    if not name:
        return _NOBODY
    return "".join(
        "".join(f"%{byte:02X}" for byte in sign.encode())
        if sign in _ALWAYS_ESCAPED or sign.isspace() or not sign.isprintable()
        else sign
        for sign in name
    )


def unescaped(token: str) -> str:
    """The name that a token of a subject stands for."""
    return "" if token == _NOBODY else unquote(token)


def messages(
    parts: Iterable[Part], recorder: str, number: int, known: Mapping[BarPlace, bytes], at_once: int = BARS_AT_ONCE
) -> Iterator[Message]:
    """All bars of these parts, about so many in a message, each once: what changed may be among what was there before.

    `known`: as they are in the stream already, which need not be told.
    """
    so_far = dict(known)
    for part in parts:
        for begin in range(0, len(part.bars) or 1, at_once):
            chunk = part.bars[begin : begin + at_once]
            first = part.from_ms if begin == 0 else chunk[0].open_ms
            until = part.to_ms if begin + at_once >= len(part.bars) else part.bars[begin + at_once].open_ms
            removed = list(_between(chunk, first, min(until, _LATEST_MS))) if part.is_swept else []
            told: list[bytes] = []
            on_candles: list[int] = []
            for bar in chunk:
                place = (part.venue, part.symbol, part.period.value, bar.open_ms)
                text = bar_json(bar, is_final=bar.state is not State.FORMING)
                if so_far.get(place) != text:
                    so_far[place] = text
                    told.append(text)
                    if bar.evidence & Evidence.CANDLE_ONLY and bar.state is not State.CONFIRMED:
                        on_candles.append(bar.open_ms)
            if told or removed:
                more: dict[str, Sequence[object]] = {"removed": removed, "on_candles": on_candles}
                yield _message(part, recorder, number, told, more)


def series_message(series: Iterable[SeriesPlace], recorder: str, number: int) -> bytes:
    """All series that a recorder has, by venue and symbol: bars of others that it told before are not there any more."""
    found: dict[str, dict[str, list[str]]] = {}
    for place in sorted(series):
        found.setdefault(place.venue, {}).setdefault(place.symbol, []).append(place.period.value)
    return orjson.dumps({"type": "series", "recorder": recorder, "number": number, "series": found})


def _between(bars: Iterable[Bar], first: int, until: int) -> Iterator[tuple[int, int]]:
    """The stretches in which no bar opens."""
    for bar in bars:
        if first < bar.open_ms:
            yield first, bar.open_ms
        first = bar.end_ms
    if first < until:
        yield first, until


def _message(
    part: Part, recorder: str, number: int, told: list[bytes], more: Mapping[str, Sequence[object]]
) -> Message:
    head: dict[str, object] = {"type": "bars", "recorder": recorder, "number": number, "venue": part.venue}
    head |= {"symbol": part.symbol, "period": part.period.value}
    head |= {name: values for name, values in more.items() if values}
    subject = f"{escaped(part.venue)}.{escaped(part.symbol)}.{part.period.value}"
    return Message(subject, b'%b,"bars":[%b]}' % (orjson.dumps(head)[:-1], b",".join(told)), len(told))
