"""Those who make bars of the same trades: klagg's engine, and the parts of other libraries that are for this.

Each takes decoded strings, builds whatever its own trades are, and keeps seven periods of each symbol. `bars` tells the
ended bars with all that a comparison needs. A contestant whose library is not there raises `ImportError` on its making.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Protocol, TypeAlias

from bench.made_trades import FIRST_MS, Told
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period

Key: TypeAlias = tuple[str, Period, int]
Values: TypeAlias = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]
"""Open, high, low, close, volume: all that every contestant tells."""


class Contestant(Protocol):
    """One way from decoded strings to bars."""

    name: str

    def prepare(self, trades: Sequence[Told]) -> None:
        """Look at trades to come, for what must be known beforehand; not timed."""
        ...

    def take(self, trades: Sequence[Told]) -> None:
        """Make bars of the next trades; timed."""
        ...

    def finish(self) -> None:
        """The end of a round of trades; timed."""
        ...

    def bars(self) -> dict[Key, Values]:
        """The ended bars so far."""
        ...


class Klagg:
    """The engine as it runs: every minute ends by the clock and is drained for a store."""

    name = "klagg"

    def __init__(self, symbols: Sequence[str]) -> None:
        self._engine = KlineEngine(DEFAULT_PERIODS, holds_gaps=False)
        for symbol in symbols:
            self._engine.handle(AddSymbol(symbol, FIRST_MS))
        self._reader = self._engine.reader()
        self._end_ms = FIRST_MS + MINUTE_MS
        self._ended: list[Bar] = []

    def prepare(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""

    def finish(self) -> None:
        """See `Contestant`."""

    def take(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""
        while trades and trades[-1][3] >= self._end_ms:
            within = next(place for place, trade in enumerate(trades) if trade[3] >= self._end_ms)
            self._engine.take(trades[:within])
            trades = trades[within:]
            self._end_minutes(trades[0][3])
        self._engine.take(trades)

    def _end_minutes(self, now_ms: int) -> None:
        self._engine.tick(now_ms)
        self._end_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS
        self._ended += self._engine.drain(self._reader).ended

    @property
    def ended(self) -> dict[Key, Bar]:
        """The ended bars in full."""
        return {(bar.symbol, bar.period, bar.open_ms): bar for bar in self._ended}

    def bars(self) -> dict[Key, Values]:
        """See `Contestant`."""
        return {
            key: (*map(exact.price_as_decimal, bar[3:7]), exact.quantity_as_decimal(bar.volume))  # type: ignore[misc]
            for key, bar in self.ended.items()
            if bar.state is not State.FORMING
        }


class Nautilus:
    """nautilus_trader: a time-bar aggregator for each symbol and period, on one clock that is set once a minute."""

    name = "nautilus_trader"

    def __init__(self, symbols: Sequence[str]) -> None:
        from nautilus_trader.common.component import TestClock
        from nautilus_trader.model.enums import AggressorSide
        from nautilus_trader.model.identifiers import TradeId
        from nautilus_trader.model.objects import Price, Quantity

        self._made = SimpleNamespace(
            price=Price.from_str,
            size=Quantity.from_str,
            id=TradeId,
            buyer=AggressorSide.BUYER,
            seller=AggressorSide.SELLER,
        )
        self._symbols = symbols
        self._clock = TestClock()
        self._clock.set_time(FIRST_MS * 1_000_000)
        self._rows: dict[str, Any] = {}
        self._end_ms = FIRST_MS + MINUTE_MS
        self._told: list[Any] = []

    def finish(self) -> None:
        """See `Contestant`."""

    def prepare(self, trades: Sequence[Told]) -> None:
        """Instruments fix how many decimals a symbol has, so they are made when its first trade is seen."""
        for symbol, price, quantity, *_ in trades:
            if symbol not in self._rows:
                self._rows[symbol] = self._aggregators(symbol, price, quantity)

    def _aggregators(self, symbol: str, price: str, quantity: str) -> Any:
        from nautilus_trader.data.aggregation import TimeBarAggregator
        from nautilus_trader.model.data import BarType

        instrument = _instrument(symbol, price, quantity)
        made = [
            TimeBarAggregator(
                instrument,
                BarType.from_str(f"{instrument.id}-{_nautilus_spec(period)}-LAST-INTERNAL"),
                self._told.append,
                self._clock,
                interval_type="right-open",
                timestamp_on_close=False,
            ).handle_trade_tick
            for period in DEFAULT_PERIODS
        ]
        return instrument.id, made

    def take(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""
        from nautilus_trader.model.data import TradeTick

        make_price, make_size, make_id = self._made.price, self._made.size, self._made.id
        buyer, seller, rows = self._made.buyer, self._made.seller, self._rows
        for symbol, price, quantity, traded_ms, is_maker, aggregate_id, _, _, _ in trades:
            if traded_ms >= self._end_ms:
                self._end_minutes(traded_ms)
            instrument_id, aggregators = rows[symbol]
            at_ns = traded_ms * 1_000_000
            tick = TradeTick(
                instrument_id,
                make_price(price),
                make_size(quantity),
                seller if is_maker else buyer,
                make_id(str(aggregate_id)),
                at_ns,
                at_ns,
            )
            for aggregate in aggregators:
                aggregate(tick)

    def _end_minutes(self, now_ms: int) -> None:
        self._end_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS
        for handler in self._clock.advance_time((now_ms - now_ms % MINUTE_MS) * 1_000_000):
            handler.handle()

    def bars(self) -> dict[Key, Values]:
        """See `Contestant`."""
        periods = {_nautilus_spec(period): period for period in DEFAULT_PERIODS}
        made: dict[Key, Values] = {}
        for bar in self._told:
            period = periods[str(bar.bar_type.spec).removesuffix("-LAST")]
            key = bar.bar_type.instrument_id.symbol.value, period, bar.ts_event // 1_000_000
            prices = (bar.open, bar.high, bar.low, bar.close)
            made[key] = (*(price.as_decimal() for price in prices), bar.volume.as_decimal())  # type: ignore[assignment]
        return made


def _nautilus_spec(period: Period) -> str:
    unit = {"m": "MINUTE", "h": "HOUR", "d": "DAY", "w": "WEEK"}[str(period)[-1]]
    return f"{str(period)[:-1]}-{unit}"


def _instrument(symbol: str, price: str, quantity: str) -> Any:
    from nautilus_trader.model.currencies import BTC, USDT
    from nautilus_trader.model.identifiers import InstrumentId, Symbol
    from nautilus_trader.model.instruments import CryptoPerpetual
    from nautilus_trader.model.objects import Price, Quantity

    price_decimals, size_decimals = (len(text.partition(".")[2]) for text in (price, quantity))
    return CryptoPerpetual(
        instrument_id=InstrumentId.from_str(f"{symbol}.BINANCE"),
        raw_symbol=Symbol(symbol),
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=price_decimals,
        size_precision=size_decimals,
        price_increment=Price.from_str(f"{10**-price_decimals:.{price_decimals}f}"),
        size_increment=Quantity.from_str(f"{10**-size_decimals:.{size_decimals}f}"),
        ts_event=0,
        ts_init=0,
    )


class Cryptofeed:
    """cryptofeed: an OHLCV callback for each period, all symbols in it.

    It goes by the wall clock, which is set here to each trade's time: the kindest it can be given.
    """

    name = "cryptofeed"

    def __init__(self, symbols: Sequence[str]) -> None:
        from cryptofeed.backends import aggregate
        from cryptofeed.types import Trade

        self._now_s = FIRST_MS / 1000
        aggregate.time = SimpleNamespace(time=lambda: self._now_s)
        self._trade = Trade
        self._made: dict[Key, Values] = {}
        self._windows = []
        for period in DEFAULT_PERIODS:
            window = aggregate.OHLCV(self._handler(period), window=period.nominal_ms // 1000)
            window.last_update = period.open_ms(FIRST_MS) / 1000
            self._windows.append(window)
        self._opens = {period: period.open_ms(FIRST_MS) for period in DEFAULT_PERIODS}

    def prepare(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""

    def finish(self) -> None:
        """See `Contestant`."""

    def _handler(self, period: Period) -> Any:
        async def keep(data: dict[str, dict[str, Decimal]]) -> None:
            open_ms = self._opens[period]
            self._opens[period] = period.open_ms(int(self._now_s * 1000))
            for symbol, row in data.items():
                self._made[symbol, period, open_ms] = (
                    row["open"],
                    row["high"],
                    row["low"],
                    row["close"],
                    row["volume"],
                )

        return keep

    def take(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""
        try:
            self._feed(trades).send(None)
        except StopIteration:
            return

    async def _feed(self, trades: Sequence[Told]) -> None:
        make, windows = self._trade, self._windows
        for symbol, price, quantity, traded_ms, is_maker, aggregate_id, _, _, event_ms in trades:
            self._now_s = traded_ms / 1000
            trade = make(
                "BINANCE_FUTURES",
                symbol,
                "sell" if is_maker else "buy",
                Decimal(quantity),
                Decimal(price),
                self._now_s,
                id=str(aggregate_id),
            )
            for window in windows:
                await window(trade, event_ms / 1000)

    def bars(self) -> dict[Key, Values]:
        """See `Contestant`."""
        return self._made


class Ccxt:
    """ccxt: `build_ohlcvc` over the new trades of a symbol, once for each period; pieces of a bar are put together here.

    It takes lists, so its cost goes by how many trades wait for it. Asked at each message, as its manual shows, its bars
    can be looked at after each trade, like every other contestant's.
    """

    name = "ccxt, each message"

    def __init__(self, symbols: Sequence[str]) -> None:
        import ccxt

        self._exchange = ccxt.Exchange()
        self._periods = [(period, str(period)) for period in DEFAULT_PERIODS]
        self._pieces: list[tuple[str, Period, list[Any]]] = []
        self._made: dict[Key, list[float]] = {}

    def prepare(self, trades: Sequence[Told]) -> None:
        """Put the pieces made so far together; not timed."""
        for symbol, period, rows in self._pieces:
            for open_ms, *values, _ in rows:
                known = self._made.get((symbol, period, open_ms))
                if known is None:
                    self._made[symbol, period, open_ms] = values
                    continue
                high, low, close, volume = values[1:]
                known[1:] = [max(known[1], high), min(known[2], low), close, known[4] + volume]
        self._pieces.clear()

    def take(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""
        for trade in trades:
            self._build(trade[0], [self._read(trade)])

    def finish(self) -> None:
        """See `Contestant`."""

    def _read(self, trade: Told) -> dict[str, Any]:
        symbol, price, quantity, traded_ms, is_maker, aggregate_id, _, _, _ = trade
        return {
            "id": str(aggregate_id),
            "symbol": symbol,
            "timestamp": traded_ms,
            "side": "sell" if is_maker else "buy",
            "price": float(price),
            "amount": float(quantity),
        }

    def _build(self, symbol: str, trades: list[dict[str, Any]]) -> None:
        build = self._exchange.build_ohlcvc
        for period, name in self._periods:
            self._pieces.append((symbol, period, build(trades, name)))

    def bars(self) -> dict[Key, Values]:
        """See `Contestant`."""
        self.prepare(())
        return {key: tuple(Decimal(repr(value)) for value in values) for key, values in self._made.items()}  # type: ignore[misc]


class HalfSecondCcxt(Ccxt):
    """The same, asked twice a second, as somebody would who watches."""

    name = "ccxt, twice a second"

    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(symbols)
        self._by_symbol: dict[str, list[dict[str, Any]]] = {}

    def take(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""
        self._gather(trades)
        self._build_all()

    def _gather(self, trades: Sequence[Told]) -> None:
        by_symbol = self._by_symbol
        for trade in trades:
            by_symbol.setdefault(trade[0], []).append(self._read(trade))

    def _build_all(self) -> None:
        for symbol, rows in self._by_symbol.items():
            self._build(symbol, rows)
        self._by_symbol = {}


class PatientCcxt(HalfSecondCcxt):
    """The same, asked once a round: the kindest case, in which its bars are most of a minute old."""

    name = "ccxt, once a round"

    def take(self, trades: Sequence[Told]) -> None:
        """See `Contestant`."""
        self._gather(trades)

    def finish(self) -> None:
        """See `Contestant`."""
        self._build_all()


PEERS = (Nautilus, Cryptofeed, Ccxt, HalfSecondCcxt, PatientCcxt)
