"""An exchange's answers under the names that symbols have here: with its key before them where several are watched."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.derivatives import ContractQuote
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.exchange.limits import RequestUse
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.exchange.venue import Clock, MarketData, Priority, StreamCodec
from klagg_tui.names import Name, parted


class Naming:
    """The way between the exchange's own names and those of the engine, the store and the screen."""

    def __init__(self, key: str) -> None:
        """`key`: the venue's; empty where names are bare."""
        self.key = key

    def name(self, symbol: str) -> str:
        """What the exchange's symbol is called here."""
        return str(Name(self.key, symbol))

    def symbol(self, name: str) -> str:
        """What the exchange calls it."""
        return parted(name).symbol if self.key else name


class KeyedMarketData:
    """`MarketData` that is asked for names with the exchange's key, and answers with them."""

    def __init__(self, market_data: MarketData, naming: Naming) -> None:
        self._market_data = market_data
        self._naming = naming

    async def __aenter__(self) -> Self:
        await self._market_data.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._market_data.__aexit__(kind, error, trace)

    @property
    def clock(self) -> Clock:
        """See `MarketData`, as for all the others."""
        return self._market_data.clock

    @property
    def codec(self) -> StreamCodec:
        """The language of the streams, which knows the exchange's own names."""
        return self._market_data.codec

    def now_ms(self) -> int:
        """The exchange's time now."""
        return self._market_data.now_ms()

    def error_ms(self) -> float:
        """By how much that may be off."""
        return self._market_data.error_ms()

    def use(self) -> RequestUse:
        """How much was asked."""
        return self._market_data.use()

    async def sync(self) -> None:
        """Ask the exchange for its time."""
        await self._market_data.sync()

    async def instruments(self) -> Instruments:
        """Everything that the exchange lists."""
        listed, name = await self._market_data.instruments(), self._naming.name
        return listed._replace(
            instruments=tuple(one._replace(symbol=name(one.symbol)) for one in listed.instruments),
            unread=listed.unread._replace(symbols=frozenset(map(name, listed.unread.symbols))),
        )

    async def tickers(self, priority: Priority) -> dict[str, Ticker24h]:
        """The last 24 hours of every symbol."""
        found = await self._market_data.tickers(priority)
        return {self._naming.name(symbol): ticker for symbol, ticker in found.items()}

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
        """The exchange's own bars."""
        own = self._naming.symbol(symbol)
        rows = await self._market_data.bars(own, period, start_ms, end_ms, limit=limit, priority=priority, fills=fills)
        return [bar._replace(symbol=symbol) for bar in rows]

    async def trades(
        self, symbol: str, from_id: int, *, since_ms: int = 0, limit: int, priority: Priority
    ) -> list[AggTrade]:
        """Trades from an id on; they keep the exchange's own name, as those of the stream do."""
        own = self._naming.symbol(symbol)
        return await self._market_data.trades(own, from_id, since_ms=since_ms, limit=limit, priority=priority)

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        """The newest trades; they keep the exchange's own name too."""
        return await self._market_data.recent_trades(self._naming.symbol(symbol), priority=priority)

    async def quotes(self, symbols: Sequence[str], *, priority: Priority) -> list[ContractQuote]:
        """What is to be asked of contracts beside their trades."""
        found = await self._market_data.quotes([self._naming.symbol(name) for name in symbols], priority=priority)
        return [quote._replace(symbol=self._naming.name(quote.symbol)) for quote in found]
