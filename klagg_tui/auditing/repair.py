"""Putting right what an audit found: rows that are no bars go, and the exchange's own bars take the place of wrong ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.auditing.checks import span_findings
from klagg_tui.auditing.findings import Finding, Kind, OrphanRows, Table
from klagg_tui.auditing.reference import ReferenceBars
from klagg_tui.auditing.rows import all_series
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import Span, join
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.opening import WriterLock, open_writer
from klagg_tui.storage.queries import spans_of
from klagg_tui.storage.rows import SPANS, span_row
from klagg_tui.storage.store import Store
from klagg_tui.storage.venues import Naming, naming_to_read

_BATCH: Final = 2_000
_PERIODS: Final = tuple(Period)


class Repaired(NamedTuple):
    """What came of a repair."""

    bars: int
    """Taken from the exchange."""
    removed: int
    """Rows that were no bars."""
    spans: int
    """Runs of ids that were given up or joined."""


class Need(NamedTuple):
    """The exchange's bars that are wanted."""

    symbol: str
    period: Period
    from_ms: int
    to_ms: int


async def repair(
    path: Path, findings: Sequence[Finding], reference: ReferenceBars, *, previous_close: Collection[str] = ()
) -> Repaired:
    """Put right what can be; another audit tells what is left.

    `previous_close`: labels of venues whose bars open at the close of the one before.

    Raises:
        DatabaseBusy: another klagg writes to it.
        StorageError: it cannot be written to.
        ExchangeError: the exchange cannot be asked; what was put right before stays.
    """
    removed, spans, periods = await _clear(path, findings)
    async with await Store.open(path, periods=periods, previous_close=previous_close) as store:
        await store.learn_stored_anchors({finding.symbol for finding in findings})
        bars = 0
        for need in needs(findings):
            async for batch in reference(*need):
                over = [bar for bar in batch if bar.state is not State.FORMING]
                await store.add_confirmed(over)
                bars += len(over)
    return Repaired(bars, removed, spans)


def needs(findings: Iterable[Finding]) -> list[Need]:
    """The stretches of bars that put the findings right, shorter periods first, those that touch made one."""
    wanted = sorted({need for finding in findings for need in _needs(finding)}, key=_order)
    merged: list[Need] = []
    for need in wanted:
        last = merged[-1] if merged else None
        if last and last[:2] == need[:2] and need.from_ms <= last.to_ms:
            merged[-1] = last._replace(to_ms=max(last.to_ms, need.to_ms))
        else:
            merged.append(need)
    return merged


def _needs(finding: Finding) -> Iterator[Need]:
    if finding.period is None or finding.from_ms >= finding.to_ms or finding.kind in {Kind.OFF_GRID, Kind.EXTRA}:
        return
    if finding.orphans and finding.orphans.table is Table.FORMING:
        return
    yield Need(finding.symbol, finding.period, finding.from_ms, finding.to_ms)
    if finding.kind in {Kind.ROLL_UP, Kind.STATE} and finding.period is not Period.M1:
        yield Need(finding.symbol, Period.M1, finding.from_ms, finding.to_ms)


def _order(need: Need) -> tuple[int, str, int]:
    return need.period.ordinal, need.symbol, need.from_ms


async def _clear(path: Path, findings: Sequence[Finding]) -> tuple[int, int, tuple[Period, ...]]:
    """Take away rows that are no bars, and make spans agree; returns how many, and the periods that are kept."""
    lock = WriterLock(path)
    try:
        connection = await open_writer(path)
        try:
            naming = await naming_to_read(connection)
            async with connection.transaction():
                for finding in findings:
                    await _doubt_lack(connection, naming, finding)
                removed = sum([await _remove(connection, finding.orphans) for finding in findings if finding.orphans])
                symbols = {finding.symbol for finding in findings if finding.kind in {Kind.SPAN, Kind.OVERLAP}}
                spans = sum([await _settle(connection, naming, symbol) for symbol in symbols])
            kept = {_PERIODS[one] for numbers in (await all_series(connection)).values() for one in numbers}
        finally:
            await connection.close()
    finally:
        lock.release()
    return removed, spans, tuple(sorted(kept))


async def _remove(connection: Connection, orphans: OrphanRows) -> int:
    where = "symbol = ? AND period = ?"
    keys: list[object] = [orphans.symbol, orphans.period]
    if orphans.first is not None:
        where += " AND minute BETWEEN ? AND ?"
        keys += [orphans.first, orphans.last]
    await connection.rows(f"DELETE FROM {orphans.table} WHERE {where}", keys)
    removed = int(await connection.value("SELECT changes()"))
    # Whether the series is whole without them is to be counted anew.
    await connection.rows("DELETE FROM frontier WHERE symbol = ? AND period = ?", keys[:2])
    return removed


_NO_LACK: Final = """
DELETE FROM unavailable WHERE symbol = ? AND period = ? AND first < ? AND until > ?
"""


async def _doubt_lack(connection: Connection, naming: Naming, finding: Finding) -> None:
    """Bars that somebody has shown after all are not noted as not to be had any more."""
    if finding.kind is Kind.HOLE and finding.period is not None:
        ends = finding.to_ms // MINUTE_MS, finding.from_ms // MINUTE_MS
        number = await naming.number_of(connection, finding.symbol)
        await connection.rows(_NO_LACK, (number, finding.period.ordinal, *ends))


async def _settle(connection: Connection, naming: Naming, symbol: str) -> int:
    """Join the spans that touch; of two that contradict each other give up the shorter: only proof is lost with it."""
    number = await naming.number_of(connection, symbol)
    if number is None:
        return 0
    before = await spans_of(connection, symbol, number)
    kept: tuple[Span, ...] = ()
    for span in sorted(before, key=lambda one: one.first_id - one.last_id):
        joint = join(kept, span)
        is_touching = all(
            part.last_id + 1 == span.first_id or span.last_id + 1 == part.first_id for part in joint.taken
        )
        if is_touching and not any(span_findings(joint.spans)):
            kept = joint.spans
    if set(kept) == set(before):
        return 0
    await connection.rows("DELETE FROM spans WHERE symbol = ?", (number,))
    await connection.insert(SPANS, [span_row(number, span) for span in kept])
    return len(before) - len(kept)
