"""What goes wrong in the simulated exchange: on schedule or on request, and an account of what was done.

A schedule is a text of faults parted by commas, each `KIND@AT[+LASTS][:TARGET]`, times after the start as `90s`, `5m` or
`2h` of simulated time: `cut@10m, drop@15m+30s:BTCUSDT, delist@1h`. Three names stand for whole schedules: `none`; `life`, what
every market meets (listings, delistings, ticks, straddling trades); `all`, every kind again and again, at moments that
follow from the seed. `all/10m` says how far apart.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, NamedTuple

from klagg_tui.errors import ConfigError
from klagg_tui.hints import hint
from klagg_tui.simulator.market.chance import below, fraction

MOMENTARY: Final = {
    "cut": "every connection is cut, or as many as the target says",
    "shutdown": "serverShutdown is sent; ten seconds later every connection is closed",
    "delist": "a symbol is delisted, the target or a quiet one",
    "list": "a symbol of a new name is listed",
    "relist": "another contract is listed under a delisted symbol's name, the target's or any, with ids from 1",
    "tick": "the tick of a symbol changes, the target's or anyone's",
    "straddle": "an aggregate trade straddles a minute, of the target or of a busy symbol",
}
LASTING: Final = {
    "silence": "connections open at the beginning of the fault deliver nothing",
    "mute": "a symbol delivers nothing on any connection, the target or a busy one",
    "drop": "frames are lost, one in seven, of the target or of all",
    "double": "frames are sent twice, one in seven, of the target or of all",
    "reorder": "frames are overtaken by the next of their symbol, one in seven, of the target or of all",
    "malform": "frames are damaged, one in seven, of the target or of all",
    "future": "trades are told a day ahead of their time, one in seven, of the target or of all",
    "429": "REST answers 429 with Retry-After",
    "418": "REST answers 418 with Retry-After and the moment it ends",
    "451": "REST answers 451, not available from this place",
    "5xx": "REST answers 500, 502, 503 and 504",
    "slow": "REST answers late, by as many simulated seconds as the target says, else 20",
    "clock": "server time is wrong by as many milliseconds as the target says, else 5000 late",
}
KINDS: Final = MOMENTARY | LASTING
FACE_FAULTS: Final = {
    "holes": "the stream leaves trades out that REST has, those of one in six moments or more",
    "backwards": "trades of a message come newest first, though it says nothing of their order",
    "nobars": "candles of minutes are missing, one in seven, though something was traded",
    "prevclose": "candles open at the previous close, which high and low include",
    "utc8": "candles of six hours and more begin as in UTC+8, whatever was asked for",
}
"""Lasting ones that only some venues have: those that a face names among its `traps`."""
_OF_ONE_SYMBOL: Final = ("mute", "delist", "relist", "tick", "straddle")
_ALL: Final = tuple(kind for kind in KINDS if kind not in ("451", "future"))
_UNTRUE: Final = frozenset({"prevclose"})
"""Traps of faces that `all` leaves out: with them the exchange's own bars are other ones than its facts say, for ever."""
_LIFE: Final = ("list", "tick", "straddle", "delist")
_LASTS_MS: Final = 45_000
_WHOLE: Final = {"none": 0, "life": 90 * 60_000, "all": 5 * 60_000}
"""Whole schedules and how far apart their faults are."""
_UNITS_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "": 1000, "ms": 1}
_TIME: Final = r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|)"
_FAULT: Final = re.compile(rf"(\w+)@{_TIME}(?:\+{_TIME})?(?::(\S+))?", re.UNICODE)
_REMEMBERED: Final = 2000


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    at_ms: int
    """Simulated moment, since the epoch."""
    lasts_ms: int = _LASTS_MS
    target: str = ""
    """A symbol or a figure; what it means hangs on the kind. Empty: chosen by chance or all."""


