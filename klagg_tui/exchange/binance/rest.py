"""The questions to Binance over HTTP: its `MarketData`."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeVar

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import Unreachable
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.binance.facts import BLOCKED_ADVICE, LONGEST_REFUSAL_MS, REFUSALS, REQUESTS
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.http import TIME_OUT_S, HttpClient, HttpRules
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Priority, RequestUse, StreamCodec

T = TypeVar("T")

USED_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"

MOST_ASKS: Final = 3
"""Answers about the time, after which one that is doubted waits for the next look at the clock."""

MOST_COST_PER_MINUTE: Final = 10 * REQUESTS.cost_per_minute
"""Whatever a listing says: who asks without a bound is banned."""
SETTLED_MS: Final = 5_000
"""How long before the date of an answer a bar must have ended to be shown final by it."""

RULES: Final = HttpRules(
    cost_per_minute=REQUESTS.cost_per_minute,
    used_header=USED_WEIGHT,
    refusals=REFUSALS,
    longest_pause_ms=LONGEST_REFUSAL_MS,
    blocked_advice=BLOCKED_ADVICE,
    read_failure=wire.read_failure,
)


class RestClient:
    """See `MarketData`.

    Args:
        base_url: `https://host`.
        clock: set by `sync`.
        proxy: `http://…` or `socks5://…`; without one the environment's counts.
        local_ms: the steady local clock that `clock` goes by.
        time_out_s: for one try.
        has_speed: whether the host may say how fast its time runs.
    """

    def __init__(
        self,
        base_url: str,
        clock: ExchangeClock,
        *,
        proxy: str | None = None,
        local_ms: Callable[[], float] = steady_ms,
        time_out_s: float = TIME_OUT_S,
        has_speed: bool = True,
    ) -> None:
        self.clock = clock
        self.http = HttpClient(
            base_url,
            clock,
            RULES,
            proxy=proxy,
            local_ms=local_ms,
            time_out_s=time_out_s,
            has_speed=has_speed,
        )

    async def __aenter__(self) -> Self:
        await self.http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.__aexit__(kind, error, trace)

    @property
    def codec(self) -> StreamCodec:
        """The same for every contract."""
        return wire.CODEC

    def now_ms(self) -> int:
        """The exchange's time."""
        return self.http.now_ms()

    def use(self) -> RequestUse:
        """How much was asked."""
        return self.http.use()

    async def sync(self) -> None:
        """Ask the exchange for its time and set the clock by it; an answer that is doubted is asked for again."""
        for _ in range(MOST_ASKS):
            answer = await self.http.get(wire.TIME, Priority.GAP)
            if self.http.set_clock(answer, self.http.read(wire.read_time, answer.body)):
                break

    async def instruments(self) -> Instruments:
        """Every contract the exchange lists."""
        answer = await self.http.get(wire.EXCHANGE_INFO, Priority.SEED)
        found = self.http.read(wire.read_instruments, answer.body)
        if found.cost_limit:
            self.http.budget.limit = min(found.cost_limit, MOST_COST_PER_MINUTE)
        return found

    async def bars(
        self,
        symbol: str,
        period: Period,
        start_ms: int | None = None,
        end_ms: int | None = None,
        *,
        limit: int,
        priority: Priority,
    ) -> list[Bar]:
        """The exchange's own bars that open from `start_ms` to `end_ms`, both included."""
        answer = await self.http.get(wire.bars_request(symbol, period, start_ms, end_ms, limit=limit), priority)
        asked_ms = self.clock.now_ms(answer.sent_ms)
        shown_ms = (answer.date_ms or 0) - SETTLED_MS
        found = self.http.read(lambda body: wire.read_bars(body, symbol, period, asked_ms, shown_ms), answer.body)
        return self._within(found, limit)

    async def trades(
        self,
        symbol: str,
        from_id: int,
        *,
        since_ms: int = 0,  # noqa: ARG002 - for venues that are asked by time
        limit: int,
        priority: Priority,
    ) -> list[AggTrade]:
        """Aggregate trades from an id on."""
        answer = await self.http.get(wire.trades_request(symbol, from_id, limit), priority)
        found = self.http.read(lambda body: wire.read_trades(body, symbol), answer.body)
        if found and found[0].aggregate_id < from_id:
            raise Unreachable(
                f"The exchange gave trade {found[0].aggregate_id} of {symbol} where {from_id} was asked for."
            )
        return self._within(found, limit)

    def _within(self, found: list[T], limit: int) -> list[T]:
        """What was asked for; more than that is an answer to something else."""
        if len(found) > limit:
            raise Unreachable(
                f"The exchange gave {len(found):,} rows where {limit:,} were asked for: none of them is taken."
            )
        return found
