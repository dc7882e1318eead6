"""Bars as rows: exact both ways, whatever the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.storage.rows import Decimals, Packer, bars, decimals_of
from tests.makers import START, SYMBOL, bar

_PRICES = st.one_of(st.integers(0, 10**6), st.integers(0, 10**25), st.integers(0, 10**6).map(lambda n: n * 10**12))
_QUANTITIES = st.one_of(st.integers(0, 10**6), st.integers(0, 10**21), st.integers(0, 10**6).map(lambda n: n * 10**8))
_TURNOVERS = st.one_of(st.integers(0, 10**44), st.integers(0, 10**9).map(lambda n: n * 10**20))
_BARS = st.builds(
    Bar,
    st.just(SYMBOL),
    st.sampled_from(Period),
    st.integers(0, 10**8).map(lambda minute: minute * 60_000),
    _PRICES,
    _PRICES,
    _PRICES,
    _PRICES,
    _QUANTITIES,
    _TURNOVERS,
    st.integers(0, 10**12),
    _QUANTITIES,
    _TURNOVERS,
    st.sampled_from(State),
    st.integers(0, 31),
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
    given_bar = bar(open="1", volume="1")._replace(turnover=int(text) * parsing.turnover("1"))
    row = Packer().row(1, given_bar)
    assert row[10] == (int(text) if text.endswith("7") else text)
    assert bars([row], {1: SYMBOL}) == [given_bar]


_ROWS_OF_OLD = {
    2 | 3 << 4 | 5 << 8: (6_180_030, 6_190_000, 6_170_025, 6_180_000, 12_345, 76_292_100_001, 7, 1_500, 9_270_045_000),
    8 | 8 << 4 | 16 << 8 | 1 << 13: (
        6_180_030_000_000, 6_190_000_000_000, 6_170_025_000_000, 6_180_000_000_000, 1_234_500_000, "7629210000100000000000",
        7, 150_000_000, "927004500000000000000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("scale", _ROWS_OF_OLD, ids=["as short as can be", "of eight and sixteen decimals"])
def test_a_row_written_when_prices_had_eight_decimals_says_what_it_said(scale: int) -> None:
    wanted = bar(
        START, "61800.3", "61900", "61700.25", "61800", "12.345", turnover_text="762921.00001", trade_count=7,
        taker_buy_volume="1.5", taker_buy_turnover="92700.45",
    )  # fmt: skip
    head = 1, Period.M1.ordinal, START // 60_000, wanted.state.value
    assert bars([(*head, scale, *_ROWS_OF_OLD[scale])], {1: SYMBOL}) == [wanted]


def test_a_price_of_twelve_decimals_is_stored_with_them() -> None:
    given_bar = bar(START, "0.000000000123", volume="0.00000001", turnover_text="0.00000000000000000123")
    row = Packer().row(1, given_bar)
    assert decimals_of(row[4]) == Decimals(price=12, quantity=8, turnover=20)
    assert row[5:7] + row[9:11] == (123, 123, 1, 123)
    assert bars([row], {1: SYMBOL}) == [given_bar]


@pytest.mark.parametrize("scale", [13, 9 << 4, 21 << 8])
def test_a_scale_of_more_decimals_than_numbers_have_is_no_row(scale: int) -> None:
    row = (1, 0, START // 60_000, State.CLOSED.value, scale, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    with pytest.raises(IndexError):
        bars([row], {1: SYMBOL})


@pytest.mark.parametrize("damage", ["much", b"much", None], ids=repr)
@pytest.mark.parametrize("place", [5, 6, 7, 8, 9, 10, 12, 13])
def test_a_text_in_a_damaged_row_is_refused_before_it_is_multiplied(place: int, damage: object) -> None:
    row = list(Packer().row(1, bar()))
    row[place] = damage
    with pytest.raises(TypeError):
        bars([tuple(row)], {1: SYMBOL})


def test_a_damaged_row_with_a_negative_sum_can_be_read_to_be_found() -> None:
    row = list(Packer().row(1, bar(volume="3")))
    row[9] = -3
    assert bars([tuple(row)], {1: SYMBOL})[0].volume == -parsing.quantity("3")


def test_a_scale_says_how_many_decimals_there_are_unless_a_mantissa_is_a_text() -> None:
    (scale,) = {row[4] for row in [Packer().row(1, bar(open="1.25", volume="2.125"))]}
    assert decimals_of(scale) == Decimals(price=2, quantity=3, turnover=5)
    assert decimals_of(Packer().row(1, bar(volume="1000000000000.00000001"))[4]) is None


def test_a_count_beyond_63_bits_is_refused_since_its_column_would_make_a_float_of_a_text() -> None:
    assert Packer().row(1, bar(trade_count=2**63 - 1))[11] == 2**63 - 1
    with pytest.raises(StorageError, match="more than there can be"):
        Packer().row(1, bar(trade_count=2**63))
