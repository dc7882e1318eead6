"""klagg's live market driven by hand, without sockets and in made-up time: sessions of any length on an exchange of a few
symbols that come and go, with whatever can happen in between.

The exchange knows every minute of every contract that there ever was, so what must be stored in the end follows from it.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import ExchangeError, UnknownSymbol, Unreachable
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.limits import RequestUse
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import MarketData, Priority
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live.backfill import Backfill
from klagg_tui.runtime.live.context import Contract, LiveContext
from klagg_tui.runtime.live.debts import DebtCollector
from klagg_tui.runtime.live.gap_repair import GapRepair
from klagg_tui.runtime.live.reconciler import Reconciler
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.runtime.live.universe import SymbolUniverse
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing
from tests.filed import file_in
from tests.makers import START

PERIODS: Final = (Period.M1, Period.M5, Period.H1)
HISTORY: Final = 30
_GIVEN_AWAY: Final = 24 * 60
"""Minutes until a name is given to another contract."""
_COUNTS: Final = (2, 0, 1, 3, 0, 0, 1)
"""Trades of a contract's minutes, again and again: some minutes are quiet."""


class Life:
    """One contract from its listing on: each minute's trades and bar."""

    def __init__(self, symbol: str, listed: int) -> None:
        self.symbol = symbol
        self.listed = listed
        self.until: int | None = None
        """The minute that it is not traded in any more."""
        self.minutes: list[Bar] = []
        self.first_ids = [1]
        """Of each minute, and of the next one."""

    def advance(self, *, is_halted: bool) -> list[AggTrade]:
        """One more minute; its trades."""
        place = len(self.minutes)
        minute = self.listed + place
        count = 0 if is_halted and place else _COUNTS[place % len(_COUNTS)]
        trades = [self._trade(self.first_ids[-1] + number, minute, number) for number in range(count)]
        self.minutes.append(self._bar(minute, trades))
        self.first_ids.append(self.first_ids[-1] + count)
        return trades

    def trades(self, place: int) -> list[AggTrade]:
        """Those of a minute, counted from the listing."""
        ids = range(self.first_ids[place], self.first_ids[place + 1])
        return [self._trade(aggregate_id, self.listed + place, number) for number, aggregate_id in enumerate(ids)]

    def _trade(self, aggregate_id: int, minute: int, number: int) -> AggTrade:
        at_ms = minute * MINUTE_MS + 9_000 * (number + 1)
        price = f"{100 + (aggregate_id * 7 + self.listed) % 13}.{aggregate_id % 10}"
        fill = aggregate_id * 2
        return AggTrade(
            self.symbol,
            price,
            f"{1 + aggregate_id % 4}.5",
            at_ms,
            aggregate_id % 3 == 0,
            aggregate_id,
            fill,
            fill,
            at_ms,
        )

    def _bar(self, minute: int, trades: Sequence[AggTrade]) -> Bar:
        """Added up here, so that the engine is not judged by itself."""
        rows = [(_units(trade.price, 12), _units(trade.quantity, 8), trade.is_buyer_maker) for trade in trades]
        if not rows:
            close = self.minutes[-1].close
            prices, sums = (close, close, close, close), (0, 0, 0, 0, 0)
        else:
            paid = [price for price, _, _ in rows]
            prices = paid[0], max(paid), min(paid), paid[-1]
            bought = [(price, size) for price, size, is_maker in rows if not is_maker]
            sums = (
                sum(size for _, size, _ in rows),
                sum(price * size for price, size, _ in rows),
                len(rows),
                sum(size for _, size in bought),
                sum(price * size for price, size in bought),
            )
        return Bar(self.symbol, Period.M1, minute * MINUTE_MS, *prices, *sums, State.CONFIRMED)


def _units(text: str, decimals: int) -> int:
    whole, _, fraction = text.partition(".")
    one: int = 10**decimals
    return int(whole) * one + int(fraction) * one // 10


class SteadyClock:
    """An exchange's clock that is never in doubt."""

    speed = 1.0
    trouble = ""
    is_set = True
    jumps = 0


