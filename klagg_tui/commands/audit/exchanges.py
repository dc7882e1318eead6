"""The exchanges whose bars a database holds, each asked for its own bars at the address that the settings have for it."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack

from klagg_tui.auditing.reference import ReferenceBars
from klagg_tui.config import Settings
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, Period
from klagg_tui.engine.resample import in_pages, resampled
from klagg_tui.errors import ExchangeError, KlaggError, OtherMarket, UnknownSymbol, Unreachable
from klagg_tui.exchange.registry import DEFAULT, keys, venue
from klagg_tui.exchange.venue import MarketData, Priority, Venue
from klagg_tui.names import Name, parted
from klagg_tui.runtime.plans import mark_at, rest_url_of
from klagg_tui.storage.store import Store
from klagg_tui.storage.venues import label_of
from klagg_tui.texts import without_login

OnUnknown = Callable[[str], None]


class Exchanges:
    """Those of one database: a `ReferenceBars`, in which symbols go by the database's names.

    However long it takes to compare and to put right, only what was over when an exchange began to be asked counts: else every
    look would find another bar that has ended meanwhile, and what was put right would never be said to be.
    """

    def __init__(self, *, is_qualified: bool, anchors: dict[str, int], on_unknown: OnUnknown) -> None:
        """`anchors`: on which days three-day bars of each symbol open; `on_unknown`: told what an exchange has no more."""
        self.failures: dict[str, str] = {}
        """A sentence for each exchange that could not be asked, or not to the end, by its label."""
        self.now_ms = 0
        """The latest time that it may be by what one of them told."""
        self._is_qualified = is_qualified
        self._anchors = anchors
        self._on_unknown = on_unknown
        self._asked: dict[str, tuple[Venue, ReferenceBars]] = {}

    @property
    def is_any(self) -> bool:
        """Whether one of them answers."""
        return bool(self._asked)

    def add(self, exchange: Venue, rest: MarketData) -> None:
        """One that answers."""
        bars = exchange_bars(rest, exchange, lambda name: self._on_unknown(self._name_of(exchange, name)))
        self._asked[exchange.key] = exchange, bars
        if rest.clock.is_set:
            self.now_ms = max(self.now_ms, rest.now_ms() + math.ceil(rest.error_ms()))

    async def __call__(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        """The exchange's own bars; none of periods that it does not have, or from before its reach."""
        label, name = parted(symbol) if self._is_qualified else Name(next(iter(self._asked), ""), symbol)
        if label not in self._asked or label in self.failures:
            return
        exchange, bars = self._asked[label]
        try:
            async for page in bars(name, period, from_ms, to_ms):
                yield page if name == symbol else [bar._replace(symbol=symbol) for bar in page]
        except ExchangeError as error:
            if not self._is_qualified:
                raise
            self.failures[label] = _not_compared(exchange, error)

    async def mend(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        """The same; bars of periods that the exchange does not have are made of its shorter ones."""
        label = parted(symbol).venue if self._is_qualified else next(iter(self._asked), "")
        own = self._asked[label][0].candle.periods if label in self._asked else frozenset(Period)
        parts = sorted(part for part in own if part.divides(period))
        if period in own or not parts:
            async for page in self(symbol, period, from_ms, to_ms):
                yield page
            return
        anchor = self._anchors.get(symbol, DEFAULT_THREE_DAY_ANCHOR)
        begin_ms, end_ms = period.open_ms(from_ms, anchor), period.end_ms(period.open_ms(to_ms - 1, anchor))
        made = resampled(_as_lists(self(symbol, parts[-1], begin_ms, end_ms)), period, anchor)
        async for page in in_pages(made):
            yield [bar for bar in page if bar.state is State.CONFIRMED and from_ms <= bar.open_ms < to_ms]

    def _name_of(self, exchange: Venue, symbol: str) -> str:
        return str(Name(exchange.key if self._is_qualified else "", symbol))


async def ask_exchanges(
    settings: Settings, symbols: set[str] | None, stack: AsyncExitStack, on_unknown: OnUnknown
) -> Exchanges:
    """Those whose bars of these symbols (None: of any) are stored, ready to be asked.

    Raises:
        OtherMarket: the settings have another address for the only one than its bars are of.
        ExchangeError: the only one, or every one of several, cannot be asked.
    """
    async with await Store.open(settings.storage.database, read_only=True) as store:
        marks, is_qualified = await store.markets(), store.is_qualified
        known = {one.symbol: one.anchor for one in await store.symbols() if symbols is None or one.symbol in symbols}
    if not marks:  # nobody has said whose bars these are
        marks = (mark_at(venue(), rest_url_of(settings, venue())),)
    wanted = {parted(name).venue for name in known} if is_qualified else set(map(label_of, marks))
    exchanges = Exchanges(is_qualified=is_qualified, anchors=known, on_unknown=on_unknown)
    refusals: list[KlaggError] = []
    for mark in marks:
        if label_of(mark) in wanted:
            try:
                await _ask(settings, mark, stack, exchanges)
            except (ExchangeError, OtherMarket) as error:
                exchanges.failures[label_of(mark)] = str(error)
                refusals.append(error)
    if refusals and not exchanges.is_any:
        raise refusals[0]
    return exchanges


async def _ask(settings: Settings, mark: str, stack: AsyncExitStack, exchanges: Exchanges) -> None:
    label, path = label_of(mark), settings.storage.database
    if label not in keys():
        raise OtherMarket(f"{path} holds the bars of {mark}, which klagg does not know; --against FILE takes archives.")
    exchange = venue(label)
    url = rest_url_of(settings, exchange)
    # Bars of another market than the file's are no measure for it, and must not get into it.
    if (found := mark_at(exchange, url)) != mark:
        option = " or --rest-url" if label == DEFAULT else ""
        raise OtherMarket(
            f"{path} holds the bars of {mark}, not of {found}: nothing of it was compared or changed; rest_url in "
            f"[venue.{label}] of the settings{option} says where that is."
        )
    rest = await stack.enter_async_context(exchange.market_data(url, time.time() * 1000, proxy=settings.market.proxy))
    try:
        await rest.sync()
    except Unreachable as error:
        raise Unreachable(
            f"{without_login(url)} cannot be reached: of the bars of {exchange.name}, nothing was compared and nothing changed; "
            "--against FILE takes archives instead."
        ) from error
    exchanges.add(exchange, rest)


def exchange_bars(rest: MarketData, exchange: Venue, on_unknown: OnUnknown = lambda _: None) -> ReferenceBars:
    """One exchange's bars, asked for page by page, by its own names. It has none of a symbol that it does not know any more.

    What has ended since this was called is still forming.
    """
    rows, facts, begun_ms = exchange.requests.best_bars, exchange.candle, rest.now_ms()

    async def bars(symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        if period not in facts.periods:
            return
        now_ms = rest.now_ms()
        if facts.reach is not None:
            from_ms = max(from_ms, period.open_ms(now_ms) - (facts.reach - 1) * period.nominal_ms)
        while from_ms < to_ms:
            try:
                # The bar behind the last one shows that this one is over.
                shown = await rest.bars(symbol, period, from_ms, to_ms, limit=rows, priority=Priority.HISTORY)
            except UnknownSymbol:
                on_unknown(symbol)
                return
            page = [_as_of(begun_ms, bar) for bar in shown if bar.open_ms < to_ms]
            if page and page[-1].end_ms > from_ms:
                yield page
                from_ms = page[-1].end_ms
            elif facts.has_empty_minutes or from_ms >= now_ms:
                return
            else:  # it has no bars of a stretch without trades, and goes on behind it
                from_ms += rows * period.nominal_ms

    return bars


def _as_of(begun_ms: int, bar: Bar) -> Bar:
    return bar if bar.end_ms <= begun_ms else bar._replace(state=State.FORMING)


def _not_compared(exchange: Venue, error: KlaggError) -> str:
    return f"{exchange.name} was not asked to the end: {error}"


async def _as_lists(pages: AsyncIterator[Sequence[Bar]]) -> AsyncIterator[list[Bar]]:
    async for page in pages:
        yield list(page)
