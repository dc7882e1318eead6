"""What a window reads of history: from the database itself where that is on this machine, else through the recorder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from klagg_tui.attach import codec
from klagg_tui.attach.codec import Json
from klagg_tui.attach.columns import columns_in
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period, chain
from klagg_tui.errors import ExportError, Unattached
from klagg_tui.feed import Archive, FeedUpdate, InstrumentFacts
from klagg_tui.runtime import questions
from klagg_tui.runtime.startup import stored_bars, stored_closes, stored_instruments, told_lately
from klagg_tui.storage.store import Store

if TYPE_CHECKING:  # as in `feed`
    from klagg_tui.exporting.exporter import Estimate, Exported, OnProgress, ShouldStop
    from klagg_tui.exporting.format import Format
    from klagg_tui.exporting.selection import Selection


class Asks(Protocol):
    """Who is asked what only the recorder knows."""

    async def ask(self, what: str, **asked: Json) -> Json:
        """See `Link.ask`."""
        ...


class History(Archive, Protocol):
    """And what a window shows at first; `known`: what is known of symbols."""

    async def stored_bars(self, periods: tuple[Period, ...]) -> FeedUpdate:
        """The newest stored bar of every symbol and period."""
        ...

    async def closes(
        self, period: Period, symbols: Collection[str] | None, known: Mapping[str, InstrumentFacts]
    ) -> FeedUpdate:
        """The last closed bars of a period, of some symbols or all; all that has ended is among them."""
        ...

    def recalled(self, now_ms: int) -> AsyncIterator[list[DerivativeMinute]]:
        """What was told of contracts lately, see `told_lately`; or the recorder sends it by itself."""
        ...


class OnDisk:
    """From the database, which this process only reads. Without a recorder: what is stored."""

    def __init__(self, database: Path, markets: Sequence[str], recorder: Asks) -> None:
        self._database = database
        self._markets = markets
        self._recorder = recorder

    async def stored_bars(self, periods: tuple[Period, ...]) -> FeedUpdate:
        """See `History`."""

        async def read(store: Store) -> FeedUpdate:
            return await stored_bars(store, chain(periods), await stored_instruments(store))

        return await questions.ask_aside(self._database, self._markets, read)

    async def closes(
        self, period: Period, symbols: Collection[str] | None, known: Mapping[str, InstrumentFacts]
    ) -> FeedUpdate:
        """See `History`."""
        await self._flush()
        return await questions.ask_aside(
            self._database, self._markets, lambda store: stored_closes(store, period, known, symbols)
        )

    async def recalled(self, now_ms: int) -> AsyncIterator[list[DerivativeMinute]]:
        """See `History`."""
        await self._flush()
        async with await Store.open(self._database, read_only=True, markets=self._markets) as store:
            async for minutes in told_lately(store, now_ms):
                yield minutes

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        """See `History`."""
        waiting: tuple[Bar, ...] = ()
        with suppress(Unattached):
            waiting = codec.bars_in(await self._recorder.ask("unwritten", symbol=symbol, period=str(period)))
        held = {bar.open_ms: bar for bar in waiting}
        return await questions.ask_aside(
            self._database,
            self._markets,
            lambda store: questions.bars_before(store, held, symbol, period, before_ms, count),
        )

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        """See `History`."""
        await self._flush()
        return await questions.ask_aside(
            self._database,
            self._markets,
            lambda store: questions.columns(store, symbols, period, from_ms, to_ms, fields),
        )

    async def derivatives(self, symbol: str, edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        """See `History`."""
        now: tuple[DerivativeMinute, ...] = ()
        with suppress(Unattached):
            now = codec.minutes_in(await self._recorder.ask("told now", symbol=symbol))
        stored = await questions.ask_aside(
            self._database, self._markets, lambda store: store.derivatives_at(symbol, edges_ms)
        )
        return (*stored, *now)

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        """See `History`."""
        from klagg_tui.exporting.exporter import estimate

        return await questions.ask_aside(self._database, self._markets, lambda store: estimate(store, selection, form))

    async def export(
        self,
        selection: Selection,
        target: Path,
        form: Format,
        *,
        is_split: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Exported:
        """See `History`."""
        from klagg_tui.exporting.exporter import export

        return await questions.ask_aside(
            self._database,
            self._markets,
            lambda store: export(
                store, selection, target, form, is_split=is_split, on_progress=on_progress, should_stop=should_stop
            ),
        )

    async def _flush(self) -> None:
        """Have what has ended written; who has ended wrote it, or never will."""
        with suppress(Unattached):
            await self._recorder.ask("flush")


class OverLink:
    """From a recorder on another machine."""

    def __init__(self, recorder: Asks) -> None:
        self._recorder = recorder

    async def stored_bars(self, periods: tuple[Period, ...]) -> FeedUpdate:
        """See `History`; of the periods that are recorded."""
        del periods
        return codec.update_in(await self._recorder.ask("bars"))

    async def closes(
        self, period: Period, symbols: Collection[str] | None, known: Mapping[str, InstrumentFacts]
    ) -> FeedUpdate:
        """See `History`."""
        chosen = list(known if symbols is None else symbols)
        parts: list[list[str] | None] = [chosen[at : at + _AT_ONCE] for at in range(0, len(chosen), _AT_ONCE)]
        found = [
            codec.update_in(await self._recorder.ask("closes", period=str(period), symbols=part))
            for part in parts or [None]  # None: of all that are stored
        ]
        return FeedUpdate(
            Changes(ended=tuple(bar for part in found for bar in part.changes.ended)),
            tuple(symbol for part in found for symbol in part.symbols_added),
            instruments={symbol: facts for part in found for symbol, facts in part.instruments.items()},
        )

    async def recalled(self, now_ms: int) -> AsyncIterator[list[DerivativeMinute]]:
        """See `History`: it comes between other things."""
        del now_ms
        await self._recorder.ask("recall")
        pages: tuple[list[DerivativeMinute], ...] = ()
        for page in pages:
            yield page

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        """See `History`."""
        asked = {"symbol": symbol, "period": str(period), "before": before_ms, "count": count}
        return codec.bars_in(await self._recorder.ask("history", **asked))

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        """See `History`."""
        asked = {"symbols": list(symbols), "period": str(period), "from": from_ms, "to": to_ms, "fields": list(fields)}
        return columns_in(await self._recorder.ask("columns", **asked))

    async def derivatives(self, symbol: str, edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        """See `History`."""
        now = codec.minutes_in(await self._recorder.ask("told now", symbol=symbol))
        stored = codec.minutes_in(await self._recorder.ask("told", symbol=symbol, edges=list(edges_ms)))
        return (*stored, *now)

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        """See `History`."""
        del selection, form
        raise ExportError(_ELSEWHERE)

    async def export(
        self,
        selection: Selection,
        target: Path,
        form: Format,
        *,
        is_split: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Exported:
        """See `History`."""
        del selection, target, form, is_split, on_progress, should_stop
        raise ExportError(_ELSEWHERE)


_AT_ONCE: Final = 100
"""Symbols in one question: what changes meanwhile has its turn between two answers."""
_ELSEWHERE: Final = "The database is on another machine: run `klagg export` there."
