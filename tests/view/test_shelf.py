"""Series that are at hand, as new as what is on view."""

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.series import Series
from klagg_tui.view.shelf import SeriesShelf
from tests.makers import MINUTE, START, bar

M1 = Period.M1


def _shelf() -> SeriesShelf:
    """With one series of BTCUSDT, of two bars."""
    shelf = SeriesShelf()
    series = shelf.begin("BTCUSDT", M1)
    assert series is not None
    series.take_history((bar(START), bar(START + MINUTE)), 5)
    return shelf


def test_a_series_is_begun_once_and_given_out_once() -> None:
    shelf = SeriesShelf()
    series = shelf.begin("BTCUSDT", M1)
    assert shelf.begin("BTCUSDT", M1) is None
    assert shelf.take("BTCUSDT", M1) is series
    assert shelf.take("BTCUSDT", M1) is None


def test_it_has_what_ended_since() -> None:
    shelf = _shelf()
    shelf.beat(FeedUpdate(Changes(ended=(bar(START + 2 * MINUTE), bar(START + MINUTE, "7", symbol="ETHUSDT")))))
    series = shelf.take("BTCUSDT", M1)
    assert series is not None
    assert [one.open_ms for one in series.bars] == [START, START + MINUTE, START + 2 * MINUTE]


def test_one_of_which_the_database_holds_something_else_by_now_is_forgotten() -> None:
    shelf = _shelf()
    shelf.beat(FeedUpdate(stored=(StoredStretch("BTCUSDT", Period.M5, START, START + MINUTE),)))
    assert len(shelf) == 1
    shelf.beat(FeedUpdate(stored=(StoredStretch("BTCUSDT", M1, START, START + MINUTE),)))
    assert shelf.take("BTCUSDT", M1) is None


def test_another_period_and_symbols_that_are_far_by_now_are_forgotten() -> None:
    shelf = _shelf()
    assert shelf.take("BTCUSDT", Period.M5) is None
    shelf.keep_only(["BTCUSDT"], M1)
    assert len(shelf) == 1
    shelf.keep_only(["ETHUSDT"], M1)
    assert len(shelf) == 0


def test_what_was_on_view_is_at_hand_and_nothing_is_after_something_was_missed() -> None:
    shelf, series = _shelf(), Series("ETHUSDT", M1)
    shelf.put(series)
    assert shelf.take("ETHUSDT", M1) is series
    shelf.clear()
    assert shelf.take("BTCUSDT", M1) is None


def test_one_that_could_not_be_read_is_read_again() -> None:
    shelf = SeriesShelf()
    series = shelf.begin("BTCUSDT", M1)
    assert series is not None
    shelf.drop(Series("BTCUSDT", M1))
    assert len(shelf) == 1
    shelf.drop(series)
    assert shelf.begin("BTCUSDT", M1) is not None
