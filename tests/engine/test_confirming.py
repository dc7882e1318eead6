from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State, blanked
from klagg_tui.engine.confirming import confirmed_by, is_whole
from klagg_tui.evidence import Evidence
from tests.makers import bar

UNKNOWN = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT
OURS = bar(high="103", low="99", close="102", taker_buy_volume="0.5", taker_buy_turnover="50", trade_count=3)

unknowns = st.integers(0, UNKNOWN.value)


def lacking(whole: Bar, evidence: int) -> Bar:
    """The bar as an exchange tells it whose bars have not all fields."""
    return blanked(whole._replace(evidence=evidence))


def test_an_equal_bar_without_all_fields_confirms_what_unbroken_ids_show_in_all_of_them() -> None:
    made, is_equal = confirmed_by(OURS, lacking(OURS, LACKS), is_whole=True)
    assert made == OURS._replace(state=State.CONFIRMED)
    assert is_equal


def test_an_equal_bar_without_all_fields_shows_that_no_trade_is_missing_and_is_the_only_witness() -> None:
    made, is_equal = confirmed_by(OURS._replace(state=State.PARTIAL), lacking(OURS, LACKS), is_whole=False)
    assert made == OURS._replace(state=State.CONFIRMED, evidence=Evidence.CANDLE_ONLY)
    assert is_equal


@pytest.mark.parametrize("has_every_trade", [True, False])
def test_an_equal_bar_with_all_fields_is_never_the_only_witness(has_every_trade: bool) -> None:
    made, is_equal = confirmed_by(OURS, OURS, is_whole=has_every_trade)
    assert (made, is_equal) == (OURS._replace(state=State.CONFIRMED), True)


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume", "taker_buy_volume", "taker_buy_turnover"])
@pytest.mark.parametrize("has_every_trade", [True, False])
def test_another_bar_takes_the_place_of_ours_with_what_it_lacks(field: str, has_every_trade: bool) -> None:
    theirs = lacking(OURS._replace(**{field: 7}), LACKS)  # type: ignore[arg-type]
    made, is_equal = confirmed_by(OURS, theirs, is_whole=has_every_trade)
    assert made == theirs._replace(state=State.CONFIRMED, evidence=LACKS | Evidence.CANDLE_ONLY)
    assert not is_equal


def test_where_there_is_none_of_ours_theirs_is_taken() -> None:
    for evidence, shown in ((0, 0), (LACKS, LACKS | Evidence.CANDLE_ONLY)):
        theirs = lacking(OURS, evidence)
        made, is_equal = confirmed_by(None, theirs, is_whole=False)
        assert (made, is_equal) == (theirs._replace(state=State.CONFIRMED, evidence=shown), False)


def test_what_ours_does_not_know_is_taken_from_theirs() -> None:
    ours = lacking(OURS, Evidence.NO_TURNOVER | Evidence.NO_TAKER_VOLUME)
    made, is_equal = confirmed_by(ours, lacking(OURS, Evidence.NO_COUNT | Evidence.NO_TURNOVER), is_whole=True)
    assert made == lacking(OURS, Evidence.NO_TURNOVER)._replace(
        state=State.CONFIRMED, evidence=Evidence.NO_TURNOVER | Evidence.CANDLE_ONLY
    )
    assert is_equal


@given(unknowns, unknowns, st.booleans(), st.booleans(), st.sampled_from([0, 1]))
def test_the_confirmed_bar_knows_what_either_did_and_nothing_else(
    ours_lacks: int, theirs_lacks: int, has_every_trade: bool, was_by_candle: bool, more: int
) -> None:
    ours = lacking(OURS, ours_lacks | (Evidence.CANDLE_ONLY if was_by_candle else 0))
    theirs = lacking(OURS._replace(volume=OURS.volume + more), theirs_lacks)
    made, is_equal = confirmed_by(ours, theirs, is_whole=has_every_trade)
    assert is_equal is not more
    assert made == blanked(made)
    assert made.evidence & UNKNOWN == (theirs_lacks if more else ours_lacks & theirs_lacks)
    assert not (theirs_lacks == 0 and made.evidence)
    if is_equal:
        assert made[:12] == lacking(OURS, made.evidence)[:12]
    again, is_equal = confirmed_by(made, theirs, is_whole=is_whole(made))
    assert (again, is_equal) == (made, True)


@pytest.mark.parametrize(
    ("state", "evidence", "said"),
    [
        (State.FORMING, 0, False),
        (State.PARTIAL, 0, False),
        (State.CLOSED, 0, True),
        (State.CLOSED, Evidence.CANDLE_ONLY, False),
        (State.CONFIRMED, 0, True),
        (State.CONFIRMED, Evidence.CANDLE_ONLY, False),
    ],
    ids=["forming", "partial", "closed", "closed by the candle", "confirmed by ids", "confirmed by the candle"],
)
def test_a_bar_tells_by_its_state_and_witness_whether_it_has_every_trade(
    state: State, evidence: int, said: bool
) -> None:
    assert is_whole(OURS._replace(state=state, evidence=evidence)) is said


@pytest.mark.parametrize(("before", "high", "low"), [("98", "103", "98"), ("105", "105", "99"), ("101", "103", "99")])
def test_a_bar_that_opens_at_the_close_before_is_equal_once_that_price_is_in_ours(
    before: str, high: str, low: str
) -> None:
    opens_at = parsing.price(before)
    theirs = OURS._replace(open=opens_at, high=parsing.price(high), low=parsing.price(low))
    assert confirmed_by(OURS, theirs, is_whole=True) == (theirs._replace(state=State.CONFIRMED), False)
    made, is_equal = confirmed_by(OURS, lacking(theirs, LACKS), is_whole=True, opens_at=opens_at)
    assert (made, is_equal) == (theirs._replace(state=State.CONFIRMED), True)
    assert confirmed_by(made, lacking(theirs, LACKS), is_whole=True, opens_at=opens_at) == (made, True)


def test_a_bar_that_opens_elsewhere_than_at_the_close_before_is_another_one() -> None:
    made, is_equal = confirmed_by(OURS, OURS, is_whole=True, opens_at=parsing.price("101"))
    assert (made, is_equal) == (OURS._replace(state=State.CONFIRMED), False)
