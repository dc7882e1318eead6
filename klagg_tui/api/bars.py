"""A bar as scripts get it: exact decimals, times with their zone, names of columns as in every file and answer of klagg's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from klagg_tui.api.moments import milliseconds, moment_of
from klagg_tui.engine import bar as engine_bar
from klagg_tui.engine.bar import State
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exporting.renamed import warn_renamed


class Bar(NamedTuple):
    """One bar; sums of quote volume are in the quote coin."""

    symbol: str
    """As the exchange calls it."""
    period: str
    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal | None
    # Every tuple has a method of that name, which nobody calls on a bar; in the exchange's files this is the number of trades.
    count: int | None  # type: ignore[assignment]
    taker_buy_volume: Decimal | None
    taker_buy_quote_volume: Decimal | None
    """These four are None where they are unknown: the bars of some exchanges do not have them."""
    state: State
    """FORMING, PARTIAL (trades are missing), CLOSED or CONFIRMED (equal to the exchange's own)."""
    venue: str | None = None
    """Key of the exchange, as `klagg --venue` takes it; None where nobody said whose bars these are."""
    witness: str | None = None
    """Who vouches for a CONFIRMED bar: `ids`, where all its trades were seen, or `candle`, the exchange's bar alone, which has
    not all fields; None for all others."""

    @property
    def close_time(self) -> datetime:
        """Its last millisecond, as the exchange counts."""
        end_ms = Period.parse(self.period).end_ms(milliseconds(self.open_time))
        return moment_of(end_ms - 1)

    @property
    def turnover(self) -> Decimal | None:
        """What `quote_volume` was called."""
        warn_renamed("turnover", "quote_volume")
        return self.quote_volume

    @property
    def trade_count(self) -> int | None:
        """What `count` was called."""
        warn_renamed("trade_count", "count")
        return self.count

    @property
    def taker_buy_turnover(self) -> Decimal | None:
        """What `taker_buy_quote_volume` was called."""
        warn_renamed("taker_buy_turnover", "taker_buy_quote_volume")
        return self.taker_buy_quote_volume


BAR_COLUMNS: Final = Bar._fields
"""What the values of a row are."""
STATE: Final = BAR_COLUMNS.index("state")
_OLD_NAMES: Final = {
    "quote_volume": "turnover",
    "count": "trade_count",
    "taker_buy_quote_volume": "taker_buy_turnover",
}
OLD_COLUMNS: Final = tuple(_OLD_NAMES.get(name, name) for name in BAR_COLUMNS)
"""The same by the names that were used before December 2026."""


def public_bar(bar: engine_bar.Bar, venue: str | None) -> Bar:
    """A stored bar; `venue`: key of the exchange, None where nobody said it."""
    lacks = bar.evidence
    return Bar(
        bar.symbol,
        str(bar.period),
        moment_of(bar.open_ms),
        price_as_decimal(bar.open),
        price_as_decimal(bar.high),
        price_as_decimal(bar.low),
        price_as_decimal(bar.close),
        quantity_as_decimal(bar.volume),
        None if lacks & Evidence.NO_TURNOVER else turnover_as_decimal(bar.turnover),
        None if lacks & Evidence.NO_COUNT else bar.trade_count,
        None if lacks & Evidence.NO_TAKER_VOLUME else quantity_as_decimal(bar.taker_buy_volume),
        None if lacks & Evidence.NO_TAKER_TURNOVER else turnover_as_decimal(bar.taker_buy_turnover),
        bar.state,
        venue,
        Evidence(lacks).witness if bar.state is State.CONFIRMED else None,
    )
