"""Who moved first in the last minute."""

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.view.moves import LEAST_MOVE_BP, NO_MOVE, WINDOW_MS, PriceTrails
from tests.makers import START

NOW = START + 10 * WINDOW_MS


def _trails(paths: dict[str, list[tuple[int, int]]]) -> PriceTrails:
    """Of each symbol, seconds before now and prices."""
    trails = PriceTrails()
    for symbol, path in paths.items():
        for before_s, price in path:
            trails.note(symbol, NOW - before_s * 1000, price)
    return trails


def test_the_first_is_who_earliest_went_half_of_the_median_move() -> None:
    trails = _trails({
        "A": [(70, 10_000), (30, 10_004), (20, 10_010)],
        "B": [(70, 20_000), (40, 20_012), (5, 20_020)],
        "C": [(70, 30_000), (10, 30_030)],
    })  # fmt: skip
    moved = trails.moved(["A", "B", "C"], NOW)
    assert round(moved.basis_points, 6) == 10
    assert moved.first == "B"
    assert [moved.behind_ms(symbol) for symbol in "ABC"] == [20_000, 0, 30_000]


def test_a_fall_is_a_move_as_well_and_who_did_not_follow_has_not_moved() -> None:
    trails = _trails(
        {"A": [(60, 10_000), (9, 9_980)], "B": [(60, 10_000), (8, 9_990)], "C": [(60, 10_000), (1, 10_010)]}
    )
    moved = trails.moved(["A", "B", "C"], NOW)
    assert (moved.first, moved.behind_ms("C")) == ("A", None)
    assert moved.basis_points == -10


def test_a_coin_that_stands_still_or_is_alone_has_no_first() -> None:
    still = _trails({"A": [(60, 100_000), (9, 100_010)], "B": [(60, 100_000), (8, 100_010)]})
    assert 0 < still.moved(["A", "B"], NOW).basis_points < LEAST_MOVE_BP
    assert still.moved(["A", "B"], NOW).first is None
    assert still.moved(["A"], NOW) == NO_MOVE
    assert still.moved(["A", "unknown"], NOW) == NO_MOVE


def test_one_that_moved_alone_is_not_the_first_of_any() -> None:
    trails = _trails({"A": [(60, 10_000), (9, 10_100)], "B": [(60, 10_000)]})
    moved = trails.moved(["A", "B"], NOW)
    assert moved.basis_points == 50
    assert (moved.first, moved.behind_ms("A")) == (None, None)


def test_what_was_before_the_minute_counts_only_as_where_it_began() -> None:
    trails = _trails({
        "A": [(200, 5_000), (90, 10_000), (30, 10_020)],
        "B": [(200, 5_000), (61, 10_000), (31, 10_020)],
    })  # fmt: skip
    assert trails.moved(["A", "B"], NOW).basis_points == 20
    assert trails.moved(["A", "B"], NOW).first == "B"


def test_a_price_of_a_time_to_come_or_that_was_noted_already_counts_for_nothing() -> None:
    trails = _trails({"A": [(60, 10_000), (9, 10_020), (9, 90_000), (10, 90_000)], "B": [(60, 10_000), (8, 10_020)]})
    trails.note("B", NOW + 1, 90_000)
    assert trails.moved(["A", "B"], NOW).basis_points == 20


def test_it_is_known_for_how_much_of_the_minute_prices_were_looked_at() -> None:
    trails = PriceTrails()
    assert [trails.watched_ms(NOW + after) for after in (0, 5_000, -3, WINDOW_MS + 1)] == [0, 5_000, 0, WINDOW_MS]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 2 * WINDOW_MS), st.integers(1, 10**18)), max_size=40))
def test_whoever_moved_did_so_within_the_minute_or_before_it_began_and_none_before_the_first(
    noted: list[tuple[str, int, int]],
) -> None:
    trails = PriceTrails()
    for symbol, at_ms, price in noted:
        trails.note(symbol, START + at_ms, price)
    moved = trails.moved("ABC", START + 2 * WINDOW_MS)
    assert all(START <= at_ms <= START + 2 * WINDOW_MS for at_ms in moved.crossed_ms.values())
    assert moved.first is None or min(moved.behind_ms(symbol) or 0 for symbol in moved.crossed_ms) == 0
