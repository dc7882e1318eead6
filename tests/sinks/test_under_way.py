"""Of the bars under way that two recorders tell the surer one is shown, and nothing flaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.sinks.under_way import SILENT_S, UnderWay
from klagg_tui.storage.sink_log import SeriesPlace
from tests.makers import MINUTE, START, SYMBOL, bar

SERIES = SeriesPlace("", SYMBOL, Period.M1)


def forming(volume: int, minute: int = 0) -> Bar:
    return bar(START + minute * MINUTE, volume=str(volume), state=State.FORMING)


def test_of_two_the_one_with_more_trades_is_shown() -> None:
    shown = UnderWay()
    told = [("a", 10), ("b", 9), ("b", 12), ("a", 11), ("a", 12), ("b", 13), ("a", 12)]
    assert [shown.takes(who, SERIES, forming(volume), 0) for who, volume in told] == [
        True,
        False,
        True,
        False,
        False,
        True,
        False,
    ]


def test_when_one_dies_the_other_carries_on_with_the_next_minute_or_a_minute_later() -> None:
    shown = UnderWay()
    assert shown.takes("a", SERIES, forming(10), 0)
    assert not shown.takes("b", SERIES, forming(5), 1)
    assert shown.takes("b", SERIES, forming(1, 1), 2)
    assert not shown.takes("a", SERIES, forming(11), 3)
    assert shown.takes("a", SERIES, forming(20, 1), 4)
    assert not shown.takes("b", SERIES, forming(6, 1), 4 + SILENT_S)
    assert shown.takes("b", SERIES, forming(6, 1), 5 + SILENT_S)
    assert shown.takes("b", SERIES, forming(7, 1), 6 + SILENT_S)


def test_a_recorder_that_tells_another_series_is_not_silent() -> None:
    shown, other = UnderWay(), SERIES._replace(symbol="ETHUSDT")
    assert shown.takes("a", SERIES, forming(10), 0)
    assert shown.takes("a", other, forming(10), SILENT_S)
    assert not shown.takes("b", SERIES, forming(5), SILENT_S + 1)


said = st.tuples(st.integers(0, 1), st.integers(0, 3), st.booleans(), st.booleans())


@given(st.lists(said, max_size=40))
def test_while_both_live_what_is_shown_never_goes_back(given: list[tuple[int, int, bool, bool]]) -> None:
    """Each sees all trades but those that it misses; a bar of either only grows."""
    shown, now = UnderWay(), None
    minutes, volumes = [0, 0], [1, 1]
    for who, trades, is_next, is_other_told in given:
        minutes[who] += is_next
        volumes[who] = 1 if is_next else volumes[who] + trades
        for each in (who, 1 - who) if is_other_told else (who,):
            told = forming(volumes[each], minutes[each])
            if shown.takes("ab"[each], SERIES, told, 0):
                assert now is None or (told.open_ms, told.volume) >= (now.open_ms, now.volume)
                now = told
            assert now is not None
            assert (told.open_ms, told.volume) <= (now.open_ms, now.volume)
