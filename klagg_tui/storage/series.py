"""The exchange's own bars by columns: a stretch of one symbol and period, written together, and larger bars over it made at once.

The law is `confirming`: where rows of that time are stored, it has the bars one by one. Where larger ones are, they are made from
what is stored (see `recompute`), and so are always those at the edges, which the stretch fills in part only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, Protocol, Self

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.confirming import put_confirmed
from klagg_tui.storage.connection import Row
from klagg_tui.storage.merging import Added
from klagg_tui.storage.recompute import made_over
from klagg_tui.storage.writer import Writer

_MOST_RUNS: Final = 20
"""Parts with holes between them: of more, larger bars are made as ever."""
_ROWS_A_STATEMENT: Final = 500
_HEAD: Final = 4
"""Values that all rows have: symbol, period, state, scale."""
_COLUMNS: Final = 10
_IS_THERE: Final = "SELECT EXISTS (SELECT 1 FROM history WHERE symbol = ? AND period = ? AND minute BETWEEN ? AND ?)"


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

    def rows(self) -> Sequence[Row]:
        """For each: minute, then the values in the order of the table's columns."""
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
        if packed is None or await _is_there(writer, number, series):
            return await put_confirmed(writer, series.bars())
        await _insert(writer, number, scale.code, packed)
        await _roll_up(writer, number, scale.code, packed)
        return Added(series.count)


async def _roll_up(writer: Writer, number: int, scale: int, packed: ConfirmedSeries) -> None:
    symbol, of = packed.symbol, packed.period
    runs = list(packed.runs())
    larger = _larger(writer, number, runs) if len(runs) <= _MOST_RUNS else None
    if larger is None or any([await _is_there(writer, number, made) for made in larger]):
        await writer.roll_up((symbol, of, open_ms) for open_ms in packed.opens())
        return
    for made in larger:
        await _insert(writer, number, scale, made)
    edges = {open_ms for run in runs for open_ms in (run.first_ms, run.last_ms)}
    await writer.roll_up([(symbol, of, open_ms) for open_ms in sorted(edges)], is_news=False)
    if writer.news is not None:
        writer.note((symbol, of, open_ms) for open_ms in packed.opens())
        writer.note(
            (symbol, period, open_ms)
            for period, _ in made_over(of, writer.periods)
            for open_ms in {period.open_ms(at_ms, writer.symbols.known[number].anchor) for at_ms in packed.opens()}
        )


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


async def _is_there(writer: Writer, number: int, series: ConfirmedSeries) -> bool:
    """Whether anything is stored of the period and time of a series."""
    first, last = series.first_ms // MINUTE_MS, series.last_ms // MINUTE_MS
    return bool(await writer.connection.value(_IS_THERE, (number, series.period.ordinal, first, last)))


async def _insert(writer: Writer, number: int, scale: int, series: ConfirmedSeries) -> None:
    """Write rows of which none is stored; what all have in common is told once a statement."""
    head, rows = (number, series.period.ordinal, State.CONFIRMED.value, scale), series.rows()
    parts = [rows[start : start + _ROWS_A_STATEMENT] for start in range(0, len(rows), _ROWS_A_STATEMENT)]
    await writer.connection.run_each([(_statement(len(part)), (*head, *chain.from_iterable(part))) for part in parts])


@lru_cache(maxsize=64)
def _statement(rows: int) -> str:
    """Writes so many rows: minute and values of each behind what they have in common."""
    tuples = []
    for first in range(_HEAD + 1, _HEAD + 1 + rows * _COLUMNS, _COLUMNS):
        minute, *rest = (f"?{at}" for at in range(first, first + _COLUMNS))
        tuples.append(f"(?1,?2,{minute},?3,?4,{','.join(rest)})")
    return f"INSERT INTO history VALUES {','.join(tuples)}"
