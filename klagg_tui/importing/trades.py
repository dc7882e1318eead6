"""Rows of trades as text, read into trades: the exchange's aggregate-trade archives and JSON lines of its events.

A row that cannot be read costs that row. Ten million of them go through `TradeRows.read`, which is why it is plain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import Exact, are_amounts, number, numbers
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import BadRow
from klagg_tui.importing.source import Block

SHOWN_BAD: Final = 3
BY_ID: Final = itemgetter(AggTrade._fields.index("aggregate_id"))
"""Archives are known to hold rows in disorder: their trades are sorted by this, block by block."""
END_OF_TIME_MS: Final = 4_102_444_800_000
"""2100-01-01. Larger times are microseconds, as in the spot archives from 2025 on."""

# "is buyer maker" and, in spot archives, "is best match" behind it: the rest of a row after its time.
_MAKER: Final = {
    f"{maker}{best}": maker.lower() == "true"
    for maker in ("true", "True", "TRUE", "false", "False", "FALSE")
    for best in ("", ",true", ",True", ",TRUE", ",false", ",False", ",FALSE")
}


@dataclass
class Tally:
    """What was met while reading."""

    rows: int = 0
    no_trades: int = 0
    """Records of price 0 and quantity 0: no trades, but their ids are used up."""
    other: int = 0
    """Events that are no aggregate trades."""
    bad: int = 0
    first_bad: list[str] = field(default_factory=list)
    """The first few, each with file, line and reason."""
    grains: dict[str, Precision] = field(default_factory=dict)

    def widen(self, symbol: str, price: str, quantity: str) -> None:
        """Note how many decimals a symbol's values are written with."""
        self.grains[symbol] = self.grains.get(symbol, Precision()).widened(price, quantity)

    def reject(self, where: str, reason: str) -> None:
        """Count a row that cannot be used."""
        self.bad += 1
        if len(self.first_bad) < SHOWN_BAD:
            self.first_bad.append(f"{where}: {reason}")


class TradeRows:
    """Rows `id,price,quantity,first id,last id,time,buyer is maker[,best match]` of one symbol."""

    def __init__(self, symbol: str, tally: Tally) -> None:
        self._symbol = symbol
        self._tally = tally

    def read(self, block: Block) -> list[AggTrade]:
        """The trades of some lines and the records of nothing between them, in their order.

        The first line of a file may be its header. Records of nothing are for the engine to pass over, by their ids.
        """
        trades: list[AggTrade] = []
        bad: list[int] = []
        symbol, take, make, maker_of = self._symbol, trades.append, tuple.__new__, _MAKER
        for at, line in enumerate(block.lines):
            try:
                trade_id, price, quantity, first_id, last_id, time, maker = line.split(",", 6)
                traded_ms = int(time)
                if not 0 <= traded_ms < END_OF_TIME_MS:
                    traded_ms = milliseconds(traded_ms)
                ids = (int(trade_id), int(first_id), int(last_id))
                take(make(AggTrade, (symbol, price, quantity, traded_ms, maker_of[maker], *ids, traded_ms)))
            except (ValueError, KeyError, BadRow):
                bad.append(at)
        if not are_amounts([trade[1] for trade in trades] + [trade[2] for trade in trades]):
            trades = self._sifted(trades, bad, len(block.lines))
        for at in sorted(bad):
            self._spoil(block, at)
        self._tally.rows += len(block.lines)
        self._widen(block)
        return trades

    def _sifted(self, trades: list[AggTrade], bad: list[int], lines: int) -> list[AggTrade]:
        """Count records of nothing, and take out what has no price or quantity otherwise; its line is `bad` too."""
        good = []
        unread = set(bad)
        for at, trade in zip((at for at in range(lines) if at not in unread), trades, strict=True):
            if trade.is_placeholder:
                self._tally.no_trades += 1
            elif not all(numbers(trade[1:3])):
                bad.append(at)
                continue
            good.append(trade)
        return good

    def _spoil(self, block: Block, at: int) -> None:
        line = block.lines[at]
        is_header = block.first_line + at == 1 and is_header_row(line)
        if not line.strip() or is_header:
            self._tally.rows -= 1
        else:
            self._tally.reject(block.where(at), _fault(line))

    def _widen(self, block: Block) -> None:
        """Look at both ends of each block: the exchange writes all rows of a file alike until a tick size changes."""
        for line in (*block.lines[1:3], *block.lines[-2:]):
            fields = line.split(",", 3)
            if len(fields) == 4 and fields[0].isdecimal():
                self._tally.widen(self._symbol, fields[1], fields[2])


def is_header_row(line: str) -> bool:
    """Whether a line names columns."""
    return line[:1].isalpha() and "," in line


def milliseconds(time: int) -> int:
    """A time of the exchange, told from microseconds by its size.

    Raises:
        BadRow: it is no time of either kind.
    """
    if not 0 <= time < END_OF_TIME_MS * 1000:
        raise BadRow(f"{time} is no time")
    return time if time < END_OF_TIME_MS else time // 1000


def refuse_half(price: Exact, quantity: Exact) -> None:
    """Price and quantity may be 0 together, not one of them alone.

    Raises:
        BadRow: one of them is.
    """
    if bool(price) != bool(quantity):
        raise BadRow(f"{'quantity' if price else 'price'} is not positive")


def _fault(line: str) -> str:
    """What is wrong with a row, by taking it apart slowly."""
    fields = line.split(",")
    if len(fields) not in {7, 8}:
        return f"{len(fields)} columns instead of 7 or 8"
    for name, text in zip(("id", "first id", "last id", "time"), (fields[0], *fields[3:6]), strict=True):
        if not text.lstrip("-").isdecimal():
            return f"{text[:40]!r} is no {name}"
    if (maker := ",".join(fields[6:])) not in _MAKER:
        return f"{maker[:40]!r} does not say whether the buyer is the maker"
    try:
        refuse_half(number(fields[1]), number(fields[2]))
        milliseconds(int(fields[5]))
    except (ValueError, BadRow) as error:
        return str(error)
    return "unreadable"