class Exchange:
    """All contracts there ever were, and the time. What it answers is what the real one's REST would."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self.minute = START // MINUTE_MS
        self.lives = [Life(symbol, self.minute) for symbol in symbols]
        self.halted: set[str] = set()
        self.clock = SteadyClock()
        self.answers_left: int | None = None
        """Until it cannot be reached any more; None: always."""

    @property
    def now_ms(self) -> int:
        """A little into the minute under way, so that the one before is final."""
        return self.minute * MINUTE_MS + venue().settle_ms + 1_000

    def newest(self) -> dict[str, Life]:
        """The newest contract of each symbol."""
        return {life.symbol: life for life in self.lives}

    def advance(self, minutes: int = 1) -> list[AggTrade]:
        """Let time pass; the trades of it."""
        trades: list[AggTrade] = []
        for _ in range(minutes):
            for life in self.lives:
                if life.listed <= self.minute and (life.until is None or self.minute < life.until):
                    trades += life.advance(is_halted=life.symbol in self.halted)
            self.minute += 1
        return trades

    def list_new(self, symbol: str) -> None:
        """From now on, under a name that may have been another contract's."""
        self.lives.append(Life(symbol, self.minute))

    def delist(self, symbol: str) -> None:
        """From now on."""
        self.newest()[symbol].until = self.minute

    def truth(self, symbol: str, period: Period) -> list[Bar]:
        """Every bar of all contracts of that name that is over."""
        return [bar for life in self.lives if life.symbol == symbol for bar in self._bars(life, period, 0, 1 << 60)]

    def _bars(self, life: Life, period: Period, start_ms: int, end_ms: int) -> list[Bar]:
        if period is Period.M1:
            first = max(0, -(-start_ms // MINUTE_MS) - life.listed)
            last = end_ms // MINUTE_MS - life.listed
            return life.minutes[first : max(0, last + 1)]
        begun = period.open_ms(max(start_ms - 1, life.listed * MINUTE_MS - 1)) if start_ms else 0
        parts: dict[int, list[Bar]] = {}
        skipped = max(0, begun // MINUTE_MS - life.listed)
        for bar in life.minutes[skipped:]:
            open_ms = period.open_ms(bar.open_ms)
            if open_ms > end_ms or period.end_ms(open_ms) > self.minute * MINUTE_MS:
                break
            parts.setdefault(open_ms, []).append(bar)
        return [_joined(period, open_ms, bars) for open_ms, bars in parts.items() if open_ms >= start_ms]

    # What follows is `MarketData`.

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def sync(self) -> None:
        pass

    def error_ms(self) -> float:
        return 0

    def use(self) -> RequestUse:
        return RequestUse(0, 0, 0, 0)

    async def instruments(self) -> Instruments:
        self._count()
        return Instruments(
            tuple(
                Instrument(symbol, "USDT", "PERPETUAL", life.until is None, 1, 1, life.listed * MINUTE_MS)
                for symbol, life in self.newest().items()
            )
        )

    async def bars(
        self,
        symbol: str,
        period: Period,
        start_ms: int | None = None,
        end_ms: int | None = None,
        *,
        limit: int,
        priority: Priority,
        fills: bool = True,
    ) -> list[Bar]:
        del priority, fills
        self._count()
        if symbol not in self.newest():
            raise UnknownSymbol(f"There is no {symbol}.")
        assert start_ms is not None
        until_ms = self.now_ms if end_ms is None else end_ms
        found = [
            bar for life in self.lives if life.symbol == symbol for bar in self._bars(life, period, start_ms, until_ms)
        ]
        return found[:limit]

    async def trades(
        self, symbol: str, from_id: int, *, since_ms: int = 0, limit: int, priority: Priority
    ) -> list[AggTrade]:
        del priority, since_ms
        self._count()
        life = self.newest()[symbol]
        place = max(0, bisect_right(life.first_ids, from_id) - 1)
        found: list[AggTrade] = []
        while place < len(life.minutes) and len(found) < limit:
            found += [trade for trade in life.trades(place) if trade.aggregate_id >= from_id]
            place += 1
        return found[:limit]

    def _count(self) -> None:
        if self.answers_left is not None:
            if self.answers_left <= 0:
                raise Unreachable("The exchange does not answer.")
            self.answers_left -= 1


def _joined(period: Period, open_ms: int, bars: Sequence[Bar]) -> Bar:
    traded = [bar for bar in bars if bar.volume] or bars[-1:]
    prices = traded[0].open, max(bar.high for bar in traded), min(bar.low for bar in traded), traded[-1].close
    volume, turnover, count, bought, paid = (sum(values) for values in zip(*(bar[7:12] for bar in bars), strict=True))
    symbol = bars[0].symbol
    return Bar(symbol, period, open_ms, *prices, volume, turnover, count, bought, paid, State.CONFIRMED)


class Session:
    """klagg from one start to its end; all its loops are stepped by hand."""

    def __init__(self, exchange: Exchange, store: Store) -> None:
        self._exchange = exchange
        self.store = store
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, lambda: exchange.now_ms)
        self._context = LiveContext(self.host, store, venue(), cast("MarketData", exchange))
        self._backfill = Backfill(self._context, HISTORY)
        self.debts = DebtCollector(self._context)
        self._repair = GapRepair(self._context, Seeder(self._context, self.debts.wake), lambda _: None)
        self._reconciler = Reconciler(self._context)
        self._universe = SymbolUniverse(self._context, SymbolFilter(), self._backfill.want)
        self._minutes = 0

    @classmethod
    async def begin(cls, exchange: Exchange, path: Path) -> Session:
        """Start klagg."""
        session = cls(exchange, await Store.open(path, periods=PERIODS))
        for known in await session.store.symbols():
            session._context.contracts[known.symbol] = Contract(known.first_open_ms, known.anchor)
        with suppress(ExchangeError):
            await session._universe.reconcile()
        return session

    async def minute(self, lost: Sequence[int] = ()) -> None:
        """One minute: its trades come, but for those at some places, and each loop has its turn."""
        trades = self._exchange.advance()
        followed = set(self.host.engine.symbols())
        coming = [trade for number, trade in enumerate(trades) if trade.symbol in followed and number not in lost]
        for trade in sorted(coming, key=lambda trade: trade.traded_ms):
            self.host.receive([trade])
        self.host.engine.tick(self._exchange.now_ms)
        self.host.engine.take_reports()
        with suppress(ExchangeError):
            await self._see_to_gaps()
            if self._minutes % 5 == 0:
                await self._universe.reconcile()
            if self._minutes % 2 == 0:
                await self.host.flush()
            if self._minutes % 3 == 1:
                for _ in range(2):  # larger bars come in the round behind their minutes
                    await self._reconciler.look()
                await self.debts.collect()
                await self._fill_back()
        self._minutes += 1

    async def _see_to_gaps(self) -> None:
        for _ in range(4):
            for symbol in self.host.engine.waiting():
                await self._repair._step(symbol)

    async def _fill_back(self) -> None:
        while found := self._backfill._next():
            fill, is_first = found
            await self._backfill._step(fill, is_first=is_first)

    async def end(self, *, is_killed: bool) -> None:
        """Quit, or be killed: then nothing of what the engine held is written any more."""
        if not is_killed:
            await self.host.flush()
        await self.store.close()


class Walk:
    """klagg's database through everything that happens to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "walk.db"
        self.copy = folder / "copy.db"
        self.exchange = Exchange(["AAAUSDT", "BBBUSDT", "CCCUSDT"])
        self.exchange.advance(90)

    async def run(self, minutes: int, lost: Sequence[int] = (), *, answers: int | None = None, is_killed: bool) -> None:
        """One session; `answers`: after so many the exchange's REST cannot be reached."""
        self.exchange.answers_left = answers
        session = await Session.begin(self.exchange, self.path)
        for number in range(minutes):
            await session.minute(lost if number % 4 == 1 else ())
        await session.end(is_killed=is_killed)
        self.exchange.answers_left = None

    async def settle(self, most: int = 200) -> None:
        """One session until nothing is owed and everything is compared with the exchange's own."""
        session = await Session.begin(self.exchange, self.path)
        for number in range(most):
            await session.minute()
            if number > 12 and number % 3 == 1 and not await self._unsettled(session.store):
                break
        await session.end(is_killed=False)

    async def _unsettled(self, store: Store) -> bool:
        settled_ms = (self.exchange.minute - 8) * MINUTE_MS
        if await store.owed(settled_ms):
            return True
        return any(run.period.end_ms(run.first_open_ms) <= settled_ms for run in await store.unconfirmed())

    async def keep_copy(self) -> None:
        """A backup, while nothing runs."""
        if self.path.exists():
            self.copy.unlink(missing_ok=True)
            async with await Store.open(self.path, read_only=True) as store:
                await store.backup(self.copy)

    def restore(self) -> None:
        """The backup takes the database's place."""
        if self.copy.exists():
            for name in ("-wal", "-shm"):
                self.path.with_name(self.path.name + name).unlink(missing_ok=True)
            self.copy.replace(self.path)

    async def forget_minutes(self, before: int) -> None:
        """Retention: minutes older than so many go."""
        async with await Store.open(self.path, periods=PERIODS) as store:
            while await store.delete_before(Period.M1, (self.exchange.minute - before) * MINUTE_MS):
                pass

    async def import_old(self, which: int, since: int, minutes: int) -> None:
        """A file of trades of one contract, of minutes that may be long ago."""
        life = self.exchange.lives[which % len(self.exchange.lives)]
        first = max(0, len(life.minutes) - since)
        trades = [
            trade for place in range(first, min(first + minutes, len(life.minutes))) for trade in life.trades(place)
        ]
        async with await Store.open(self.path, periods=PERIODS) as store:
            await file_in(store, trades, symbol=life.symbol)

    async def verdict(self) -> Counter[str]:
        """How many bars were judged, how many of them are wrong, missing or too many, and what is owed."""
        found: Counter[str] = Counter()
        settled_ms = (self.exchange.minute - 8) * MINUTE_MS
        async with await Store.open(self.path, read_only=True) as store:
            found["owed"] = len(await store.owed(settled_ms))
            # A current bar is no row of the history, also where nobody has traded since an earlier session.
            current = set(await store.current())
            for known in await store.symbols():
                for period in PERIODS:
                    stored = [bar async for bar in store.bars(known.symbol, period) if bar not in current]
                    judged = _judged(stored, self.exchange.truth(known.symbol, period), settled_ms)
                    if known.standing is Standing.LEFT_ALONE:  # a file brought it, and nobody asked for more
                        del judged["missing"], judged["partial"]
                    found += judged
        return found


def _judged(stored: Sequence[Bar], truth: Sequence[Bar], settled_ms: int) -> Counter[str]:
    """Of one series; what lies before its first bar is nobody's business."""
    over = {bar.open_ms: bar for bar in stored if bar.end_ms <= settled_ms and bar.state is not State.FORMING}
    begun = min(over, default=1 << 62)
    true = {bar.open_ms: bar for bar in truth if bar.open_ms >= begun and bar.end_ms <= settled_ms}
    found: Counter[str] = Counter(judged=len(true), missing=len(true.keys() - over.keys()))
    for open_ms, bar in over.items():
        if open_ms not in true:
            found["surplus"] += 1
        elif bar.state is State.PARTIAL:
            found["partial"] += 1
        elif not bar.same_values(true[open_ms]):
            found["wrong"] += 1
    return found


async def take(walk: Walk, step: tuple[Any, ...]) -> None:
    """One thing that happens."""
    what, *how = step
    exchange = walk.exchange
    names = sorted(exchange.newest())
    trading = [name for name in names if exchange.newest()[name].until is None]
    left = [name for name in names if name not in trading]
    if what == "run":
        minutes, lost, answers, is_killed = how
        await walk.run(minutes, lost, answers=answers, is_killed=is_killed)
    elif what == "pause":
        await asyncio.to_thread(exchange.advance, how[0])
    elif what == "delist" and len(trading) > 1:
        exchange.delist(trading[how[0] % len(trading)])
    elif what == "relist" and left:
        await asyncio.to_thread(exchange.advance, _GIVEN_AWAY)
        exchange.list_new(left[how[0] % len(left)])
    elif what == "list":
        exchange.list_new(f"NEW{len(exchange.lives)}USDT")
    elif what == "halt":
        exchange.halted ^= {names[how[0] % len(names)]}
    elif what == "forget" and walk.path.exists():
        await walk.forget_minutes(how[0])
    elif what == "import":
        await walk.import_old(*how)
    elif what == "backup":
        await walk.keep_copy()
    elif what == "restore":
        walk.restore()
