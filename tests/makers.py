"""Makers of trades and bars, so that a test writes down only what it is about. Prices and quantities are texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, BarKey, SeriesKey, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.engine.readers import Reader
from klagg_tui.engine.spans import Span
from tests.oracle import Candle, Deal

SYMBOL = "BTCUSDT"
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_723_075_200_000
"""2024-08-08 00:00:00 UTC, a Thursday: no week and no month opens there."""


def trade(
    aggregate_id: int = 1,
    at_ms: int = START,
    price: str = "100",
    quantity: str = "1",
    *,
    symbol: str = SYMBOL,
    buyer_maker: bool = False,
    fills: int = 1,
    first_trade_id: int | None = None,
) -> AggTrade:
    """One trade; its fills have ids of their own, ten for each aggregate id unless told."""
    first = aggregate_id * 10 if first_trade_id is None else first_trade_id
    return AggTrade(symbol, price, quantity, at_ms, buyer_maker, aggregate_id, first, first + fills - 1, at_ms)


def trades(times_ms: Iterable[int], first_id: int = 1, *, symbol: str = SYMBOL) -> list[AggTrade]:
    """Trades with consecutive ids at those times, each at another price and of another size, sides alternating."""
    return [
        trade(
            first_id + place,
            at_ms,
            f"{100 + (first_id + place) * 7 % 13}.{(first_id + place) % 10}",
            f"{1 + (first_id + place) % 5}.00{(first_id + place) % 10}",
            symbol=symbol,
            buyer_maker=(first_id + place) % 2 == 0,
            fills=1 + (first_id + place) % 3,
        )
        for place, at_ms in enumerate(times_ms)
    ]


def bar(
    open_ms: int = START,
    open: str = "100",  # noqa: A002 - the field's name
    high: str | None = None,
    low: str | None = None,
    close: str | None = None,
    volume: str = "1",
    *,
    symbol: str = SYMBOL,
    period: Period = Period.M1,
    turnover_text: str | None = None,
    trade_count: int = 1,
    taker_buy_volume: str = "0",
    taker_buy_turnover: str = "0",
    state: State = State.CLOSED,
) -> Bar:
    """One bar; prices that are not told are the open's, the turnover is volume x close."""
    close = open if close is None else close
    paid = parsing.quantity(volume) * parsing.price(close) if turnover_text is None else parsing.turnover(turnover_text)
    return Bar(
        symbol,
        period,
        open_ms,
        parsing.price(open),
        parsing.price(high or max(open, close, key=parsing.price)),
        parsing.price(low or min(open, close, key=parsing.price)),
        parsing.price(close),
        parsing.quantity(volume),
        paid,
        trade_count,
        parsing.quantity(taker_buy_volume),
        parsing.turnover(taker_buy_turnover),
        state,
    )


def bars(count: int, first_ms: int = START, *, symbol: str = SYMBOL, period: Period = Period.M1) -> list[Bar]:
    """Bars in a row, each with other prices."""
    made = []
    for place in range(count):
        price = 100 + place * 7 % 13
        made.append(
            bar(
                first_ms,
                f"{price}.1",
                f"{price + 2}.25",
                f"{price - 1}.5",
                f"{price + 1}",
                f"{1 + place % 4}.5",
                symbol=symbol,
                period=period,
                trade_count=3 + place,
            )
        )
        first_ms = made[-1].end_ms
    return made


def engine(
    *events: object,
    periods: Sequence[Period] = (Period.M1,),
    holds_gaps: bool = False,
    symbol: str = SYMBOL,
    first_open_ms: int = 0,
    held_minutes: int = 64,
) -> KlineEngine:
    """An engine that follows one symbol and has handled `events`."""
    made = KlineEngine(tuple(periods), holds_gaps=holds_gaps, held_minutes=held_minutes)
    made.handle(AddSymbol(symbol, first_open_ms))
    for event in events:
        made.handle(event)  # type: ignore[arg-type]
    return made


def snapshot(engine: KlineEngine, periods: Collection[Period] | None = None) -> tuple[Bar, ...]:
    """The current bars of every symbol in the engine's order, short periods first: what a new reader is given."""
    reader = engine.reader()
    current = engine.drain(reader, periods).current
    engine.forget(reader)
    return tuple(sorted(current, key=lambda bar: engine.symbols().index(bar.symbol)))


def current_bars(engine: KlineEngine, symbol: str = SYMBOL) -> dict[Period, Bar]:
    """The current bars of one symbol."""
    return {bar.period: bar for bar in snapshot(engine) if bar.symbol == symbol}


class Seen:
    """All a reader was ever given, each bar in its newest state: what a store would hold."""

    def __init__(self, engine: KlineEngine) -> None:
        self._engine = engine
        self._reader: Reader = engine.reader()
        self.ended: dict[BarKey, Bar] = {}
        self.forming: dict[SeriesKey, Bar] = {}
        self.spans: dict[tuple[str, int], Span] = {}
        """By symbol and first id."""

    def look(self) -> Changes:
        """Take what changed."""
        drained = self._engine.drain(self._reader)
        self.ended.update({bar.key: bar for bar in drained.ended})
        self.forming.update({bar.series: bar for bar in drained.current})
        self.spans.update({span[:2]: span for span in drained.spans})
        return drained

    @property
    def forming_bars(self) -> dict[BarKey, Bar]:
        """Current bars, by open time too."""
        return {bar.key: bar for bar in self.forming.values()}

    @property
    def bars(self) -> dict[BarKey, Bar]:
        """Ended and current bars together."""
        return {**self.ended, **self.forming_bars}


def candle(bar: Bar) -> Candle:
    """A bar's values in the oracle's words."""
    return Candle(
        price_as_decimal(bar.open),
        price_as_decimal(bar.high),
        price_as_decimal(bar.low),
        price_as_decimal(bar.close),
        quantity_as_decimal(bar.volume),
        turnover_as_decimal(bar.turnover),
        bar.trade_count,
        quantity_as_decimal(bar.taker_buy_volume),
        turnover_as_decimal(bar.taker_buy_turnover),
    )


def from_deal(deal: Deal, symbol: str = SYMBOL) -> AggTrade:
    """The oracle's trade as the engine's."""
    return AggTrade(
        symbol,
        deal.price,
        deal.quantity,
        deal.traded_ms,
        deal.is_buyer_maker,
        deal.aggregate_id,
        deal.first_trade_id,
        deal.last_trade_id,
        deal.traded_ms,
    )
