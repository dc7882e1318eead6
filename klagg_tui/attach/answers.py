"""What windows ask of a recorder: what only the engine knows, and, where they cannot read the database themselves, what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, TypeVar

from klagg_tui.attach import codec
from klagg_tui.attach.codec import Json, Message
from klagg_tui.attach.columns import columns_out
from klagg_tui.engine.columns import COLUMN_FIELDS
from klagg_tui.engine.period import Period, chain
from klagg_tui.errors import BadFrame, BadPeriod
from klagg_tui.runtime import questions
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.startup import stored_bars, stored_closes, stored_instruments, told_lately
from klagg_tui.storage.store import Store

T = TypeVar("T")

MOST_SYMBOLS: Final = 2_000
"""In one question; the screens ask for some at a time."""
_MOST_BARS: Final = 50_000

Answer: TypeAlias = Callable[[Message], Awaitable[Json]]


class Kept(NamedTuple):
    """What is recorded, and where."""

    database: Path
    markets: tuple[str, ...]
    periods: tuple[Period, ...]


class Answers:
    """Called on the server's loop."""

    def __init__(self, host: EngineHost, engine: asyncio.AbstractEventLoop, kept: Kept) -> None:
        """`engine`: the loop that the host lives on."""
        self._host = host
        self._engine = engine
        self._kept = kept
        self._questions: Mapping[str, Answer] = {
            "flush": self._flush,
            "unwritten": self._unwritten,
            "older": self._older,
            "told now": self._told_now,
            "told": self._told,
            "bars": self._bars,
            "closes": self._closes,
            "history": self._history,
            "columns": self._columns,
        }

    async def answer(self, question: Message) -> Json:
        """The answer to one question.

        Raises:
            KlaggError: it cannot be answered.
        """
        asked = self._questions.get(question.get("what", ""))
        if asked is None:
            raise BadFrame("A window asks what this klagg does not know; both have to be of one version.")
        try:
            return await asked(question)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, BadPeriod):
                raise
            raise BadFrame("A window's question cannot be read.") from error

    async def recalled(self) -> AsyncIterator[Json]:
        """What was told of contracts lately, page by page."""
        kept = self._kept
        await self._in_engine(self._host.flush_ended)
        async with await Store.open(kept.database, read_only=True, markets=kept.markets) as store:
            async for minutes in told_lately(store, self._host.status().exchange_now_ms):
                yield codec.minutes_out(minutes)

    async def _flush(self, _: Message) -> Json:
        await self._in_engine(self._host.flush_ended)

    async def _unwritten(self, question: Message) -> Json:
        symbol, period = _series(question)

        async def found() -> Json:
            return codec.bars_out(self._host.unwritten(symbol, period).values())

        return await self._in_engine(found)

    async def _older(self, question: Message) -> Json:
        symbol, period = _series(question)
        before_ms = int(question["before"])
        return codec.older_out(
            await self._in_engine(lambda: questions.fetch_older(self._host, symbol, period, before_ms))
        )

    async def _told_now(self, question: Message) -> Json:
        symbol = str(question["symbol"])
        return codec.minutes_out(await self._in_engine(lambda: questions.derivatives_now(self._host, symbol)))

    async def _told(self, question: Message) -> Json:
        symbol, edges = str(question["symbol"]), [int(edge) for edge in question["edges"]]
        return codec.minutes_out(await self._aside(lambda store: store.derivatives_at(symbol, edges)))

    async def _bars(self, _: Message) -> Json:
        async def read(store: Store) -> Json:
            return codec.update_out(
                await stored_bars(store, chain(self._kept.periods), await stored_instruments(store))
            )

        return await self._aside(read)

    async def _closes(self, question: Message) -> Json:
        period = Period.parse(question["period"])
        chosen = question["symbols"]
        symbols = None if chosen is None else codec.symbols_in(chosen)
        await self._in_engine(self._host.flush_ended)
        known = self._host.instruments.copy()
        return codec.update_out(await self._aside(lambda store: stored_closes(store, period, known, symbols)))

    async def _history(self, question: Message) -> Json:
        symbol, period = _series(question)
        before_ms, count = question["before"], min(int(question["count"]), _MOST_BARS)
        return codec.bars_out(
            await self._in_engine(lambda: questions.history(self._host, symbol, period, before_ms, count))
        )

    async def _columns(self, question: Message) -> Json:
        period = Period.parse(question["period"])
        symbols = codec.symbols_in(question["symbols"])[:MOST_SYMBOLS]
        fields = [field for field in question["fields"] if field in COLUMN_FIELDS]
        from_ms, to_ms = int(question["from"]), question["to"]
        await self._in_engine(self._host.flush_ended)
        found = await self._aside(lambda store: questions.columns(store, symbols, period, from_ms, to_ms, fields))
        return columns_out(found)

    async def _in_engine(self, question: Callable[[], Awaitable[T]]) -> T:
        async def answer() -> T:
            return await question()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), self._engine))

    async def _aside(self, question: Callable[[Store], Awaitable[T]]) -> T:
        return await questions.ask_aside(self._kept.database, self._kept.markets, question)


def _series(question: Message) -> tuple[str, Period]:
    return str(question["symbol"]), Period.parse(question["period"])
