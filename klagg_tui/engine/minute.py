"""The forming minute of one symbol, as trades change it."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import Bar, State, blanked
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.sequence import TradeSequence

_HIGHEST: Final[Exact] = 1 << 256
"""Above every price."""


# A usual trade changes the minute and the run of ids, and `BarGrid.take` is where all trades of the market do so: in one
# object both are found some percent faster than in two or three.
class FormingMinute(TradeSequence):
    """The 1m bar under way, grown by the run of ids that it stands on. Its fields are open to `BarGrid.take`.

    Args:
        contract_value: what one contract of an inverse symbol is worth, in price units; 0 for all others.
    """

    __slots__ = (
        "close",
        "contract_value",
        "end_ms",
        "evidence",
        "high",
        "low",
        "minute_ms",
        "open",
        "state",
        "taker_buy_turnover",
        "taker_buy_volume",
        "taker_sell_turnover",
        "taker_sell_volume",
        "trade_count",
        "until_ms",
    )

    def __init__(self, contract_value: Exact = 0) -> None:
        super().__init__()
        self.contract_value = contract_value
        self.minute_ms = self.end_ms = 0
        """Both 0 before the symbol has a minute."""
        self.until_ms = 0
        """`BarGrid.take` adds trades before it: the end, or 0 where every trade has to go the long way."""
        # Before the minute's first trade `high` is 0, `low` above every price, and `open` says nothing: so that one
        # comparison each is enough for every trade.
        self.open: Exact = 0
        self.high: Exact = 0
        self.low: Exact = _HIGHEST
        self.close: Exact = 0
        """0 before any price is known."""
        self.trade_count = 0
        self.taker_buy_volume: Exact = 0
        self.taker_buy_turnover: Exact = 0
        # Not the bar's own sums: of these a trade changes one pair, of volume and taker_buy_volume it would change both.
        # The turnovers of an inverse symbol are not read: they follow from the volumes.
        self.taker_sell_volume: Exact = 0
        self.taker_sell_turnover: Exact = 0
        self.state = State.PARTIAL
        self.evidence = 0
        """Bits of what is unknown of the minute, because the bar that it goes on from did not know it."""

    @property
    def is_begun(self) -> bool:
        """Whether there is a minute."""
        return self.end_ms > 0

    @property
    def is_traded(self) -> bool:
        """Whether anything was traded in it."""
        return self.taker_buy_volume > 0 or self.taker_sell_volume > 0

    def start_minute(self, minute_ms: int, price: Exact, state: State) -> None:
        """Begin another minute, flat at a price."""
        self.minute_ms = minute_ms
        self.end_ms = minute_ms + MINUTE_MS
        self.close = price
        self.high, self.low = 0, _HIGHEST
        self.trade_count = 0
        self.taker_buy_volume = self.taker_buy_turnover = 0
        self.taker_sell_volume = self.taker_sell_turnover = 0
        self.state = state
        self.evidence = 0

    def load_minute(self, bar: Bar) -> None:
        """Go on from what a bar of this minute holds; the state stays."""
        self.open, self.high, self.low, self.close = bar[3:7]
        if not bar.is_traded:
            self.high, self.low = 0, _HIGHEST
        self.trade_count, self.taker_buy_volume, self.taker_buy_turnover = bar[9:12]
        self.taker_sell_volume = bar.volume - self.taker_buy_volume
        self.taker_sell_turnover = bar.turnover - self.taker_buy_turnover
        self.evidence = bar.evidence

    def as_bar(self, symbol: str, state: State) -> Bar:
        """It as a bar."""
        close = self.close
        opened, high, low = (self.open, self.high, self.low) if self.high else (close, close, close)
        volume, bought = self.taker_buy_volume + self.taker_sell_volume, self.taker_buy_volume
        turnover, paid = self.taker_buy_turnover + self.taker_sell_turnover, self.taker_buy_turnover
        if self.contract_value:
            turnover, paid = volume * self.contract_value, bought * self.contract_value
        # Without the named constructor, which costs more than all the sums of a trade.
        made = tuple.__new__(
            Bar,
            (
                symbol,
                Period.M1,
                self.minute_ms,
                opened,
                high,
                low,
                close,
                volume,
                turnover,
                self.trade_count,
                bought,
                paid,
                state,
                self.evidence,
            ),
        )
        return blanked(made) if self.evidence else made


def with_trade(bar: Bar, trade: AggTrade, contract_value: Exact = 0) -> Bar:
    """The bar and one more trade, which becomes its last; what is unknown of it stays so.

    `contract_value`: see `FormingMinute`.
    """
    price, quantity = trade.amounts()
    turnover = (contract_value or price) * quantity
    bought, paid = (0, 0) if trade.is_buyer_maker else (quantity, turnover)
    is_first = not bar.is_traded
    made = bar._replace(
        open=price if is_first else bar.open,
        high=price if is_first else max(bar.high, price),
        low=price if is_first else min(bar.low, price),
        close=price,
        volume=bar.volume + quantity,
        turnover=bar.turnover + turnover,
        trade_count=bar.trade_count + trade.last_trade_id - trade.first_trade_id + 1,
        taker_buy_volume=bar.taker_buy_volume + bought,
        taker_buy_turnover=bar.taker_buy_turnover + paid,
    )
    return blanked(made) if bar.evidence else made
