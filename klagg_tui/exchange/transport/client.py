"""What is alike in asking any exchange over HTTP: opening and closing, the clock, the account of what was asked."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeVar

from klagg_tui.errors import Unreachable
from klagg_tui.exchange.transport.http import HttpClient
from klagg_tui.exchange.venue import Priority, Request, RequestUse

T = TypeVar("T")

MOST_ASKS: Final = 3
"""Answers about the time, after which one that is doubted waits for the next look at the clock."""


class MarketClient:
    """The part of `MarketData` that is the same everywhere, to be used in an `async with` block.

    Args:
        http: how the exchange is asked.
        time: the request for its time.
        read_time: milliseconds since the epoch out of the answer; raises BadFrame.
    """

    def __init__(self, http: HttpClient, time: Request, read_time: Callable[[bytes], int]) -> None:
        self.http = http
        self.clock = http.clock
        self._time = time
        self._read_time = read_time

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
