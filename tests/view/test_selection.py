"""Which rows the market table shows."""

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate, Mode, Status
from klagg_tui.view import filter as filters
from klagg_tui.view.model import Market
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.selection import chosen_rows, empty_text
from tests.makers import START, bar

LISTED = Preferences(watchlists=(("Mine", ("B", "gone", "A")),), shown_list="Mine")


def _market() -> Market:
    market = Market()
    market.apply(FeedUpdate(Changes(tuple(bar(START, symbol=symbol) for symbol in "ABC"))))
    return market


def _names(chosen: Preferences, text: str) -> list[str]:
    return [row.symbol for row in chosen_rows(_market(), chosen, filters.read(text), Period.M1, START)]


def test_a_watchlist_and_a_filter_each_take_rows_away() -> None:
    assert _names(Preferences(), "") == ["A", "B", "C"]
    assert _names(LISTED, "") == ["B", "A"]
    assert _names(LISTED, "symbol=a") == ["A"]


def test_where_nothing_is_shown_it_says_why() -> None:
    offline = Status("x", Mode.OFFLINE, START)
    everything, nothing = filters.read(""), Market()
    assert "D opens a simulated market" in empty_text(nothing, Preferences(), everything, offline, "D")
    connecting = Status("x", Mode.LIVE, START, connection="connecting")
    assert empty_text(nothing, Preferences(), everything, connecting, "D").startswith("connecting: waiting")
    assert "No symbol matches zz" in empty_text(_market(), Preferences(), filters.read("zz"), connecting, "D")
    assert "Mine is empty" in empty_text(_market(), LISTED, everything, connecting, "D")
