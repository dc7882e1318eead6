"""Symbols that wait for missing trades, and what is done about them.

The engine is asked what is missing at each step, so a report is only a nudge and a failed step can be repeated. Few
missing trades are fetched by their ids; more of them, or those of many symbols at once, cost less as bars.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import (
    AbandonGap,
    AggTrade,
    HoldSymbol,
    MissingTrades,
    PendingGap,
    QuietUntil,
    ReleaseSymbol,
)
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import GeoBlocked, KlaggError
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.venue import Ids, Priority
from klagg_tui.formatting import counted
from klagg_tui.metrics import Metric
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.patience import GAP_MS, SEED_MS, Load, Patience
from klagg_tui.runtime.live.remedies import Remedies, Remedy
from klagg_tui.runtime.live.seeder import Seeder

log = logging.getLogger(__name__)

WORKERS: Final = 8
HURRY_S: Final = 0.5
"""Between two looks whether symbols wait that the exchange cannot be asked for soon."""
REPAIR_SHARE: Final = 1 / 4
"""Of what may be asked in a minute, for trades that the stream leaves out as a rule: the rest keeps bars confirmed."""
RETRY_S: Final = 2.0
TRIES: Final = 3
"""To fetch trades that do not come, after which the gap is abandoned."""


class GapRepair:
    """A queue of symbols and some workers."""

    def __init__(self, context: LiveContext, seeder: Seeder, renew: Callable[[str], None]) -> None:
        """`renew` replaces the connection of a symbol whose subscription was acknowledged and delivers nothing."""
        self._context = context
        self._host = context.host
        self._market_data = context.market_data
        self._seeder = seeder
        self._remedies = Remedies(context.venue.requests)
        self._patience = Patience(context.venue.requests, context.fetched_periods, context.venue.candle.periods)
        self._repaired = (0, 0)
        """The exchange's minute, and what fetching trades that the stream left out has cost in it."""
        self._renew = renew
        self._silent: set[str] = set()
        self._anew: dict[str, tuple[int, int]] = {}
        self._former: set[str] = set()
        """Symbols of which the time between two contracts is to be looked into."""
        self._queue: asyncio.PriorityQueue[tuple[int, int, str]] = asyncio.PriorityQueue()
        self._queued: dict[str, None] = {}
        """In order; those that are being asked for are among them."""
        self._busy: set[str] = set()
        """Those of them that are being asked for."""
        self._count = 0
        self._failed_tries: dict[str, int] = {}
        self._asked_from_ms: dict[str, int] = {}
        """When a gap was met first, of symbols whose missing trades may come by themselves."""

    def nudge(self, symbol: str) -> None:
        """Look into a symbol soon; it may be asked for any number of times."""
        if symbol in self._queued:
            return
        gap = self._host.engine.pending_gap(symbol)
        priority = Priority.SEED if gap and gap.next_id is None else Priority.GAP
        self._queued[symbol] = None
        self._count += 1
        self._queue.put_nowait((priority, self._count, symbol))

    def verify_silence(self, symbol: str) -> None:
        """A symbol is silent while its peers are not: it waits until the exchange's bars show whether that is real."""
        self._silent.add(symbol)
        self._host.handle([HoldSymbol(symbol)])
        self.nudge(symbol)

    def begin_anew(self, symbol: str, ended_ms: int, begun_ms: int) -> None:
        """The ids of a symbol began anew: it is said, and the symbol is begun again on bars.

        `ended_ms`: time of the newest trade of the contract before, `begun_ms`: of the first one of the new.
        """
        self._anew[symbol] = ended_ms, begun_ms
        self._former.add(symbol)
        log.warning("%s: another contract has its name: its trades are numbered anew since %d", symbol, begun_ms)
        names = ", ".join(self._anew)
        self._host.notices["anew"] = (
            f"The exchange numbers the trades of {names} anew: another contract has that name now; its bars are kept apart "
            "from those before by their time."
        )
        self.nudge(symbol)

    async def work_forever(self) -> None:
        """Run the workers."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(self._work())
            workers.create_task(self._hurry_forever())

    async def _hurry_forever(self) -> None:
        while True:
            await asyncio.sleep(HURRY_S)
            try:
                await self.hurry()
            except KlaggError as error:  # of the store: the worker whose turn it is tells it
                log.info("symbols go on waiting: %s", error)

    async def hurry(self) -> None:
        """Let symbols go on whose turn to be asked for does not come within some seconds, by what the exchange allows."""
        engine, now_ms = self._host.engine, self._context.now_ms()
        waiting = [*dict.fromkeys([*self._queued, *engine.waiting()])]
        seed, speed = self._patience.seed(now_ms), self._market_data.clock.speed
        load, use = seed.times(len(self._context.completing)), self._market_data.use()
        # What is repaired by ids has a minute's time: it does not matter what of this one is used.
        gaps, unused = Load(), use._replace(used=0)
        for symbol in waiting:
            gap = engine.pending_gap(symbol)
            if gap is None or not (gap.held or gap.next_id):
                continue
            if gap.next_id is None:
                load = load.more(seed)
                if self._patience.wait_ms(load, Priority.SEED, use, now_ms) > SEED_MS * speed and not gap.anew_ms:
                    await self._seeder.begin(symbol)
            else:
                gaps = gaps.more(self._patience.gap)
                if self._patience.wait_ms(gaps, Priority.GAP, unused, now_ms) > GAP_MS * speed:
                    self._step_over(symbol)

    def _step_over(self, symbol: str) -> None:
        """Go on with what is held: minutes that lack trades are partial until the exchange's bars of them come."""
        while (gap := self._host.engine.pending_gap(symbol)) and gap.next_id is not None and gap.held:
            self._host.handle([AbandonGap(symbol)])

    def _may_repair(self) -> bool:
        """Whether trades that the stream left out may be fetched in this minute; where that is the rule, within a share."""
        limits, minute = self._context.venue.requests, self._context.now_ms() // MINUTE_MS
        if not self._context.venue.repair_after_ms:
            return True
        cost = limits.trade_page.cost + (self._repaired[1] if self._repaired[0] == minute else 0)
        if cost > REPAIR_SHARE * limits.cost_per_minute:
            return False
        self._repaired = minute, cost
        return True

    async def _work(self) -> None:
        while True:
            symbol = self._looked_at_first(await self._queue.get())
            if symbol not in self._queued or symbol in self._busy:
                continue  # its turn came before, because somebody looks at it
            if (wait_ms := self._waits_ms(symbol)) > 0:
                self._queued.pop(symbol, None)
                wait_s = wait_ms / 1000 / self._market_data.clock.speed
                asyncio.get_running_loop().call_later(wait_s, self.nudge, symbol)
                continue
            retry = False
            self._busy.add(symbol)
            try:
                await self._step(symbol)
                self._host.notices.pop("repair", None)
            except GeoBlocked as error:
                self._host.notices["repair"] = str(error)
                retry = True
            except KlaggError as error:
                self._host.notices["repair"] = f"{error} {_waiting(len(self._queued))} for missing trades."
                log.info("repair of %s failed: %s", symbol, error)
                retry = True
            finally:
                self._busy.discard(symbol)
                self._queued.pop(symbol, None)
            if retry:
                await asyncio.sleep(RETRY_S)
            if self._host.engine.pending_gap(symbol):
                self.nudge(symbol)

    def _looked_at_first(self, turn: tuple[int, int, str]) -> str:
        """Whose turn it is: of symbols that are to be begun, who is looked at before all others."""
        priority, _, symbol = turn
        if priority != Priority.SEED:
            return symbol
        for seen in self._host.look.seen():
            if seen in self._queued and seen not in self._busy and seen != symbol:
                gap = self._host.engine.pending_gap(seen)
                if gap is not None and gap.next_id is None:
                    self._queue.put_nowait(turn)
                    return seen
        return symbol

    def _waits_ms(self, symbol: str) -> int:
        """How long missing trades are waited for before they are asked for, where the stream leaves some out as a rule."""
        after_ms = self._context.venue.repair_after_ms
        gap = self._host.engine.pending_gap(symbol) if after_ms else None
        if gap is None or gap.next_id is None or not gap.held:
            self._asked_from_ms.pop(symbol, None)
            return 0
        now_ms = self._context.now_ms()
        return self._asked_from_ms.setdefault(symbol, now_ms) + after_ms - now_ms

    async def _step(self, symbol: str) -> None:
        """Do the one thing that lets the symbol go on, or brings it closer to that."""
        self._asked_from_ms.pop(symbol, None)
        gap = self._host.engine.pending_gap(symbol)
        if gap is None:
            self._silent.discard(symbol)
            return
        if gap.next_id is not None and self._context.venue.ids is Ids.NONE:
            # Nothing can be fetched by ids that prove nothing: its minutes wait for the exchange's bars.
            self._host.handle([AbandonGap(symbol) if gap.held else ReleaseSymbol(symbol)])
            return
        if gap.next_id is not None and gap.held and not self._may_repair():
            self._step_over(symbol)
            return
        match self._remedies.remedy(gap, len(self._queued), self._context.now_ms()):
            case Remedy.RELEASE:
                self._host.handle([ReleaseSymbol(symbol)])
            case Remedy.SEED:
                if symbol in self._former:
                    await self._end_former(symbol)
                await self._seeder.seed(symbol, Priority.SEED)
            case Remedy.VERIFY:
                await self._verify(symbol, gap)
            case Remedy.FETCH_TRADES:
                await self._fetch_trades(symbol, gap)
            case Remedy.FETCH_BARS:
                await self._seeder.seed(symbol, Priority.GAP)

    async def _end_former(self, symbol: str) -> None:
        """Take over the last bars of the contract before, and take back those that only the clock made behind them."""
        ended_ms, begun_ms = self._anew[symbol]
        from_ms, to_ms = (at_ms // MINUTE_MS * MINUTE_MS for at_ms in (ended_ms, begun_ms))
        limit = self._remedies.page_bars
        rows = await self._market_data.bars(symbol, Period.M1, from_ms, to_ms, limit=limit, priority=Priority.GAP)
        if len(rows) == limit:
            to_ms = min(to_ms, rows[-1].open_ms)
        await self._host.flush()
        settled_ms = self._context.settled_ms()
        await self._context.store.add_confirmed(
            [bar for bar in rows if bar.end_ms <= min(to_ms, settled_ms) and bar.state is State.CONFIRMED]
        )
        removed = await self._context.store.discard_between(symbol, from_ms, to_ms)
        self._host.metrics.add(Metric.BARS_TAKEN_BACK, removed)
        self._former.discard(symbol)

    async def _fetch_trades(self, symbol: str, gap: PendingGap) -> None:
        first_id = gap.next_id or 0
        until_id = gap.held[0].aggregate_id
        if self._context.venue.repair_after_ms:  # holes are usual: one request fills all of those behind it
            until_id = max(until_id, min(gap.held[-1].aggregate_id, first_id + self._remedies.page_trades))
        trades = await self._trades(symbol, first_id, until_id, gap.traded_ms)
        self._host.handle([MissingTrades(symbol, tuple(trades))])
        left = self._host.engine.pending_gap(symbol)
        if left is None or left.next_id != first_id:
            self._failed_tries.pop(symbol, None)
            return
        # The exchange itself lacks the trade: after some tries its minute is partial, until the exchange's bar is fetched.
        self._failed_tries[symbol] = self._failed_tries.get(symbol, 0) + 1
        if self._failed_tries[symbol] >= TRIES:
            del self._failed_tries[symbol]
            log.warning("%s: the exchange does not have trade %d", symbol, first_id)
            self._host.handle([AbandonGap(symbol)])
        else:
            await asyncio.sleep(RETRY_S)

    async def _trades(self, symbol: str, first_id: int, until_id: int, since_ms: int) -> list[AggTrade]:
        """Trades from `first_id` to before `until_id`, as far as the exchange has them; `since_ms`: of one before them."""
        trades: list[AggTrade] = []
        next_id = first_id
        while next_id < until_id:
            limit = min(self._remedies.page_trades, until_id - next_id)
            page = await self._market_data.trades(
                symbol, next_id, since_ms=since_ms, limit=limit, priority=Priority.GAP
            )
            if not page:
                break
            since_ms = page[-1].traded_ms
            trades += [trade for trade in page if trade.aggregate_id < until_id]
            next_id = page[-1].aggregate_id + 1
        return trades

    async def _verify(self, symbol: str, gap: PendingGap) -> None:
        """Find out whether anything was traded while no connection delivered: the exchange's bars since then show it."""
        quiet_ms = await self._quiet_until(symbol, gap)
        if symbol in self._silent:
            self._silent.discard(symbol)
            if quiet_ms is None:
                log.warning("%s was traded, but its connection delivered nothing", symbol)
                self._renew(symbol)
        if quiet_ms is not None:
            self._host.handle([QuietUntil(symbol, quiet_ms), ReleaseSymbol(symbol)])
            return
        next_id, most = gap.next_id or 0, self._remedies.most_trades
        is_crowded = self._remedies.is_crowded(len(self._queued))
        trades = None if is_crowded else await self._trades(symbol, next_id, next_id + most, gap.traded_ms)
        if trades is None or len(trades) == most:
            await self._seeder.seed(symbol, Priority.GAP)
        else:
            self._host.handle([MissingTrades(symbol, tuple(trades))])

    async def _quiet_until(self, symbol: str, gap: PendingGap) -> int | None:
        """Up to when the exchange's bars since the gap's minute, final ones, show no trade that we lack; None where they do."""
        if gap.minute is None:
            return None
        rows = await self._market_data.bars(
            symbol,
            Period.M1,
            gap.minute.open_ms,
            self._context.now_ms(),
            limit=self._remedies.page_bars,
            priority=Priority.GAP,
        )
        if not rows or rows[0].open_ms != gap.minute.open_ms or not self._is_all(gap.minute, rows):
            return None
        settled_ms = self._context.settled_ms()
        final = [bar for bar in rows if bar.end_ms <= settled_ms and bar.state is State.CONFIRMED]
        return max((bar.end_ms for bar in final), default=0)

    def _is_all(self, minute: Bar, rows: Sequence[Bar]) -> bool:
        """Whether the exchange's bars hold as much as our minute: in trades, or in volume where they do not say how many."""
        if any(bar.evidence & Evidence.NO_COUNT for bar in (minute, *rows)):
            return sum(bar.volume for bar in rows) == minute.volume
        return sum(bar.trade_count for bar in rows) == minute.trade_count


def _waiting(symbols: int) -> str:
    return f"{counted(symbols, 'symbol')} {'waits' if symbols == 1 else 'wait'}"
