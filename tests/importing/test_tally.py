"""What was met while reading, counted."""

from klagg_tui.engine.precision import Precision
from klagg_tui.importing.tally import SHOWN_BAD, Tally


def test_all_bad_rows_are_counted_and_the_first_are_shown() -> None:
    tally = Tally()
    for at in range(10):
        tally.reject(f"a.csv, line {at}", "unreadable")
    assert tally.bad == 10
    assert tally.first_bad == [f"a.csv, line {at}: unreadable" for at in range(SHOWN_BAD)]


def test_decimals_only_ever_widen_each_symbols_by_itself() -> None:
    tally = Tally()
    for symbol, price, quantity in (("A", "1.50", "2"), ("A", "100", "0.125"), ("A", "1.50", "2"), ("B", "7", "7")):
        tally.widen(symbol, price, quantity)
    assert tally.precisions == {"A": Precision(2, 3), "B": Precision(0, 0)}
