"""Rows whose id or time fits none of the rows beside it: damage that would cost others.

Ids and times of a symbol's trades rise together. A row that claims a later time makes those behind it too late for their
minutes; one that claims a larger id makes them seen already; one that claims an earlier time begins a year of quiet minutes.
So such a row is left out, by name, before the engine sees it. Only what stands alone is: where many rows contradict many
others, the file tells of two contracts, which is not for a look at rows to decide. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Final

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import DAY_MS, MINUTE_MS
from klagg_tui.engine.spans import DISORDER_MS

SLACK_MS: Final = 30 * MINUTE_MS
"""So far from the times of their neighbours rows may be that have some on both sides; the engine holds an hour's minutes."""
ALONE: Final = 3
"""Rows at an edge of a file, which have neighbours on one side only, are judged up to so many ..."""
_MANY: Final = 10
"""... where the others are so many times more."""
_SYMBOL_OF: Final = itemgetter(AggTrade._fields.index("symbol"))
_TIME_OF: Final = itemgetter(AggTrade._fields.index("traded_ms"))
_ID_OF: Final = itemgetter(AggTrade._fields.index("aggregate_id"))
HELD_BACK: Final = 1_000
"""Rows of each symbol that wait for those behind them before they are judged."""

_SILENCE_MS: Final = 31 * DAY_MS
"""Between two trades of which one follows the other at once; none that long was seen."""
_SILENT_IDS: Final = 1_000
_FREE_IDS: Final = 1_000_000
_IDS_PER_MS: Final = 2
"""Ids rise by no more than so many, and this for each millisecond: two thousand a second were never kept up for long."""

_REASON: Final = "its id or time fits none of the rows beside it"


class Sieve:
    """The trades of one file on their way, in blocks, to the engine; what does not fit goes to `reject` with the reason."""

    def __init__(
        self,
        latest_ms: int,
        by_contract: Callable[[list[AggTrade]], Iterable[list[AggTrade]]],
        reject: Callable[[AggTrade, str], None],
    ) -> None:
        """`latest_ms`: now; what claims to be later has not been traded. `by_contract` takes those of a symbol apart."""
        self._by_contract = by_contract
        self._latest_ms = latest_ms
        self._reject = reject
        self._waiting: dict[str, list[AggTrade]] = {}
        self._passed: dict[str, AggTrade] = {}

    def take(self, trades: Sequence[AggTrade]) -> list[AggTrade]:
        """The next trades in; out come those that are judged, of each contract in order of id."""
        if max(map(_TIME_OF, trades), default=0) > self._latest_ms:
            trades = self._without_future(trades)
        names = set(map(_SYMBOL_OF, trades))
        for symbol in names:
            own = trades if len(names) == 1 else [trade for trade in trades if trade.symbol == symbol]
            self._waiting.setdefault(symbol, []).extend(own)
        ready = [symbol for symbol in names if len(self._waiting[symbol]) > 2 * HELD_BACK]
        return [trade for symbol in ready for trade in self._judged(symbol, HELD_BACK)]

    def finish(self) -> list[AggTrade]:
        """Nothing follows: those that are left."""
        return [trade for symbol in list(self._waiting) for trade in self._judged(symbol, 0)]

    @property
    def is_empty(self) -> bool:
        """Whether no trade waits for those behind it."""
        return not any(self._waiting.values())

    def let_go(self, symbol: str) -> list[AggTrade] | None:
        """Those that wait, where what follows is known to be in order; None where something among them is not."""
        passed, waiting = self._passed.get(symbol), self._waiting.get(symbol, [])
        if not waiting or not _are_in_order(waiting if passed is None else [passed, *waiting], is_end=False):
            return None
        self._waiting[symbol] = []
        self._passed[symbol] = waiting[-1]
        return waiting

    def go_on_behind(self, trade: AggTrade) -> None:
        """What comes next is judged as coming behind this one, which is in order."""
        self._passed[trade.symbol] = trade

    def _without_future(self, trades: Sequence[AggTrade]) -> list[AggTrade]:
        for trade in trades:
            if trade.traded_ms > self._latest_ms:
                self._reject(trade, "its time lies in the future")
        return [trade for trade in trades if trade.traded_ms <= self._latest_ms]

    def _judged(self, symbol: str, held_back: int) -> list[AggTrade]:
        passed = self._passed.get(symbol)
        waiting = self._waiting.pop(symbol)
        rows = waiting if passed is None else [passed, *waiting]
        good = waiting if _are_in_order(rows, is_end=not held_back) else self._good(rows, passed, is_end=not held_back)
        if held_back:
            self._waiting[symbol] = good[-held_back:]
            del good[-held_back:]
        if good:
            self._passed[symbol] = good[-1]
        return good

    def _good(self, rows: list[AggTrade], passed: AggTrade | None, *, is_end: bool) -> list[AggTrade]:
        good: list[AggTrade] = []
        contracts = list(self._by_contract(rows))
        for number, contract in enumerate(contracts, 1):
            out = outliers(contract, is_end=is_end or number < len(contracts))
            for place in sorted(out):
                if contract[place] is not passed:
                    self._reject(contract[place], _REASON)
            good += [row for place, row in enumerate(contract) if place not in out and row is not passed]
        return good


