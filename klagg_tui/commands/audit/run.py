"""What `klagg audit` does: look, compare, repair, look again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from klagg_tui.auditing.auditor import AuditProgress, Scope, audit
from klagg_tui.auditing.compare import Known, find_differences
from klagg_tui.auditing.findings import Finding
from klagg_tui.auditing.reference import ArchiveBars, ReferenceBars
from klagg_tui.auditing.repair import Repaired, repair
from klagg_tui.auditing.rows import EVERYTHING, Stretch
from klagg_tui.commands.audit.exchanges import Exchanges, ask_exchanges
from klagg_tui.commands.shared.progress import ProgressLine
from klagg_tui.config import Settings
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.exchange.registry import opening_at_previous_close
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exporting.selection import matching
from klagg_tui.importing.markets import is_real
from klagg_tui.importing.shelf import known_pairs
from klagg_tui.names import parted
from klagg_tui.storage.store import Store

EXCHANGE: Final = "exchange"
"""Stands for the network where a file could stand."""
_ROUNDS: Final = 3
"""Of repair, at the most."""


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    settings: Settings
    symbols: tuple[str, ...] = ()
    """Names and patterns; none means all."""
    stretch: Stretch = EVERYTHING
    against: tuple[str, ...] = ()
    """Paths of archives, and `EXCHANGE`."""
    periods: tuple[Period, ...] | None = None
    """Those to be compared."""
    is_repair: bool = False


@dataclass
class Outcome:
    """What came of it."""

    findings: list[Finding] = field(default_factory=list)
    bars: int = 0
    """Looked at."""
    repaired: Repaired | None = None
    found_before: int = 0
    """Findings before the repair."""
    unknown: set[str] = field(default_factory=set)
    """Symbols that the exchange does not have any more."""
    unread: list[str] = field(default_factory=list)
    """A sentence for each file of which some rows could not be compared."""
    not_asked: list[str] = field(default_factory=list)
    """A sentence for each of several exchanges that could not be asked: of its bars, finding nothing proves nothing."""
    is_interrupted: bool = False
    """Not everything was looked at: finding nothing proves nothing."""

    def add(self, repaired: Repaired) -> None:
        """A round of repair is done."""
        if self.repaired is None:
            self.found_before = len(self.findings)
            self.repaired = repaired
        else:
            self.repaired = Repaired(*map(sum, zip(self.repaired, repaired, strict=True)))


async def run(plan: Plan, should_stop: Callable[[], bool], line: ProgressLine) -> Outcome:
    """Do it.

    Raises:
        KlaggError: the database, a file or the exchange cannot be used.
    """
    path = plan.settings.storage.database
    outcome = Outcome()

    def show(progress: AuditProgress) -> None:
        outcome.bars = max(outcome.bars, progress.bars)
        line.show(progress.symbol, progress.done, progress.total, progress.bars)

    names = await _symbols(path, plan.symbols)
    now_ms, began_ms = await _now_ms(path), steady_ms()
    scope = Scope(names, plan.stretch, show, should_stop, now_ms, lambda: steady_ms() - began_ms)
    async with AsyncExitStack() as stack:
        sources = await _sources(plan, stack, scope, names, outcome)
        if plan.is_repair and EXCHANGE not in sources:
            scope.now_ms = None  # this machine's clock alone removes nothing
        outcome.findings = await _look(path, scope, sources, plan.periods)
        # What a repair brings to light, such as the minutes a recorder was stopped in, is put right as well.
        for _ in range(_ROUNDS):
            if not plan.is_repair or not outcome.findings or should_stop():
                break
            before = outcome.findings
            reference = _one_after_another(sources)
            outcome.add(await repair(path, before, reference, previous_close=opening_at_previous_close()))
            outcome.findings = await _look(path, scope, sources, plan.periods)
            if outcome.findings == before:
                break
        for source in sources.values():
            if isinstance(source, ArchiveBars):
                outcome.unread += source.unread()
            elif isinstance(source, Exchanges):
                outcome.not_asked = [*source.failures.values()]
    return outcome


async def _now_ms(path: Path) -> int | None:
    """This machine's time, and a minute for its error; None for a market that may have any other."""
    async with await Store.open(path, read_only=True) as store:
        is_now = all(map(is_real, await store.markets()))
    return int(time.time() * 1000) + MINUTE_MS if is_now else None


async def _symbols(path: Path, patterns: tuple[str, ...]) -> set[str] | None:
    if not patterns:
        return None
    async with await Store.open(path, read_only=True) as store:
        return set(matching(patterns, [known.symbol for known in await store.symbols()], store.venues))


async def _sources(
    plan: Plan, stack: AsyncExitStack, scope: Scope, names: set[str] | None, outcome: Outcome
) -> dict[str, ReferenceBars]:
    """Where the exchange's bars come from: what they are compared with, else, for a repair, the exchange.

    Where it is asked, bars of the future are those that lie behind its time too.
    """
    files = [Path(text) for text in plan.against if text != EXCHANGE]
    sources: dict[str, ReferenceBars] = {}
    if files:
        async with await Store.open(plan.settings.storage.database, read_only=True) as store:
            held, pairs = await store.markets(), await known_pairs(store)
        sources["files"] = ArchiveBars(
            files, parted(plan.symbols[0]).symbol if len(plan.symbols) == 1 else None, held, pairs
        )
    if EXCHANGE in plan.against or (plan.is_repair and not files):
        exchanges = await ask_exchanges(plan.settings, names, stack, outcome.unknown.add)
        if scope.now_ms is not None:
            scope.now_ms = max(scope.now_ms, exchanges.now_ms - int(scope.passed_ms()))
        sources[EXCHANGE] = exchanges
    return sources


async def _look(
    path: Path, scope: Scope, sources: dict[str, ReferenceBars], periods: tuple[Period, ...] | None
) -> list[Finding]:
    found = [finding async for finding in audit(path, scope)]
    known = Known(found)
    previous_close = opening_at_previous_close()
    for reference in sources.values():
        async for finding in find_differences(path, reference, scope, periods, previous_close=previous_close):
            known.add(finding)
    return known.findings


def _one_after_another(sources: dict[str, ReferenceBars]) -> ReferenceBars:
    """The bars of all sources; what comes later takes the place of what came before."""

    async def bars(symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        for source in sources.values():
            reference = source.mend if isinstance(source, Exchanges) else source
            async for batch in reference(symbol, period, from_ms, to_ms):
                yield batch

    return bars
