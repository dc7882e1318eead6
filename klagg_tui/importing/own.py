"""Bars as klagg exports them to CSV, with more than the exchange's columns: whose each is, how sure, and who vouches for it.

A bar is never taken for surer than its row says: without a state it is confirmed where a witness is named, and partial
otherwise; one that was forming then is partial; one that is confirmed and names no witness rests on the exchange's bar alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile, BadFrame, BadPeriod, BadRow
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.binance.archive import DECIMALS, MARKETS, Market, read_kline
from klagg_tui.importing.bars import period_of
from klagg_tui.importing.layout import BAR, PERIOD, STATE, SYMBOL, VENUE, WITNESS, Layout, OwnRow, layout_of, row_of
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally
from klagg_tui.importing.units import fault_of_stored
from klagg_tui.texts import is_printable

_STATES: Final = {state.label: state for state in State}
_WITNESSES: Final = {"ids": Evidence.ALL.value, "candle": Evidence.CANDLE_ONLY.value}


class OwnBarReader:
    """Reads the rows of such a file.

    Args:
        layout: its columns.
        symbol: of rows that do not say theirs.
        market: whose bars are read; rows that say another one are passed over.
        tally: what is met.
        hint: the period, by the file's name, of rows that do not say theirs.
    """

    def __init__(
        self,
        layout: Layout,
        symbol: str | None,
        market: Market,
        tally: Tally,
        hint: Period | None = None,
    ) -> None:
        self._layout = layout
        self._symbol = symbol
        self._market = market
        self._tally = tally
        self._hint = hint
        self._decimals = DECIMALS if market in MARKETS else PRICE_DECIMALS

    def read(self, block: Block) -> list[Bar]:
        """The bars of some lines.

        Raises:
            BadFile: the rows do not show how long a bar lasts.
        """
        return list(self._bars(block))

    def _bars(self, block: Block) -> Iterator[Bar]:
        usual = None if self._layout.names_symbol else self._period_of(block)
        for at, line in enumerate(block.lines):
            if not line.strip() or (block.is_first(at) and layout_of(line)):
                continue
            try:
                row = row_of(self._layout, line)
                if row.told.get(VENUE, self._market.key) != self._market.key:
                    continue
                yield self._bar(row, usual)
            except (ValueError, BadRow, BadFrame, BadPeriod) as error:
                self._tally.reject(block.where(at), str(error))
            self._tally.rows += 1

    def _period_of(self, block: Block) -> Period:
        first = len(self._layout.before)
        found = period_of([",".join(line.split(",")[first : first + len(BAR)]) for line in block.lines], self._hint)
        if found is None:
            raise BadFile(f"{block.part} does not show how long its bars last.")
        return found

    def _bar(self, row: OwnRow, usual: Period | None) -> Bar:
        told = row.told
        symbol = told.get(SYMBOL, self._symbol) or ""
        if not symbol or not is_printable(symbol):
            raise BadRow("it names no symbol")
        period = Period.parse(told[PERIOD]) if PERIOD in told else usual
        assert period is not None  # told by each row, or by all together
        bar = read_kline(symbol, period, row.bar, _state_of(told), self._decimals)
        if not period.is_on_grid(bar.open_ms) and period is not Period.D3:
            raise BadRow(f"no {period} bar opens at {bar.open_ms}")
        if fault := fault_of_stored(bar, self._market.key):
            raise BadRow(fault)
        self._tally.widen(symbol, row.bar[4], row.bar[5])
        return bar._replace(evidence=bar.evidence | _vouched(bar, told))


def _state_of(told: dict[str, str]) -> State:
    if STATE in told:
        state = _STATES.get(told[STATE])
        if state is None:
            raise BadRow(f"there is no state {told[STATE][:40]!r}")
        return State.PARTIAL if state is State.FORMING else state
    return State.CONFIRMED if told.get(WITNESS) else State.PARTIAL


def _vouched(bar: Bar, told: dict[str, str]) -> int:
    """Bits on who vouches for the bar."""
    if bar.state is not State.CONFIRMED:
        return Evidence.ALL.value
    witness = told.get(WITNESS, "")
    if witness and witness not in _WITNESSES:
        raise BadRow(f"there is no witness {witness[:40]!r}")
    return _WITNESSES.get(witness, Evidence.CANDLE_ONLY.value)