def _are_in_order(trades: list[AggTrade], *, is_end: bool) -> bool:
    """Whether ids and times rise, and nothing leaps at the ends: as nearly all rows of archives do."""
    ids, times = list(map(_ID_OF, trades)), list(map(_TIME_OF, trades))
    if ids != sorted(ids) or times != sorted(times):
        return False
    edges = [trades[: ALONE + 1], trades[: -ALONE - 2 : -1]] if is_end else [trades[: ALONE + 1]]
    return not any(_leaping(edge, len(trades)) for edge in edges)


def outliers(trades: Sequence[AggTrade], *, is_end: bool = True) -> set[int]:
    """The places of the rows that fit no others; `trades` are of one contract and in order of id.

    `is_end` says whether nothing follows: else the last ones are judged by their times alone.
    """
    # Records of no trade have no time of their own that matters, and an id that costs nobody anything.
    judged = [place for place, trade in enumerate(trades) if trade.last_trade_id >= 0]
    found = {judged[at] for at in _out_of_time([trades[place].traded_ms for place in judged])}
    kept = [place for place in judged if place not in found]
    edges = [kept, kept[::-1]] if is_end else [kept]
    for edge in edges:
        count = _leaping([trades[place] for place in edge[: ALONE + 1]], len(kept))
        found.update(edge[:count])
    return found


def _out_of_time(times: list[int]) -> Iterator[int]:
    """Places outside of the longest rise of the times: all between two of its members, few at an edge."""
    if all(newest - time <= DISORDER_MS for newest, time in zip(accumulate(times, max), times, strict=True)):
        return
    rise = longest_rise(times)
    for before, after in pairwise(rise):
        low, high = times[before] - SLACK_MS, times[after] + SLACK_MS
        yield from (at for at in range(before + 1, after) if not low <= times[at] <= high)
    early = [at for at in range(rise[0]) if times[at] > times[rise[0]] + DISORDER_MS]
    late = [at for at in range(rise[-1] + 1, len(times)) if times[at] < times[rise[-1]] - DISORDER_MS]
    yield from (at for edge in (early, late) if len(edge) <= ALONE for at in edge)


def longest_rise(values: Sequence[int]) -> list[int]:
    """The places of a longest part that never falls; of several that differ at an end, the one that begins late and ends early.

    Patience sorting: n log n.
    """
    ends: list[int] = []  # the smallest value that a rise of each length can end with ...
    places: list[int] = []  # ... and where that stands
    before: list[int] = []
    for place, value in enumerate(values):
        length = bisect_right(ends, value)
        ends[length : length + 1] = [value]
        places[length : length + 1] = [place]
        before.append(places[length - 1] if length else -1)
    rise = []
    place = places[-1] if places else -1
    while place >= 0:
        rise.append(place)
        place = before[place]
    rise.reverse()
    if len(rise) > 1:
        rise[0] = max((at for at in range(rise[1]) if values[at] <= values[rise[1]]), key=values.__getitem__)
    return rise


def _leaping(edge: Sequence[AggTrade], among: int) -> int:
    """How many of the outermost rows, from the edge inwards, a leap parts from all the others."""
    for count, (outer, inner) in enumerate(pairwise(edge), 1):
        if among - count >= _MANY * count and _is_leap(outer, inner):
            return count
    return 0


def first_of_many(numbers: Sequence[int]) -> int:
    """The place of the first of some rising ids that stands among the others, not a leap before them."""
    for count, (outer, inner) in enumerate(pairwise(numbers[: ALONE + 1]), 1):
        if len(numbers) - count >= _MANY * count and inner - outer > _FREE_IDS:
            return count
    return 0


def _is_leap(one: AggTrade, other: AggTrade) -> bool:
    apart_ms = abs(one.traded_ms - other.traded_ms)
    apart = abs(one.aggregate_id - other.aggregate_id)
    return apart > _FREE_IDS + _IDS_PER_MS * apart_ms or (apart_ms > _SILENCE_MS and apart < _SILENT_IDS)
