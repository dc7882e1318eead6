"""The whole market in one line."""

from collections.abc import Sequence

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.breadth import CHANGE, TURNOVER, breadth_of, breadth_pieces
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from klagg_tui.view.screener.figure import FigureCall
from tests.makers import START, bar


class Day:
    """Figures of a day that are what they are told to be."""

    def __init__(self, change: float | None, turnover: float | None) -> None:
        self.told_last: float | None = None
        self._values = {CHANGE: change, TURNOVER: turnover}

    def value(self, call: FigureCall, bars: Sequence[Bar | None]) -> float | None:
        return self._values[call]

    def coverage(self, call: FigureCall, bars: Sequence[Bar | None]) -> float:
        return 1.0

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        return self._values[call], True


def _row(symbol: str, change: float | None, turnover: float | None, base: str = "", quote: str = "") -> Row:
    row = Row(symbol)
    row.take(bar(START, "64250.1", symbol=symbol))
    if base:
        row.learn(InstrumentFacts(base=base, quote=quote))
    row.figures = Day(change, turnover)
    return row


def test_it_counts_who_rises_and_falls_and_adds_up_what_was_paid_in_dollars() -> None:
    rows = [
        _row("A", 1.0, 5.0, "A", "USDT"),
        _row("B", -2.0, 7.0, "B", "USDC"),
        _row("C", 0.0, 100.0, "C", "EUR"),
        _row("D", 3.0, 1.0),
        _row("E", None, None, "E", "USD"),
    ]
    assert breadth_of(rows, 0)[:5] == (2, 1, 1, 13.0, 0.5)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("BTC-USD", 5.0, "BTC", "USD"), ("XBT/USDT", 6.0, "XBT", "USDT"), ("BTC-EUR", 9.0, "BTC", "EUR")], "XBT/USDT"),
        ([("BTCUSDT", 5.0, "", ""), ("BTCDOMUSDT", 9.0, "", "")], "BTCUSDT"),
        ([("BTCSTUSDT", 9.0, "BTCST", "USDT"), ("ETHBTC", 1.0, "ETH", "BTC")], None),
    ],
    ids=["the one that trades most", "by its name before the listing says it", "none"],
)  # fmt: skip
def test_bitcoin_is_found_among_the_markets_against_dollars(
    rows: list[tuple[str, float, str, str]], found: str | None
) -> None:
    btc = breadth_of([_row(symbol, 1.0, turnover, base, quote) for symbol, turnover, base, quote in rows], 0).btc
    assert (btc.symbol if btc else None) == found


def test_the_line_says_it_in_words_and_colours() -> None:
    rows = [
        _row("BTCUSDT", 1.5, 2e9, "BTC", "USDT"),
        _row("B", -3.5, 1e9, "B", "USDT"),
        _row("C", -0.5, 1e6, "C", "USDT"),
    ]
    pieces = breadth_pieces(breadth_of(rows, 0))
    said = "".join(piece.text for piece in pieces)
    assert said == " ▲ 1  ▼ 2  = 0  turnover 24h $3.00B  median -0.50%  BTC 64,250.1 +1.50%"
    assert [piece.role for piece in pieces if "%" in piece.text] == [Role.LOSS, Role.GAIN]


def test_there_is_no_line_before_anything_is_known_and_none_of_bitcoin_without_its_price() -> None:
    assert breadth_pieces(breadth_of([], 0)) == []
    silent = Row("BTCUSDT")
    silent.figures = Day(None, None)
    assert "BTC" not in "".join(piece.text for piece in breadth_pieces(breadth_of([silent, _row("A", 1.0, 1.0)], 0)))
