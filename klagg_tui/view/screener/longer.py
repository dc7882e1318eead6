"""Longer bars in the place of minutes that are not known: days and hours reach further back than minutes do.

A window that the minutes do not reach to the beginning of is filled up with them. That is exact where the window begins with a
bar; otherwise as much of the bar counts as lies in the window, as if its trades came evenly, and the figure is preliminary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period
from klagg_tui.view.screener.kinds import WHOLE
from klagg_tui.view.screener.tape import SUMS, Ring, Tape, is_known

SHORTEST: Final = 60
"""Minutes of the longest window that is made of minutes alone: an hour of them is fetched as soon as longer bars are."""
ALMOST: Final = WHOLE - 0.01
"""The most that is known of a window that begins within a bar: its figure is drawn as preliminary."""
_HALF: Final = 0.5
_PARTIAL: Final = State.PARTIAL
_DAY: Final = Period.D1


def ladder(kept: Collection[Period]) -> tuple[Period, ...]:
    """Of the periods that are kept those that stand in for minutes, the longest first: days, and hours or what is next to them."""
    inner = [period for period in kept if Period.M5 < period < _DAY and DAY_MS % period.nominal_ms == 0]
    nearest = sorted(inner, key=lambda period: (abs(period.ordinal - Period.H1.ordinal), period))[:1]
    return (*((_DAY,) if _DAY in kept else ()), *nearest)


class Piece(NamedTuple):
    """A part of a window, and the bar it is taken from."""

    tape: Tape
    place: int
    """Which bar of the tape."""
    share: float
    """How much of it lies in the window."""
    end: int
    """The minute after it."""

    @property
    def begin(self) -> int:
        """The first minute of it that lies in the window."""
        return self.end - round(self.share * self.tape.step)


class Longer:
    """What stands before the first known minute of one window. `fields` are known together, or not at all."""

    __slots__ = (
        "_first",
        "_is_dirty",
        "_seen",
        "extreme",
        "fields",
        "forming",
        "is_exact",
        "longer",
        "minutes",
        "sums",
        "tape",
        "window",
    )

    def __init__(self, tape: Tape, longer: Sequence[Tape], fields: Sequence[str], window: int) -> None:
        self.tape, self.longer, self.fields, self.window = tape, tuple(longer), tuple(fields), window
        self._first = 0
        self._is_dirty = True
        self._seen: tuple[int, ...] = ()
        self.sums: list[float] = []
        """Of each field, without the minutes that are known: empty where these reach to the window's beginning."""
        self.extreme: Exact = 0
        """The highest or lowest price, where that is the field; 0 where none is known."""
        self.minutes = 0
        """How many minutes it stands for, the bar under way not counted."""
        self.is_exact = True
        self.forming: Piece | None = None
        """Where the known minutes all lie within the longer bar under way: that bar, which stands for them too."""

    def sync(self) -> bool:
        """Look at what came since; whether anything but minutes is needed."""
        seen = (self.tape.end, *(tape.end for tape in self.longer))
        if self._is_dirty or seen != self._seen:
            self._seen, self._is_dirty = seen, False
            self._fill_up()
        return bool(self.sums)

    def under_way(self, bars: Sequence[Bar | None]) -> Bar | None:
        """The longer bar under way, where all of it is known and it is needed."""
        piece = self.forming
        if piece is None:
            return None
        bar = bars[piece.tape.period.ordinal]
        if bar is None or bar[12] is _PARTIAL or bar[2] != piece.place * piece.tape.step_ms:
            return None
        if any(SUMS[field](bar) != SUMS[field](bar) for field in self.fields if field in SUMS):
            return None
        return bar

    @property
    def share(self) -> float:
        """How much of the bar under way lies in the window."""
        return 1.0 if self.forming is None else self.forming.share

    def counted(self, bars: Sequence[Bar | None]) -> int:
        """How many minutes it stands for now."""
        piece = self.forming
        return self.minutes + (0 if piece is None or self.under_way(bars) is None else self._first - piece.begin)

    def part(self, known: float, bars: Sequence[Bar | None]) -> float:
        """Which part of the window is known, of which minutes cover one."""
        if not self.sync():
            return known
        part = min(1.0, known + self.counted(bars) / self.window)
        return part if self.is_exact else min(part, ALMOST)

    def _fill_up(self) -> None:
        begin, end = self.tape.end + 1 - self.window, self.tape.end
        rings = [self.tape.ring(field) for field in self.fields]
        first = max(self._first, begin, end - min(ring.size for ring in rings))
        while first < (known := max(ring.first_known(first, end) for ring in rings)):
            first = known
        self._first = first
        self.sums, self.extreme, self.minutes, self.is_exact, self.forming = [], 0, 0, True, None
        if first <= begin:
            return
        self.sums = [0.0] * len(self.fields)
        at = begin
        rungs = [(tape, tape.step, [tape.ring(field) for field in self.fields]) for tape in self.longer]
        for piece in _pieces(rungs, begin, first, end):
            if piece.end > end:
                self.forming = piece
                self.is_exact &= piece.share == 1
                break
            self._add(piece)
            self.is_exact &= piece.share == 1
            if piece.place not in piece.tape.partial:  # what lacks trades counts for what it has, and is not known
                self.minutes += min(piece.end, first) - piece.begin
            at = piece.end
        self._take_off(first, at)

    def _add(self, piece: Piece) -> None:
        tape = piece.tape
        for at, field in enumerate(self.fields):
            ring = tape.ring(field)
            value = ring.values[piece.place % ring.size]
            if field in SUMS:
                self.sums[at] += value * piece.share
            elif piece.share >= _HALF:
                price = int(value) * tape.unit
                pick = max if field == "high" else min
                self.extreme = pick(price, self.extreme) if self.extreme else price

    def _take_off(self, first: int, end: int) -> None:
        """What the bars hold of minutes that are counted one by one too."""
        for at, field in enumerate(self.fields):
            ring = self.tape.ring(field)
            if field in SUMS:
                values = (ring.values[minute % ring.size] for minute in range(first, min(end, self.tape.end)))
                self.sums[at] -= sum(value for value in values if is_known(value))

    def before(self, minute: int) -> None:
        """A minute, or a longer bar, is about to change."""

    def after(self, minute: int) -> None:  # noqa: ARG002 - whichever it is
        """It has changed."""
        self.restart()

    def restart(self) -> None:
        """Look at all again when somebody reads."""
        self._is_dirty, self._first = True, 0


