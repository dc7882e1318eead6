"""A probe of one exchange: listen, ask, judge. It takes some minutes of the exchange, since whole minutes must be heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from klagg_tui import __version__
from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import ConfigError, Refused
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.listing import Instrument
from klagg_tui.exchange.venue import Doubt, Ids, MarketData, Priority, Question, Venue
from klagg_tui.probing.checks import (
    Look,
    Pair,
    answered,
    holes,
    judge_empty,
    judge_final,
    judge_first_price,
    judge_ids,
    judge_seam,
    judge_sums,
)
from klagg_tui.probing.listening import Heard, listening, until_served
from klagg_tui.probing.minutes import TheirBars, steady, whole
from klagg_tui.probing.report import Finding, Measured, Report, Verdict
from klagg_tui.probing.timing import KnownClock, until_ms, until_past
from klagg_tui.texts import without_login

MOST_SYMBOLS: Final = 24
"""Of one probe: each costs a request or two."""
_WELL_KNOWN: Final = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA")
"""Bases that are traded every minute nearly everywhere; the rest are thin ones."""
_SERVED_MS: Final = 20_000
_LOOKS_MS: Final = (400, 900, 2_000, 4_000, 8_000, 15_000, 30_000)
"""How long after the end of a minute its bar is asked for."""
_LOOKED_AT: Final = 3
"""Symbols whose bars are asked for again and again."""
_SEAM_MS: Final = 20_000
_STRAGGLERS_S: Final = 2.0
"""Of the world: what was sent at the end is still under way, and the fewer minutes are heard the more it is missed."""
_BAD: Final = "KLAGGNONE"
_MOST_PAGES: Final = 10
"""Of trades of one symbol that the stream left out."""


@dataclass(frozen=True)
class Target:
    """What is probed, and for how long."""

    venue: Venue
    rest_url: str
    ws_url: str
    minutes: int = 3
    """Whole ones to be heard."""
    symbols: SymbolFilter = field(default_factory=SymbolFilter)
    proxy: str | None = None


class Probe:
    """One probe, while the exchange can be asked."""

    def __init__(self, target: Target, data: MarketData, say: Callable[[str], None]) -> None:
        self._target = target
        self._venue = target.venue
        self._data = data
        self._clock = KnownClock(data, target.venue.name)
        self._say = say
        self._heard = Heard()
        self._instruments: dict[str, Instrument] = {}
        self._looks: dict[str, list[Look]] = {}
        self._second = Heard()
        self._fetched: dict[str, list[AggTrade]] = {}
        self._theirs: TheirBars | None = None
        self._begin_ms = self._end_ms = self._reopened_ms = 0

    async def run(self) -> Report:
        """Do it.

        Raises:
            ExchangeError: the exchange cannot be asked.
            ConfigError: it lists nothing that was asked for.
        """
        await self._clock.set()
        self._choose((await self._data.instruments()).instruments)
        symbols = tuple(self._instruments)
        begun_ms = self._clock.now_ms()
        minutes = f"{self._target.minutes} whole minutes" if self._target.minutes > 1 else "one whole minute"
        self._say(f"listening to {len(symbols)} symbol{'s' * (len(symbols) != 1)} for {minutes}")
        async with listening(self._venue, self._data, self._target.ws_url, symbols, self._target.proxy) as heard:
            self._heard = heard
            await until_served(self._data, heard, symbols, _SERVED_MS)
            # A whole minute before and one behind: a trade may straddle the border of what is judged.
            self._begin_ms = ((self._clock.now_ms() + self._clock.error_ms()) // MINUTE_MS + 2) * MINUTE_MS
            self._end_ms = self._begin_ms + self._target.minutes * MINUTE_MS
            heard_ms = self._end_ms + MINUTE_MS + 2_000
            await asyncio.gather(self._look_at_bars(), self._reconnect(), until_past(self._data, heard_ms))
            await asyncio.sleep(_STRAGGLERS_S)
        self._say("asking for what the exchange says of the same minutes")
        await until_past(self._data, self._end_ms + MINUTE_MS + self._venue.settle_ms)
        self._clock.require_steady()
        await self._fetch_missing()
        findings = tuple([Finding(doubt, await self._judged(doubt)) for doubt in self._venue.doubts])
        address = without_login(self._target.rest_url)
        return Report(
            self._venue.key,
            address,
            __version__,
            begun_ms,
            self._target.minutes,
            symbols,
            self._heard.count,
            self._clock.most_error_ms,
            findings,
        )

    def _choose(self, listed: Sequence[Instrument]) -> None:
        found = list(self._target.symbols.chosen(listed).values())
        if not found:
            raise ConfigError(f"{self._venue.name} lists nothing of what was asked for.")
        known = [one for base in _WELL_KNOWN for one in found if one.base == base][: MOST_SYMBOLS // 2]
        others = [one for one in found if one not in known]
        step = max(1, len(others) // (MOST_SYMBOLS - len(known)))
        chosen = [*known, *others[::step]][:MOST_SYMBOLS]
        self._instruments = {one.symbol: one for one in chosen}

    async def _look_at_bars(self) -> None:
        """Ask for the first whole minute again and again behind its end."""
        over_ms = self._begin_ms + MINUTE_MS
        await until_ms(self._data, over_ms)
        busiest = sorted(self._heard.trades, key=lambda symbol: -len(self._heard.trades[symbol]))[:_LOOKED_AT]
        for after_ms in _LOOKS_MS:
            await until_ms(self._data, over_ms + after_ms)
            for symbol in busiest:
                from_ms = self._clock.now_ms() - over_ms - self._clock.error_ms()
                bars = await self._bars(symbol, self._begin_ms, self._begin_ms)
                answered_ms = self._clock.now_ms() - over_ms + self._clock.error_ms()
                look = Look(from_ms, answered_ms, next(iter(bars or ()), None))
                self._looks.setdefault(symbol, []).append(look)

    async def _reconnect(self) -> None:
        """Open a second connection for what was heard on the first."""
        await until_ms(self._data, self._begin_ms + MINUTE_MS // 2)
        await self._clock.set()
        symbols = tuple(self._heard.trades)
        self._reopened_ms = self._clock.now_ms() - self._clock.error_ms()
        target = self._target
        # A decoder that leaves out what it knows must not know the first connection's trades.
        codec = self._venue.codec if self._data.codec.open_decoder else self._data.codec
        async with listening(self._venue, self._data, target.ws_url, symbols, target.proxy, codec) as second:
            await until_ms(self._data, self._clock.now_ms() + _SEAM_MS)
        self._second = second

    async def _fetch_missing(self) -> None:
        """What the stream left out, and a page of what it did not, by id."""
        if self._venue.ids is Ids.NONE:
            return
        for symbol, trades in steady(self._heard).items():
            missing = holes(trade.aggregate_id for trade in trades)
            if missing or len(self._fetched) < _LOOKED_AT:
                last_id = missing[-1][1] + 1 if missing else trades[-1].aggregate_id
                self._fetched[symbol] = await self._pages(symbol, trades[0], last_id)

    async def _pages(self, symbol: str, first: AggTrade, last_id: int) -> list[AggTrade]:
        found: list[AggTrade] = []
        rows = self._venue.requests.trade_page.rows
        since_ms, next_id = first.traded_ms, first.aggregate_id
        for _ in range(_MOST_PAGES):
            limit = min(rows, last_id - next_id + 1)
            if limit <= 0:
                break
            page = await self._data.trades(symbol, next_id, since_ms=since_ms, limit=limit, priority=Priority.CONFIRM)
            if not page:
                break
            found += page
            since_ms, next_id = page[-1].traded_ms, page[-1].aggregate_id + 1
        return found

    async def _bars(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar] | None:
        """What the exchange sends; None where it refuses to."""
        limit = (to_ms - from_ms) // MINUTE_MS + 1
        try:
            return await self._data.bars(
                symbol, Period.M1, from_ms, to_ms, limit=limit, priority=Priority.CONFIRM, fills=False
            )
        except Refused:
            return None

    async def _judged(self, doubt: Doubt) -> Measured:
        question = doubt.question
        if question is Question.IDS:
            return judge_ids(self._venue.ids, steady(self._heard), self._fetched)
        if question is Question.FINAL:
            return judge_final(self._venue.settle_ms, self._looks)
        if question is Question.SEAM:
            return judge_seam(doubt.expected, self._reopened_ms, self._second.served, self._second.trades)
        if question is Question.ROUTE:
            verdict = Verdict.HOLDS if self._heard.count else Verdict.FAILS
            return Measured(verdict, f"{self._heard.count:,} trades came from {without_login(self._target.ws_url)}")
        if question is Question.BAD_SYMBOL:
            return await self._bad_symbol(doubt.expected)
        theirs = await self._their_bars()
        if question is Question.EMPTY:
            quiet = [key for key in self._quiet() if key not in theirs.unclear]
            return judge_empty(self._venue.candle, quiet, theirs.bars)
        our_bars = self._our_bars()
        every = [Pair(ours, theirs.bars[key]) for key, ours in our_bars.items() if key in theirs.bars]
        missing = [
            ours
            for key, ours in our_bars.items()
            if not (key in theirs.bars or key in theirs.unclear) and ours.is_traded and self._is_judged(ours)
        ]
        pairs = [pair for pair in every if self._is_judged(pair.ours)]
        if question is Question.SUM:
            return judge_sums(self._venue.candle, pairs, every, missing)
        before = {(symbol, open_ms + MINUTE_MS): bar for (symbol, open_ms), bar in theirs.bars.items()}
        return judge_first_price(self._venue.candle, pairs, before)

    async def _their_bars(self) -> TheirBars:
        """The exchange's bars of the minutes that were heard."""
        if self._theirs is None:
            theirs, first_ms = TheirBars(), self._begin_ms - MINUTE_MS
            for symbol in self._instruments:
                minutes = range(first_ms, self._end_ms + 1, MINUTE_MS)
                theirs.take(symbol, minutes, await self._bars(symbol, first_ms, self._end_ms))
            self._theirs = theirs
        return self._theirs

    def _is_judged(self, bar: Bar) -> bool:
        return self._begin_ms <= bar.open_ms < self._end_ms

    def _whole(self) -> dict[str, list[AggTrade]]:
        return whole(self._heard, self._fetched, self._venue.ids, self._begin_ms - MINUTE_MS)

    def _quiet(self) -> list[tuple[str, int]]:
        minutes = range(self._begin_ms, self._end_ms, MINUTE_MS)
        return [
            (symbol, open_ms)
            for symbol, trades in self._whole().items()
            for open_ms in minutes
            if not any(open_ms <= trade.traded_ms < open_ms + MINUTE_MS for trade in trades)
        ]

    def _our_bars(self) -> dict[tuple[str, int], Bar]:
        """The sums of the trades of each whole minute that was heard, by symbol and open time."""
        engine = KlineEngine((Period.M1,), holds_gaps=False)
        reader = engine.reader()
        whole = self._whole()
        for symbol, trades in whole.items():
            value = self._instruments[symbol].contract_value
            engine.handle(AddSymbol(symbol, 0, contract_value=parsing.price(value) if value else 0))
            engine.take(trades)
        engine.tick(self._end_ms + MINUTE_MS)
        return {
            (bar.symbol, bar.open_ms): bar
            for bar in engine.drain(reader).ended
            if self._begin_ms - MINUTE_MS <= bar.open_ms <= self._end_ms
        }

    async def _bad_symbol(self, expected: bool | None) -> Measured:
        """Ask for real symbols and one that there is not in one command."""
        real = list(self._heard.served)[:_LOOKED_AT]
        if not real:
            return Measured(Verdict.OPEN, "no symbol was served at all")
        bad = _unlisted(self._instruments[real[0]])
        target = self._target
        async with listening(self._venue, self._data, target.ws_url, [*real, bad], target.proxy) as heard:
            await until_served(self._data, heard, [*real, bad], _SERVED_MS)
        named = next(iter(heard.refused.values()), None)
        fate = (
            f"it was refused ({named})"
            if named is not None
            else "it was acknowledged"
            if bad in heard.served
            else "it was not answered"
        )
        served = sum(symbol in heard.served for symbol in real)
        sentence = (
            f"{bad} was asked for beside {len(real)} real symbols: {fate}, and {served} of the real ones were served"
        )
        return Measured(answered(expected, seen=served == len(real)), sentence)


def _unlisted(real: Instrument) -> str:
    """A name of the exchange's form that it does not list."""
    return real.symbol.replace(real.base, _BAD, 1) if real.base and real.base in real.symbol else _BAD


async def probe(target: Target, say: Callable[[str], None] = lambda _: None) -> Report:
    """Probe one exchange; `say` is told what is being done.

    Raises:
        ExchangeError: the exchange cannot be asked.
        ConfigError: it lists nothing that was asked for.
    """
    data = target.venue.market_data(target.rest_url, time.time() * 1000, proxy=target.proxy)
    async with data:
        return await Probe(target, data, say).run()
