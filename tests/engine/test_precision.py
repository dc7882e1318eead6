"""Decimals that a symbol's numbers are written with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.precision import Precision, least_precision

PRECISIONS = st.builds(Precision, st.integers(0, 12), st.integers(0, 8))


def test_closing_zeros_of_a_text_count_and_decimals_past_the_last_of_its_kind_do_not() -> None:
    assert Precision().widened("61766.20", "7") == Precision(2, 0)
    assert Precision().widened("0.000000000012", "7") == Precision(12, 0)
    assert Precision().widened("0.0000000000000", "7") == Precision(12, 0)
    assert Precision(1, 3).widened("5.", "0.000000000") == Precision(1, 8)


def test_a_turnover_has_the_decimals_of_both_but_eight_at_the_most() -> None:
    assert Precision(2, 3).all() == (2, 3, 5)
    assert Precision(8, 8).turnover == Precision(12, 0).turnover == 8


@given(PRECISIONS, PRECISIONS)
def test_a_union_is_as_wide_as_both_and_no_wider(one: Precision, other: Precision) -> None:
    union = one.union(other)
    assert union == other.union(one) == union.union(one)
    assert set(union) <= {*one, *other}


def test_one_that_is_wide_enough_stays_the_same_object() -> None:
    wide = Precision(2, 3)
    assert wide.widened("1.5", "0.001") is wide


def test_numbers_are_padded_and_never_cut() -> None:
    precision = Precision(2, 1)
    assert precision.price_text(parsing.price("61766.2")) == "61766.20"
    assert precision.quantity_text(parsing.quantity("7")) == "7.0"
    assert precision.quantity_text(parsing.quantity("7.125")) == "7.125"
    assert precision.turnover_text(parsing.turnover("61766.2")) == "61766.200"


def test_the_least_precision_holds_every_number() -> None:
    assert least_precision(map(parsing.price, ("1.50", "2.125")), [parsing.quantity("10")]) == Precision(3, 0)
    assert least_precision([], []) == Precision()
