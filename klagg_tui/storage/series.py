"""The exchange's own bars by columns: a stretch of one symbol and period, written together, and larger bars over it made at once.

The law is `confirming`: where rows of that time are stored, it has the bars one by one. Where larger ones are, they are made from
what is stored (see `recompute`), and so are always those at the edges, which the stretch fills in part only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Final, NamedTuple, Protocol, Self

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.confirming import put_confirmed
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.merging import Added
from klagg_tui.storage.queries import MINUTE
from klagg_tui.storage.recompute import made_over
from klagg_tui.storage.rows import EVIDENCE, JSON_ROWS, decimals_of
from klagg_tui.storage.writer import Writer

_MOST_RUNS: Final = 20
"""Parts with holes between them: of more, larger bars are made as ever."""
_SIZES: Final = (256, 32, 4, 1)
"""Rows of a statement."""
_COLUMNS: Final = 10
"""Of a row, that are its own."""
_ONE_BY_ONE: Final = 8_000
"""Bars at a time where they have to be looked at one by one."""
_IS_ANY_THERE: Final = """
SELECT EXISTS (SELECT 1 FROM json_each(?) AS j CROSS JOIN history AS h
ON h.symbol = ? AND h.period = json_extract(j.value, '$[0]')
AND h.minute BETWEEN json_extract(j.value, '$[1]') AND json_extract(j.value, '$[2]'))
"""

_STORED: Final = (
    f"SELECT {JSON_ROWS} FROM history AS h WHERE h.symbol = ? AND h.period = ? AND h.minute BETWEEN ? AND ?"
)
_STATE: Final = 3
_SCALE: Final = 4
"""Indexes in a row."""


class ConfirmedSeries(Protocol):
    """Confirmed bars of one symbol and period, in order of time, all fields of which are known."""

    @property
    def symbol(self) -> str:
        """Of all."""
        ...

    @property
    def period(self) -> Period:
        """Of all."""
        ...

    @property
    def decimals(self) -> tuple[int, int, int]:
        """Of prices, quantities and turnovers, as few as they need."""
        ...

    @property
    def count(self) -> int:
        """How many."""
        ...

    @property
    def first_ms(self) -> int:
        """When the first one opens."""
        ...

    @property
    def last_ms(self) -> int:
        """When the last one opens."""
        ...

    def opens(self) -> list[int]:
        """When each opens."""
        ...

    def bars(self) -> list[Bar]:
        """One by one."""
        ...

    def in_units_of(self, decimals: tuple[int, int, int]) -> Self | None:
        """With mantissas of as many decimals; None where 63 bits do not hold them, or what they add up to."""
        ...

    def values(self) -> list[int]:
        """Row by row: minute, then the values in the order of the table's columns."""
        ...

    def runs(self) -> Iterator[Self]:
        """The parts without holes."""
        ...

    def rolled_up(self, period: Period, anchor: int) -> Self:
        """Of a part without holes: the bars of a longer period that it fills."""
        ...


async def add_series(writer: Writer, series: ConfirmedSeries) -> Added:
    """Store them in one transaction, as `confirming.add_confirmed` does."""
    async with writer.batch({series.symbol}):
        number = writer.symbols.ids[series.symbol]
        scale = writer.packer.scale(number, series.decimals)
        packed = series.in_units_of(scale.decimals)
        if packed is None:
            return await _put_one_by_one(writer, series)
        if await _is_any_there(writer, number, [series]):
            is_known = await _is_stored(writer, number, series)
            return Added(equal=series.count) if is_known else await _put_one_by_one(writer, series)
        runs = list(packed.runs())
        larger = _larger(writer, number, runs) if len(runs) <= _MOST_RUNS else None
        if larger is None or await _is_any_there(writer, number, larger):
            await _insert(writer, number, scale.code, [packed])
            await writer.roll_up((packed.symbol, packed.period, open_ms) for open_ms in packed.opens())
        else:
            await _insert(writer, number, scale.code, [packed, *larger])
            await _roll_up_edges(writer, number, packed, runs)
        return Added(series.count)


async def _put_one_by_one(writer: Writer, series: ConfirmedSeries) -> Added:
    """As the law has it, some at a time, so that the loop is never held long."""
    bars, added = series.bars(), Added()
    for start in range(0, len(bars), _ONE_BY_ONE):
        more = await put_confirmed(writer, bars[start : start + _ONE_BY_ONE])
        added = Added(*map(sum, zip(added, more, strict=True)))
    return added


