"""The ended minutes of one symbol that can still change, packed: as bars, those of 600 symbols take four times the memory.

What late trades and the exchange's own bars change is looked up one minute at a time, and seldom.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from struct import Struct, error
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period

_ROW: Final = Struct("<4Q Q QQ Q Q QQ BB")
"""Four prices, volume, turnover in two halves, count, what takers bought, its turnover in two halves; state and evidence."""
_SIZE: Final = _ROW.size
_STATE, _EVIDENCE = _SIZE - 2, _SIZE - 1
_HALF: Final = 64
_LOW: Final = (1 << _HALF) - 1
_STATES: Final = tuple(State)
_MINUTE: Final = Period.M1
_new: Final = tuple.__new__


class HeldMinutes:
    """1m bars of one symbol, oldest first, each once."""

    __slots__ = ("_large", "_opens", "_rows", "_symbol")

    def __init__(self, symbol: str, bars: Iterable[Bar] = ()) -> None:
        self._symbol = symbol
        self._opens = array("q")
        self._rows = bytearray()
        """Of each bar all but symbol, period and open time, `_SIZE` bytes."""
        self._large: dict[int, Bar] = {}
        """By open time, bars with a number for which a row has no room, whole: in yen or rupiah a price may be one."""
        for bar in bars:
            self.put(bar)

    def __len__(self) -> int:
        """How many."""
        return len(self._opens)

    def __contains__(self, open_ms: int) -> bool:
        """Whether the minute that opened then is among them."""
        return self._place(open_ms) is not None

    def __iter__(self) -> Iterator[Bar]:
        """All of them."""
        return iter([self._bar(at) for at in range(len(self._opens))])

    @property
    def oldest_ms(self) -> int:
        """When the oldest one opened."""
        return self._opens[0]

    @property
    def oldest_state(self) -> State:
        """Its state."""
        return _STATES[self._rows[_STATE]]

    def get(self, open_ms: int) -> Bar | None:
        """The minute that opened then; None where it is not among them."""
        at = self._place(open_ms)
        return None if at is None else self._bar(at)

    def put(self, bar: Bar) -> None:
        """Add a minute, or put it in the place of the one that opened then."""
        row, opens, open_ms = self._packed(bar), self._opens, bar[2]
        if not opens or open_ms > opens[-1]:
            opens.append(open_ms)
            self._rows += row
            return
        at = bisect_left(opens, open_ms)
        held = opens[at] == open_ms
        if not held:
            opens.insert(at, open_ms)
        self._rows[at * _SIZE : (at + held) * _SIZE] = row

    def pop_oldest(self) -> Bar:
        """Take the oldest one out."""
        bar = self._bar(0)
        self._large.pop(self._opens.pop(0), None)
        del self._rows[:_SIZE]
        return bar

    def has(self, state: State) -> bool:
        """Whether any is of that state."""
        return state.value in self._rows[_STATE::_SIZE]

    def marked(self, from_ms: int, is_wanted: Callable[[int, int], bool]) -> list[Bar]:
        """Those that opened from a time on and whose state and evidence, as numbers, are wanted."""
        begin = bisect_left(self._opens, from_ms)
        rows = self._rows[begin * _SIZE :]
        marks = zip(rows[_STATE::_SIZE], rows[_EVIDENCE::_SIZE], strict=True)
        return [self._bar(at) for at, mark in enumerate(marks, begin) if is_wanted(*mark)]

    def _place(self, open_ms: int) -> int | None:
        opens = self._opens
        # Nearly always they lie without a break.
        at = (open_ms - opens[0]) // MINUTE_MS if opens else 0
        if not 0 <= at < len(opens) or opens[at] != open_ms:
            at = bisect_left(opens, open_ms)
        return at if at < len(opens) and opens[at] == open_ms else None

    def _bar(self, at: int) -> Bar:
        open_ms = self._opens[at]
        if open_ms in self._large:
            return self._large[open_ms]
        (
            opened, high, low, close, volume, paid_low, paid_high, count, bought, cost_low, cost_high, state, evidence,
        ) = _ROW.unpack_from(self._rows, at * _SIZE)  # fmt: skip
        turnover, cost = paid_high << _HALF | paid_low, cost_high << _HALF | cost_low
        return _new(
            Bar,
            (
                self._symbol, _MINUTE, open_ms, opened, high, low, close, volume, turnover, count, bought, cost,
                _STATES[state], evidence,
            ),
        )  # fmt: skip

    def _packed(self, bar: Bar) -> bytes:
        _, _, open_ms, *prices, volume, turnover, count, bought, cost, state, evidence = bar
        self._large.pop(open_ms, None)
        paid = turnover & _LOW, turnover >> _HALF
        try:
            return _ROW.pack(*prices, volume, *paid, count, bought, cost & _LOW, cost >> _HALF, state, evidence)
        except error:
            self._large[open_ms] = bar
            return _ROW.pack(*(0,) * 11, state, evidence)
