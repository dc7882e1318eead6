"""Rows of trade archives."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.precision import Precision
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally
from klagg_tui.importing.trades import TradeReader

HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
GOOD = "7,61800.30,0.205,70,71,1723161256322,false"


def read(lines: Sequence[str], first_line: int = 1) -> tuple[list[AggTrade], Tally]:
    tally = Tally()
    trades = TradeReader("BTCUSDT", tally).read(Block("a.csv", first_line, list(lines), 0))
    return trades, tally


def test_a_row_becomes_a_trade_with_every_digit() -> None:
    (trade,), tally = read([HEADER, GOOD, ""])
    assert trade == AggTrade("BTCUSDT", "61800.30", "0.205", 1_723_161_256_322, False, 7, 70, 71, 1_723_161_256_322)
    assert (tally.rows, tally.bad) == (1, 0)


def test_spot_rows_with_a_further_column_and_microseconds_are_the_same_trade() -> None:
    spot = "7,61800.30000000,0.20500000,70,71,1723161256322999,False,True"
    (theirs,), (ours,) = read([spot])[0], read([GOOD])[0]
    assert theirs.amounts() == ours.amounts()
    assert theirs[3:] == ours[3:]


def test_a_record_of_nothing_is_counted_and_handed_on_for_its_id() -> None:
    trades, tally = read([GOOD, "8,0,0.00,-1,-1,1723161256323,true"])
    assert [(trade.aggregate_id, trade.is_placeholder) for trade in trades] == [(7, False), (8, True)]
    assert (tally.rows, tally.placeholders, tally.bad) == (2, 1, 0)
    assert tally.precisions == {"BTCUSDT": Precision(2, 3)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,61800.30,0.205,70,71,1723161256322", "6 columns instead of 7 or 8"),
        ("7,61800.30,0.205,70,71,1723161256322,false,true,1", "9 columns instead of 7 or 8"),
        ("7,nan,0.205,70,71,1723161256322,false", "'nan' is not a number"),
        ("7,61800.30,0.000,70,71,1723161256322,false", "quantity is not positive"),
        ("7,0,0.205,70,71,1723161256322,false", "price is not positive"),
        ("7,0,0,-1,-1,1723161256322,maybe", "'maybe' does not say"),
        ("7,61800.30,-1,70,71,1723161256322,false", "'-1' is not a number"),
        ("7,61800.30,0.2050000001,70,71,1723161256322,false", "more than 8 decimals"),
        ("7,61800.300000000003,0.205,70,71,1723161256322,false", "more than 8 decimals"),
        ("7,61800.30,0.205,70,71,1723161256322,maybe", "'maybe' does not say"),
        ("7,61800.30,0.205,70,71,yesterday,false", "'yesterday' is no time"),
        ("seven,61800.30,0.205,70,71,1723161256322,false", "'seven' is no id"),
        ("7,61800.30,0.205,70,71,99999999999999999999,false", "is no time"),
        ("7,61800.30,0.205,70,71,-5,false", "-5 is no time"),
        ("-7,61800.30,0.205,70,71,1723161256322,false", "ids -7, 70 and 71 are out of range"),
        ("7,61800.30,0.205,72,71,1723161256322,false", "ids 7, 72 and 71 are out of range or order"),
        ("9223372036854775808,61800.30,0.205,70,71,1723161256322,false", "is no id"),
        ("7" * 5000 + ",61800.30,0.205,70,71,1723161256322,false", "is no id"),
        ("7,61800.30,0.205,70," + "7" * 5000 + ",1723161256322,false", "is no last id"),
        ("7,61800.30,0.205,70,71," + "1" * 5000 + ",false", "is no time"),
        ("7,61800.30,0.205,70,9223372036854775807,1723161256322,false", "out of range"),
        ("7,61800.30,0.205,70,71,1483228799999,false", "is no time"),
        ("7,61800.30,0.205,70,7_1,1723161256322,false", "is no last id"),
        ("7," + "9" * 19 + ",0.205,70,71,1723161256322,false", "larger than any that there is"),
    ],
)
def test_a_bad_row_costs_that_row_and_says_what_is_wrong(row: str, reason: str) -> None:
    trades, tally = read([GOOD, row, GOOD.replace("7,", "8,", 1)])
    assert [trade.aggregate_id for trade in trades] == [7, 8]
    assert (tally.rows, tally.placeholders, tally.bad) == (3, 0, 1)
    assert tally.first_bad[0].startswith("a.csv, line 2: ")
    assert reason in tally.first_bad[0]


def test_only_the_first_line_may_name_columns() -> None:
    assert read([HEADER, GOOD], first_line=5)[1].bad == 1


def test_three_bad_rows_are_shown_and_all_are_counted() -> None:
    tally = read(["x"] * 10)[1]
    assert (tally.bad, len(tally.first_bad)) == (10, 3)


def test_the_decimals_of_the_file_are_kept_with_their_closing_zeros() -> None:
    assert read([HEADER, GOOD])[1].precisions == {"BTCUSDT": Precision(2, 3)}
    assert read([GOOD, "8,1.5,2,80,80,1723161256322,true"])[1].precisions == {"BTCUSDT": Precision(2, 3)}


def test_more_numbers_than_are_remembered_are_all_read() -> None:
    trades, _ = read([f"{at},{at + 1}.5,1,{at},{at},1723161256322,true" for at in range(70_000)])
    assert [trade.price for trade in trades] == [f"{at + 1}.5" for at in range(70_000)]


@given(st.lists(st.text(max_size=60), max_size=20))
def test_no_text_makes_the_reader_fail(lines: list[str]) -> None:
    trades, tally = read(lines)
    assert tally.rows >= len(trades) + tally.bad