class Start:
    """The close nearest to where a window begins, of longer bars: for a change whose minutes do not reach so far."""

    __slots__ = ("_is_dirty", "_seen", "distance", "longer", "price", "tape", "window")

    def __init__(self, tape: Tape, longer: Sequence[Tape], window: int) -> None:
        self.tape, self.longer, self.window = tape, tuple(longer), window
        self._is_dirty = True
        self._seen: tuple[int, ...] = ()
        self.price: Exact = 0
        """0 where none is known."""
        self.distance = window
        """Minutes between it and the window's beginning."""

    def sync(self) -> None:
        """Look at what came since."""
        seen = (self.tape.end, *(tape.end for tape in self.longer))
        if self._is_dirty or seen != self._seen:
            self._seen, self._is_dirty = seen, False
            self.price, self.distance = min(self._closes(), key=lambda found: found[1], default=(0, self.window))

    def _closes(self) -> Iterator[tuple[Exact, int]]:
        begin = self.tape.end - self.window + 1
        for tape in reversed(self.longer):
            ring = tape.ring("close")
            for place in (begin // tape.step - 1, begin // tape.step):
                if tape.end - ring.size <= place < tape.end and ring.values[place % ring.size]:
                    yield int(ring.values[place % ring.size]) * tape.unit, abs((place + 1) * tape.step - begin)

    def before(self, minute: int) -> None:
        """See `Longer`."""

    def after(self, minute: int) -> None:  # noqa: ARG002 - whichever it is
        """See `Longer`."""
        self._is_dirty = True

    def restart(self) -> None:
        """See `Longer`."""
        self._is_dirty = True


_Rung: TypeAlias = tuple[Tape, int, list[Ring]]
"""Longer bars, how many minutes they have, and the fields that are looked at."""


def _pieces(rungs: Sequence[_Rung], at: int, stop: int, end: int) -> Iterator[Piece]:
    """What fills up the stretch, in order; the last one may go beyond it. `end`: the minute under way."""
    shortest = rungs[-1][1]
    while at < stop:
        piece = _piece(rungs, at, stop, end)
        if piece is not None:
            yield piece
        at = piece.end if piece is not None else (at // shortest + 1) * shortest


def _piece(rungs: Sequence[_Rung], at: int, stop: int, end: int) -> Piece | None:
    last = rungs[-1]
    for rung in rungs:
        tape, step, rings = rung
        is_fit = rung is last or (at + step <= stop and at // step not in tape.partial)
        if not at % step and is_fit and _holds(tape, rings, at // step):
            return Piece(tape, at // step, 1.0, at + step)
    for tape, step, rings in reversed(rungs):
        place, rest = divmod(at, step)
        after = (place + 1) * step
        if after > end or _holds(tape, rings, place):
            return Piece(tape, place, 1 - rest / step, after)
    return None


def _holds(tape: Tape, rings: Sequence[Ring], place: int) -> bool:
    """Whether all is known of that bar."""
    end = tape.end
    if place >= end:
        return False
    for ring in rings:
        size = ring.size
        if place < end - size or not is_known(ring.values[place % size]):
            return False
    return True


def wanted(longest: dict[str, int], periods: Collection[Period]) -> dict[Period, dict[str, int]]:
    """From the minutes that are looked at of each field to how many bars of each of these periods are wanted of it."""
    looked = {field: minutes for field, minutes in longest.items() if minutes > SHORTEST}
    return {
        period: {field: -(-minutes * MINUTE_MS // period.nominal_ms) + 2 for field, minutes in looked.items()}
        for period in periods
        if looked
    }