async def _roll_up_edges(writer: Writer, number: int, packed: ConfirmedSeries, runs: Sequence[ConfirmedSeries]) -> None:
    """Make the larger bars that the runs fill in part only."""
    symbol, of = packed.symbol, packed.period
    edges = {open_ms for run in runs for open_ms in (run.first_ms, run.last_ms)}
    await writer.roll_up([(symbol, of, open_ms) for open_ms in sorted(edges)], is_news=False)
    anchor = writer.symbols.known[number].anchor
    for period in (of, *(larger for larger, _ in made_over(of, writer.periods))):
        opens = ((period.open_ms(run.first_ms, anchor), period.open_ms(run.last_ms, anchor)) for run in runs)
        writer.note_runs(number, period, ((first_ms, period.end_ms(last_ms)) for first_ms, last_ms in opens))


def _larger(writer: Writer, number: int, runs: Sequence[ConfirmedSeries]) -> list[ConfirmedSeries]:
    """Larger bars that the runs fill."""
    anchor = writer.symbols.known[number].anchor
    found: list[ConfirmedSeries] = []
    for run in runs:
        made = {run.period: run}
        for period, child in made_over(run.period, writer.periods):
            if child in made and (larger := made[child].rolled_up(period, anchor)).count:
                made[period] = larger
                found.append(larger)
    return found


async def _is_any_there(writer: Writer, number: int, many: Sequence[ConfirmedSeries]) -> bool:
    """Whether anything is stored of the period and time of any of these series."""
    places = [(one.period.ordinal, one.first_ms // MINUTE_MS, one.last_ms // MINUTE_MS) for one in many]
    return bool(await writer.connection.value(_IS_ANY_THERE, (json.dumps(places), number)))


async def _is_stored(writer: Writer, number: int, series: ConfirmedSeries) -> bool:
    """Whether all bars are stored as they are and no others between them, as where a file comes once more."""
    place = number, series.period.ordinal, series.first_ms // MINUTE_MS, series.last_ms // MINUTE_MS
    rows = await writer.connection.json_rows(_STORED, place)
    with reading(writer.connection.path):
        kinds = {(row[_STATE], row[_SCALE]) for row in rows}
        if len(rows) != series.count or len(kinds) > 1:
            return False
        state, scale = kinds.pop()
        decimals = decimals_of(scale)
        if state != State.CONFIRMED.value or decimals is None or scale >> EVIDENCE:
            return False
        if any(own > known for own, known in zip(series.decimals, decimals, strict=True)):
            return False
        known = series.in_units_of(decimals)
        rows.sort(key=itemgetter(MINUTE))
        return known is not None and known.values() == list(
            chain.from_iterable((row[MINUTE], *row[_SCALE + 1 :]) for row in rows)
        )


async def _insert(writer: Writer, number: int, scale: int, many: Sequence[ConfirmedSeries]) -> None:
    """Write rows of which none is stored."""
    statements: list[tuple[str, list[int]]] = []
    for series in many:
        head = _Head(number, series.period.ordinal, State.CONFIRMED.value, scale)
        values = series.values()
        statements += [
            (_statement(head, size), values[begin * _COLUMNS : (begin + size) * _COLUMNS])
            for begin, size in _parts(series.count)
        ]
    await writer.connection.run_each(statements)


def _parts(count: int) -> Iterator[tuple[int, int]]:
    """Rows in parts of few sizes, where each begins and how many it has: to prepare a statement takes longer than to run it."""
    begin = 0
    for size in _SIZES:
        while count - begin >= size:
            yield begin, size
            begin += size


class _Head(NamedTuple):
    """What all rows of a series have in common."""

    symbol: int
    period: int
    state: int
    scale: int


@lru_cache(maxsize=64)
def _statement(head: _Head, rows: int) -> str:
    """Writes so many rows: minute and values of each are told, what they have in common stands in it, as numbers."""
    values = ",".join("?" * (_COLUMNS - 1))
    one = f"({head.symbol:d},{head.period:d},?,{head.state:d},{head.scale:d},{values})"
    return f"INSERT INTO history VALUES {','.join([one] * rows)}"
