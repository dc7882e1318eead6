"""What is alike in asking any exchange over HTTP: opening and closing, the clock, the account of what was asked."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar, Unpack

from klagg_tui.engine.derivatives import ContractQuote
from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import UnknownSymbol, Unreachable
from klagg_tui.exchange.limits import RequestUse
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.http import HttpClient
from klagg_tui.exchange.transport.rules import HttpOptions, HttpRules
from klagg_tui.exchange.venue import Priority, Request

T = TypeVar("T")

ReadTickers: TypeAlias = Callable[[bytes, int], dict[str, Ticker24h]]
"""Of an answer and when it was asked for, by the exchange's clock; raises BadFrame."""

MOST_ASKS: Final = 3
"""Answers about the time, after which one that is doubted waits for the next look at the clock."""


class MarketClient:
    """The part of `MarketData` that is the same everywhere, to be used in an `async with` block.

    Args:
        base_url: `https://host`.
        clock: set by `sync`.
        rules: how it answers.
        time: the request for its time.
        read_time: milliseconds since the epoch out of the answer; raises BadFrame.
        options: see `HttpClient`.
    """

    def __init__(
        self,
        base_url: str,
        clock: ExchangeClock,
        rules: HttpRules,
        time: Request,
        read_time: Callable[[bytes], int],
        **options: Unpack[HttpOptions],
    ) -> None:
        self.http = HttpClient(base_url, clock, rules, **options)
        self.clock = clock
        self._time = time
        self._read_time = read_time
        self._looking_up = asyncio.Lock()
        self._unlisted: set[str] = set()
        """Symbols that a listing did not have when it was asked for them: the next one may."""

    @abstractmethod
    async def instruments(self) -> Instruments:
        """Everything that the exchange lists."""

    @abstractmethod
    def day(self) -> tuple[Request, ReadTickers]:
        """The question for the last 24 hours of every symbol, and what reads the answer."""

    async def __aenter__(self) -> Self:
        await self.http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.__aexit__(kind, error, trace)

    def now_ms(self) -> int:
        """The exchange's time."""
        return self.http.now_ms()

    def error_ms(self) -> float:
        """By how much that may be off, in the exchange's milliseconds."""
        return self.http.error_ms()

    def use(self) -> RequestUse:
        """How much was asked."""
        return self.http.use()

    async def sync(self) -> None:
        """Ask the exchange for its time and set the clock by it; an answer that is doubted is asked for again."""
        for _ in range(MOST_ASKS):
            answer = await self.http.get(self._time, Priority.GAP)
            if self.http.set_clock(answer, self.http.read(self._read_time, answer.body)):
                break

    async def quotes(self, symbols: Sequence[str], *, priority: Priority) -> list[ContractQuote]:  # noqa: ARG002
        """Nothing is told beside trades, unless a venue says otherwise."""
        return []

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:  # noqa: ARG002
        """None are told, unless a venue says otherwise."""
        return []

    async def tickers(self, priority: Priority) -> dict[str, Ticker24h]:
        """The last 24 hours of every symbol, as far as the exchange tells it in one request."""
        request, read = self.day()
        return await self.ask_at(request, priority, read)

    async def ask(self, request: Request, priority: Priority, read: Callable[[bytes], T]) -> T:
        """What `read` makes of the answer; it raises BadFrame or BadNumber where that is damaged.

        Raises:
            ExchangeError: there is none, after as many tries as make sense, or it cannot be read.
        """
        answer = await self.http.get(request, priority)
        return self.http.read(read, answer.body)

    async def ask_at(self, request: Request, priority: Priority, read: Callable[[bytes, int], T]) -> T:
        """The same, where it matters when was asked: `read` is given that too, by the exchange's clock."""
        answer = await self.http.get(request, priority)
        asked_ms = self.clock.now_ms(answer.sent_ms)
        return self.http.read(lambda body: read(body, asked_ms), answer.body)

    async def listed(self, symbol: str, known: Mapping[str, T]) -> T:
        """What the listing says of a symbol, by those that were read; one that nobody has seen yet is asked for, once.

        Raises:
            UnknownSymbol: it does not list it.
            Unreachable: entries of it cannot be read, and one of them may be the symbol's.
        """
        async with self._looking_up:
            if symbol not in known and symbol not in self._unlisted:
                found = await self.instruments()
                if symbol not in known and found.unproven([symbol]):
                    raise Unreachable(f"The listing cannot be read where {symbol} may be: {found.unread.reason}.")
                self._unlisted |= {symbol} - known.keys()
        if symbol not in known:
            raise UnknownSymbol(f"The exchange lists no {symbol}.")
        return known[symbol]


def within(found: list[T], limit: int) -> list[T]:
    """What was asked for.

    Raises:
        Unreachable: there is more than that: it is an answer to something else.
    """
    if len(found) > limit:
        raise Unreachable(
            f"The exchange gave {len(found):,} rows where {limit:,} were asked for: none of them is taken."
        )
    return found
