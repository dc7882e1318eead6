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
from klagg_tui.auditing.reference import ArchiveBars, ReferenceBars, by_venue
from klagg_tui.auditing.repair import Repaired, repair
from klagg_tui.auditing.rows import EVERYTHING, Stretch
from klagg_tui.commands.shared.progress import ProgressLine
from klagg_tui.config import Settings
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import BadFile, UnknownSymbol, Unreachable
from klagg_tui.exchange.registry import DEFAULT, keys, venue
from klagg_tui.exchange.venue import MarketData, Priority, Venue
from klagg_tui.exporting.selection import matching
from klagg_tui.importing.markets import is_real
from klagg_tui.names import parted
from klagg_tui.runtime.plans import mark_at
from klagg_tui.storage.store import Store
from klagg_tui.storage.venues import label_of
from klagg_tui.texts import without_login

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

    scope = Scope(await _symbols(path, plan.symbols), plan.stretch, show, should_stop, await _now_ms(path))
    async with AsyncExitStack() as stack:
        sources = await _sources(plan, stack, scope, outcome.unknown.add)
        if plan.is_repair and EXCHANGE not in sources:
            scope.now_ms = None  # this machine's clock alone removes nothing
        outcome.findings = await _look(path, scope, sources, plan.periods)
        # What a repair brings to light, such as the minutes a recorder was stopped in, is put right as well.
        for _ in range(_ROUNDS):
            if not plan.is_repair or not outcome.findings or should_stop():
                break
            before = outcome.findings
            outcome.add(await repair(path, before, _one_after_another(sources), previous_close=_previous_close()))
            outcome.findings = await _look(path, scope, sources, plan.periods)
            if outcome.findings == before:
                break
    outcome.unread = [
        text for source in sources.values() if isinstance(source, ArchiveBars) for text in source.unread()
    ]
    return outcome


def exchange_bars(
    rest: MarketData, on_unknown: Callable[[str], None] = lambda _: None, exchange: Venue | None = None
) -> ReferenceBars:
    """The exchange's bars, asked for page by page. It has none of a symbol that it does not know any more.

    Nor has it any of a period that it does not make, or that lie farther back than it shows.
    """
    exchange = exchange or venue()
    rows, candle = exchange.requests.best_bars, exchange.candle

    async def bars(symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        if period not in candle.periods:
            return
        if candle.reach is not None:
            from_ms = max(from_ms, period.open_ms(rest.now_ms()) - (candle.reach - 1) * period.nominal_ms)
        while from_ms < to_ms:
            try:
                # The bar behind the last one shows that this one is over.
                shown = await rest.bars(symbol, period, from_ms, to_ms, limit=rows, priority=Priority.HISTORY)
            except UnknownSymbol:
                on_unknown(symbol)
                return
            page = [bar for bar in shown if bar.open_ms < to_ms]
            if not page or page[-1].end_ms <= from_ms:
                return
            yield page
            from_ms = page[-1].end_ms

    return bars


async def _now_ms(path: Path) -> int | None:
    """This machine's time, and a minute for its error; None for a market that may have any other."""
    async with await Store.open(path, read_only=True) as store:
        is_now = all(map(is_real, await store.markets()))
    return int(time.time() * 1000) + MINUTE_MS if is_now else None


async def _symbols(path: Path, patterns: tuple[str, ...]) -> set[str] | None:
    if not patterns:
        return None
    async with await Store.open(path, read_only=True) as store:
        names = [known.symbol for known in await store.symbols()]
        return set(matching(patterns, names, store.venues))


async def _sources(
    plan: Plan, stack: AsyncExitStack, scope: Scope, on_unknown: Callable[[str], None]
) -> dict[str, ReferenceBars]:
    """Where the exchange's bars come from: what they are compared with, else, for a repair, the exchange.

    Where it is asked, bars of the future are those that lie behind its time too.
    """
    files = [Path(text) for text in plan.against if text != EXCHANGE]
    sources: dict[str, ReferenceBars] = {}
    if files:
        async with await Store.open(plan.settings.storage.database, read_only=True) as store:
            markets, is_qualified = await store.markets(), store.is_qualified
        symbol = parted(plan.symbols[0]).symbol if len(plan.symbols) == 1 else None
        sources["files"] = _archives(files, symbol, markets, is_qualified=is_qualified)
    if EXCHANGE in plan.against or (plan.is_repair and not files):
        sources[EXCHANGE] = await _exchanges(plan, stack, scope, on_unknown)
    return sources


async def _exchanges(
    plan: Plan, stack: AsyncExitStack, scope: Scope, on_unknown: Callable[[str], None]
) -> ReferenceBars:
    """The bars of every exchange whose bars are stored, asked for at the addresses that the settings name."""
    path = plan.settings.storage.database
    async with await Store.open(path, read_only=True) as store:
        labels = [label for label in store.venues if label in keys()] or [DEFAULT]
    urls = {key: _rest_url(plan.settings, venue(key)) for key in labels}
    # Bars of another market than the file's are no measure for it, and must not get into it.
    marks = [mark_at(venue(key), url) for key, url in urls.items()]
    async with await Store.open(path, read_only=True, markets=marks) as store:
        is_qualified = store.is_qualified
    asked: dict[str, ReferenceBars] = {}
    for key, url in urls.items():
        rest = await stack.enter_async_context(
            venue(key).market_data(url, time.time() * 1000, proxy=plan.settings.market.proxy)
        )
        try:
            await rest.sync()
        except Unreachable as error:
            raise Unreachable(
                f"{without_login(url)} cannot be reached: nothing was compared and nothing changed; "
                "--against FILE takes archives instead."
            ) from error
        if scope.now_ms is not None:
            scope.now_ms = max(scope.now_ms, rest.now_ms())
        asked[key] = exchange_bars(rest, on_unknown, venue(key))
    return by_venue(asked) if is_qualified else asked[labels[0]]


def _rest_url(settings: Settings, exchange: Venue) -> str:
    """Where an exchange is asked."""
    table = settings.venue.get(exchange.key)
    if table and table.rest_url:
        return table.rest_url
    return settings.market.rest_url if exchange.key == DEFAULT else exchange.rest_url


def _previous_close() -> tuple[str, ...]:
    """Exchanges whose bars open at the close of the one before."""
    return tuple(key for key in keys() if venue(key).candle.opens_at_previous_close)


def _archives(files: list[Path], symbol: str | None, markets: Sequence[str], *, is_qualified: bool) -> ArchiveBars:
    """The bars of files, which are of one of the markets that are stored: the first one that they do not contradict.

    Raises:
        BadFile: they can be of none of them.
    """
    for place, market in enumerate(markets, 1):
        try:
            return ArchiveBars(files, symbol, market, label_of(market) if is_qualified else "")
        except BadFile:
            if place == len(markets):
                raise
    return ArchiveBars(files, symbol)


async def _look(
    path: Path, scope: Scope, sources: dict[str, ReferenceBars], periods: tuple[Period, ...] | None
) -> list[Finding]:
    found = [finding async for finding in audit(path, scope)]
    known = Known(found)
    for reference in sources.values():
        async for finding in find_differences(path, reference, scope, periods, previous_close=_previous_close()):
            known.add(finding)
    return known.findings


def _one_after_another(sources: dict[str, ReferenceBars]) -> ReferenceBars:
    """The bars of all sources; what comes later takes the place of what came before."""

    async def bars(symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        for reference in sources.values():
            async for batch in reference(symbol, period, from_ms, to_ms):
                yield batch

    return bars