class Incident(NamedTuple):
    """What was done: `amount` connections, frames or replies."""

    at_ms: int
    kind: str
    what: str
    amount: int


class Faults:
    """The schedule, what is wrong at the moment, and what was done so far."""

    def __init__(self, seed: int, start_ms: int, schedule: str = "none", traps: Collection[str] = ()) -> None:
        """`traps`: those of `FACE_FAULTS` that there are besides."""
        self._seed = seed
        self.kinds = KINDS | {kind: FACE_FAULTS[kind] for kind in traps}
        """What can be planned, with its meaning."""
        self._every = (*_ALL, *(kind for kind in traps if kind not in _UNTRUE))
        self._planned: list[Fault] = []
        self._endless: Iterator[Fault] = iter(())
        self._next: Fault | None = None
        self.plan(schedule, start_ms)
        self._active: list[Fault] = []
        self.counts: Counter[str] = Counter()
        """How often each kind struck: connections cut, frames lost, replies refused, symbols delisted, candles left out."""
        self.incidents: deque[Incident] = deque(maxlen=_REMEMBERED)
        """The latest of them, the oldest first; one for each beginning, end and momentary fault."""
        self._at_begin: dict[int, int] = {}
        self.named: Callable[[str], str] = lambda target: target
        """The market's name for a symbol that a fault names as its venue does."""

    def plan(self, schedule: str, start_ms: int) -> None:
        """Plan what a text says besides what is planned, its times counted from a moment; a whole schedule takes the place of another.

        Raises:
            ConfigError: a part of it cannot be read.
        """
        for fault in parse_schedule(schedule, start_ms, self.kinds):
            self.add(fault)
        if any(map(_whole, _parts(schedule))):
            self._endless = _endless(self._seed, start_ms, schedule, self._every)
            self._next = next(self._endless, None)

    def add(self, fault: Fault) -> None:
        """Plan one more; a moment that is past means at once.

        Raises:
            ConfigError: there is no such kind.
        """
        if fault.kind not in self.kinds:
            raise ConfigError(f"{fault.kind!r} is no fault; there are {', '.join(self.kinds)}")
        self._planned.append(fault)
        self._planned.sort(key=lambda planned: planned.at_ms)

    def cease(self) -> None:
        """Nothing more goes wrong than what is under way."""
        self._planned.clear()
        self._endless, self._next = iter(()), None

    def begin(self, now_ms: int, choose: Callable[[Fault], str]) -> list[Fault]:
        """The faults that begin by now, each given once; lasting ones are active from here to their end.

        `choose` gives the symbol of a fault that strikes one and names none.
        """
        while self._next is not None and self._next.at_ms <= now_ms:
            self.add(self._next)
            self._next = next(self._endless, None)
        begun = [fault for fault in self._planned if fault.at_ms <= now_ms]
        del self._planned[: len(begun)]
        begun = [self._aimed(fault, choose) for fault in begun]
        lasting = [fault for fault in begun if fault.kind not in MOMENTARY]
        for fault in lasting:
            self._at_begin[id(fault)] = self.counts[fault.kind]
            self._note(now_ms, fault.kind, f"begins {fault.target}".strip(), 0)
        self._active += lasting
        return begun

    def end(self, now_ms: int) -> list[Fault]:
        """The lasting faults that are over by now, each given once."""
        over = [fault for fault in self._active if fault.at_ms + fault.lasts_ms <= now_ms]
        for fault in over:
            self._active.remove(fault)
            amount = self.counts[fault.kind] - self._at_begin.pop(id(fault), 0)
            self._note(now_ms, fault.kind, f"ends {fault.target}".strip(), amount)
        return over

    def active(self, *kinds: str) -> Fault | None:
        """A fault of one of these kinds that is under way."""
        return next((fault for fault in self._active if fault.kind in kinds), None)

    def struck(self, kind: str, amount: int = 1) -> None:
        """Count what a lasting fault has done, of which its beginning and its end are told besides."""
        self.counts[kind] += amount

    def strikes(self, kind: str, now_ms: int, what: str, amount: int = 1) -> None:
        """Account for a momentary fault that was carried out."""
        self.counts[kind] += amount
        self._note(now_ms, kind, what, amount)

    def planned(self) -> tuple[Fault, ...]:
        """What is still to come, as far as it is planned."""
        return (*self._planned, *([self._next] if self._next else ()))

    def _aimed(self, fault: Fault, choose: Callable[[Fault], str]) -> Fault:
        if fault.target:
            return replace(fault, target=self.named(fault.target))
        if fault.kind not in _OF_ONE_SYMBOL:
            return fault
        return replace(fault, target=choose(fault))

    def _note(self, now_ms: int, kind: str, what: str, amount: int) -> None:
        self.incidents.append(Incident(now_ms, kind, what, amount))


