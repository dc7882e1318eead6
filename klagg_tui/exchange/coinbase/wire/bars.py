"""One candle of a reply: `[time, low, high, open, close, volume]`, JSON numbers, the newest first; and minutes without one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, Check, State, empty_bar
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange import fields
from klagg_tui.exchange.coinbase.facts import DECIMALS, GRANULARITIES, LACKS
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.numerals import decoded_exactly, number_text
from klagg_tui.exchange.reading import bars_of, sound

_KNOWN: Final = (LACKS | Evidence.CANDLE_ONLY).value
_EIGHTH: Final = Decimal("0.00000001")
_FLOAT_ERROR: Final = Decimal("4e-16")
"""Relative: two roundings of a double."""


def read_bars(raw: bytes, symbol: str, period: Period) -> list[Bar]:
    """The exchange's own bars, oldest first, as if all were over. The reply may begin before what was asked for.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """
    rows = fields.sequence(decoded_exactly(raw))
    return bars_of(reversed(rows), lambda row: _bar(symbol, period, fields.sequence(row)), symbol)


def _bar(symbol: str, period: Period, row: list[Json]) -> Bar:
    open_ms = fields.moment(fields.whole(row[0]) * 1000)
    low, high, first, last = (price(number_text(row[i]), DECIMALS) for i in (1, 2, 3, 4))
    volume = _volume(number_text(row[5]))
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, 0, 0, 0, 0, State.CONFIRMED, _KNOWN)
    return sound(bar, Check.PRICES)


def _volume(text: str) -> Exact:
    """The volume; where it went by way of a float (35.910000000000004) the eight decimals that the float stands for."""
    if len(text.partition(".")[2]) > DECIMALS:
        said = Decimal(text)
        meant = said.quantize(_EIGHTH)
        if abs(meant - said) <= said * _FLOAT_ERROR:
            text = f"{meant:f}"
    return quantity(text)


class Window(NamedTuple):
    """The bars that were asked for, by their opens, both included."""

    period: Period
    first_ms: int
    last_ms: int

    @property
    def block(self) -> Period:
        """The next longer bars that there are; themselves where there are none."""
        return next((longer for longer in GRANULARITIES if self.period < longer), self.period)

    @property
    def blocks(self) -> range:
        """When those open that hold these bars."""
        return range(
            self.block.open_ms(self.first_ms),
            self.block.end_ms(self.block.open_ms(self.last_ms)),
            self.block.nominal_ms,
        )

    def is_whole(self, found: Iterable[Bar]) -> bool:
        """Whether each bar of it was found."""
        step_ms = self.period.nominal_ms
        return {bar.open_ms for bar in found}.issuperset(range(self.first_ms, self.last_ms + 1, step_ms))


def filled(
    window: Window, found: Iterable[Bar], blocks: Iterable[Bar], close: Exact | None, until_ms: int
) -> list[Bar]:
    """The bars of a window, flat ones where the exchange has none because nothing was traded.

    That it has none proves little. But where the longer bar around has no more volume than those that there are, nothing is
    missing; otherwise there is no bar.

    Args:
        window: what is wanted.
        found: the exchange's bars in all `blocks` of the window.
        blocks: the exchange's longer ones there; those without trades are missing too.
        close: the price before the first block; None: nothing was traded before, so there are no bars before the first.
        until_ms: no flat bar opens then or later.
    """
    by_open = {bar.open_ms: bar for bar in found}
    by_block = {block.open_ms: block for block in blocks}
    whole: list[Bar] = []
    for block_ms in window.blocks:
        opens = range(block_ms, window.block.end_ms(block_ms), window.period.nominal_ms)
        block = by_block.get(block_ms)
        volume = sum(by_open[open_ms].volume for open_ms in opens if open_ms in by_open)
        is_all = window.block is window.period or volume == (block.volume if block else 0)
        for open_ms in opens:
            bar = by_open.get(open_ms)
            if bar is None and is_all and close is not None and open_ms < until_ms:
                bar = _flat(window.period, open_ms, close)
            if bar is not None:
                close = bar.close
                whole.append(bar)
        close = block.close if block else close
    return [bar for bar in whole if window.first_ms <= bar.open_ms <= window.last_ms]


def _flat(period: Period, open_ms: int, close: Exact) -> Bar:
    """A bar whose sums are known to be 0, on the word of bars around it."""
    return empty_bar("", period, open_ms, close, State.CONFIRMED)._replace(evidence=Evidence.CANDLE_ONLY.value)


def judged(bars: Iterable[Bar], symbol: str, over_ms: int) -> list[Bar]:
    """The bars of a symbol, confirmed where they were over at `over_ms`, else forming: confirmed is for ever."""
    return [
        bar._replace(symbol=symbol, state=State.CONFIRMED if bar.end_ms <= over_ms else State.FORMING) for bar in bars
    ]
