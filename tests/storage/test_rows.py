"""Bars as rows: exact both ways, whatever the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.parsing import number, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.storage.rows import Decimals, Packer, bars, decimals_of
from tests.makers import START, SYMBOL, bar

_NUMBERS = st.one_of(st.integers(0, 10**6), st.integers(0, 10**21), st.integers(0, 10**6).map(lambda n: n * 10**8))
_TURNOVERS = st.one_of(st.integers(0, 10**40), st.integers(0, 10**9).map(lambda n: n * 10**16))
_BARS = st.builds(
    Bar,
    st.just(SYMBOL),
    st.sampled_from(Period),
    st.integers(0, 10**8).map(lambda minute: minute * 60_000),
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _TURNOVERS,
    st.integers(0, 10**12),
    _NUMBERS,
    _TURNOVERS,
    st.sampled_from(State),
)


@given(st.lists(_BARS, max_size=8))
def test_what_comes_back_is_what_went_in(given_bars: list[Bar]) -> None:
    packer = Packer()
    assert bars([packer.row(7, each) for each in given_bars], {7: SYMBOL}) == given_bars


@given(st.lists(_BARS, max_size=8))
def test_every_column_fits_sqlite(given_bars: list[Bar]) -> None:
    packer = Packer()
    for each in given_bars:
        assert all(type(value) is str or -(2**63) <= value < 2**63 for value in packer.row(7, each))


def test_a_quantity_of_a_trillion_with_eight_decimals_is_a_text() -> None:
    row = Packer().row(1, bar(volume="1000000000000.00000001", turnover_text="1"))
    assert row[9] == "100000000000000000001"


def test_mantissas_are_as_short_as_the_decimals_allow() -> None:
    row = Packer().row(1, bar(START, "61800.3", volume="0.012", turnover_text="741.6036"))
    assert row[5:7] + row[9:11] == (618_003, 618_003, 12, 7_416_036)


def test_the_widest_decimals_seen_are_kept_for_a_symbol_and_only_for_it() -> None:
    packer = Packer()
    packer.row(1, bar(open="1.05"))
    assert packer.row(1, bar(open="2"))[5] == 200
    assert packer.row(2, bar(open="2"))[5] == 2


@pytest.mark.parametrize("text", ["9223372036854775807", "9223372036854775808"])
def test_the_largest_number_sqlite_holds_and_the_next(text: str) -> None:
    given_bar = bar(open="1", volume="1")._replace(turnover=turnover(text))
    row = Packer().row(1, given_bar)
    assert row[10] == (int(text) if text.endswith("7") else text)
    assert bars([row], {1: SYMBOL}) == [given_bar]


def test_a_damaged_row_with_a_negative_sum_can_be_read_to_be_found() -> None:
    row = list(Packer().row(1, bar(volume="3")))
    row[9] = -3
    assert bars([tuple(row)], {1: SYMBOL})[0].volume == -number("3")


def test_a_scale_says_how_many_decimals_there_are_unless_a_mantissa_is_a_text() -> None:
    (scale,) = {row[4] for row in [Packer().row(1, bar(open="1.25", volume="2.125"))]}
    assert decimals_of(scale) == Decimals(price=2, quantity=3, turnover=5)
    assert decimals_of(Packer().row(1, bar(volume="1000000000000.00000001"))[4]) is None


def test_a_count_beyond_63_bits_is_refused_since_its_column_would_make_a_float_of_a_text() -> None:
    assert Packer().row(1, bar(trade_count=2**63 - 1))[11] == 2**63 - 1
    with pytest.raises(StorageError, match="more than there can be"):
        Packer().row(1, bar(trade_count=2**63))