def parse_schedule(schedule: str, start_ms: int, kinds: Collection[str] = KINDS) -> list[Fault]:
    """The faults a text names one by one; whole schedules are none of them.

    Raises:
        ConfigError: a part of it cannot be read; the message says which and what is allowed.
    """
    return [_fault(part, start_ms, kinds) for part in _parts(schedule) if _whole(part) is None]


def _parts(schedule: str) -> list[str]:
    return [part.strip() for part in schedule.split(",") if part.strip()]


def _whole(part: str) -> tuple[str, int] | None:
    """A whole schedule's name and how far apart its faults are; None for a single fault."""
    name, slash, apart = part.partition("/")
    if name not in _WHOLE:
        return None
    match = re.fullmatch(_TIME, apart)
    if slash and match is None:
        raise _unreadable(part, KINDS)
    return name, max(1000, _milliseconds(*match.groups())) if match else _WHOLE[name]


def _fault(part: str, start_ms: int, kinds: Collection[str]) -> Fault:
    match = _FAULT.fullmatch(part)
    if match is None or match[1] not in kinds:
        raise _unreadable(part, kinds)
    kind, at, at_unit, lasts, lasts_unit, target = match.groups()
    lasts_ms = _milliseconds(lasts, lasts_unit) if lasts else _LASTS_MS
    return Fault(kind, start_ms + _milliseconds(at, at_unit), lasts_ms, target or "")


def _milliseconds(number: str, unit: str) -> int:
    return int(float(number) * _UNITS_MS[unit])


def _unreadable(part: str, kinds: Collection[str]) -> ConfigError:
    near = hint(part.partition("@")[0], (*kinds, *_WHOLE)).rstrip("?")
    return ConfigError(
        f"{part!r} is no fault{near}{'?' if near else '.'} Write KIND@AT, KIND@AT+LASTS or KIND@AT+LASTS:TARGET with times like 90s, 5m or 2h, "
        f"or none, life or all (all/2m: two minutes apart); kinds are {', '.join(kinds)}."
    )


def _endless(seed: int, start_ms: int, schedule: str, every: tuple[str, ...]) -> Iterator[Fault]:
    """The faults of `life` or `all`, in order of time; never ends where one of them is named."""
    for name, apart_ms in filter(None, map(_whole, _parts(schedule))):
        if name != "none":
            return _recurring(seed, start_ms, every if name == "all" else _LIFE, apart_ms)
    return iter(())


def _recurring(seed: int, start_ms: int, kinds: tuple[str, ...], apart_ms: int) -> Iterator[Fault]:
    for round_ in count():
        rest = list(kinds)
        for place in range(len(rest)):
            key = b"%d|fault|%d|%d" % (seed, round_, place)
            kind = rest.pop(below(key, len(rest)))
            number = round_ * len(kinds) + place
            late_ms = int(apart_ms * (0.5 + 0.5 * fraction(key + b"late")))
            yield Fault(kind, start_ms + number * apart_ms + late_ms, min(_LASTS_MS, apart_ms // 2))
