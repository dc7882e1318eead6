"""What was told of a contract, bar by bar."""

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period
from klagg_tui.view.candles import Chart, draw
from klagg_tui.view.contract_history import ContractHistory
from tests.makers import HOUR, MINUTE, START, bar

BARS = [bar(START + i * MINUTE) for i in range(5)]


def _told(place: int, interest: int | None = None, rate: int | None = None) -> DerivativeMinute:
    return DerivativeMinute(
        "BTCUSDT",
        START + place * MINUTE,
        open_interest=None if interest is None else interest * 10**8,
        funding_rate=None if rate is None else rate * 10**16,
    )


def test_a_bar_has_what_was_told_last_before_its_end() -> None:
    history = ContractHistory()
    assert history.take([_told(3, 700), _told(1, 500, -2)])
    assert history.interest(BARS) == [None, 500, 500, 700, 700]
    assert history.funding(BARS) == [None, -0.02, -0.02, -0.02, -0.02]
    hours = [bar(START - HOUR, period=Period.H1), bar(START, period=Period.H1)]
    assert history.interest(hours) == [None, 700]
    assert history.interest([]) == []


def test_a_newer_state_of_a_minute_takes_its_place_and_what_is_known_already_is_no_news() -> None:
    history = ContractHistory()
    assert history.take([_told(0, 500)])
    assert not history.take([_told(0, 500), _told(1)])
    assert history.take([_told(0, 600)])
    assert history.interest(BARS[:1]) == [600]


def test_what_was_told_long_ago_says_nothing_any_more() -> None:
    history = ContractHistory()
    history.take([_told(0, 500)])
    after = [bar(START + 60 * MINUTE), bar(START + 61 * MINUTE), bar(START + 3 * HOUR)]
    assert history.interest(after) == [500, None, None]


def test_its_panes_are_drawn_with_their_values_and_left_out_where_nobody_tells_them() -> None:
    history = ContractHistory()
    history.take([_told(0, 81_200, 1), _told(4, 82_500, -1)])
    panes = ("open_interest", "funding")
    chart = Chart(80, 40, Period.M1, indicators=panes, contract=history)
    lines = ["".join(piece.text for piece in row) for row in draw(BARS, chart).rows]
    assert any(line.startswith(" Open interest  82.500K") for line in lines)
    assert any(line.startswith(" Funding  -0.0100%") for line in lines)
    assert sum("+0.0100%" in line for line in lines) == 1
    crossed = Chart(80, 40, Period.M1, indicators=panes, contract=history, cross=1)
    lines = ["".join(piece.text for piece in row) for row in draw(BARS, crossed).rows]
    assert any(line.startswith(" Open interest  81.200K") for line in lines)
    assert draw(BARS, Chart(80, 40, Period.M1, indicators=panes)) == draw(BARS, Chart(80, 40, Period.M1))
