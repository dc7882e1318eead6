"""Which rows the market table shows."""

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Status, VenueStatus
from klagg_tui.view import filter as filters
from klagg_tui.view.model import Market, Row
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.selection import chosen_rows, empty_text, mixes_quotes, unknown_count
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
    simulated = offline._replace(is_simulated=True)
    assert "D opens" not in empty_text(nothing, Preferences(), everything, simulated, "D")
    unasked = Status("x", Mode.CONNECTING, START)
    assert empty_text(nothing, Preferences(), everything, unasked, "D") == "Connecting …"
    connecting = Status("x", Mode.LIVE, START, connection="connecting")
    assert empty_text(nothing, Preferences(), everything, connecting, "D").startswith("connecting: waiting")
    assert "No symbol matches zz" in empty_text(_market(), Preferences(), filters.read("zz"), connecting, "D")
    assert "Mine is empty" in empty_text(_market(), LISTED, everything, connecting, "D")
    elsewhere = Preferences(watchlists=(("Mine", ("X", "Y")),), shown_list="Mine")
    told = empty_text(_market(), elsewhere, everything, connecting, "D")
    assert told.startswith("2 symbols of Mine are not in this market: X, Y.\ntab")


def test_the_exchange_on_view_and_the_list_both_take_rows_away() -> None:
    market = Market()
    market.apply(FeedUpdate(Changes(tuple(bar(START, symbol=symbol) for symbol in ("okx:A", "okx:B", "kraken:A")))))

    def names(chosen: Preferences, venue: str) -> list[str]:
        return [row.symbol for row in chosen_rows(market, chosen, filters.read(""), Period.M1, START, venue)]

    assert names(Preferences(), "okx") == ["okx:A", "okx:B"]
    assert names(LISTED, "") == ["okx:B", "okx:A", "kraken:A"]
    assert names(LISTED, "kraken") == ["kraken:A"]


def test_an_exchange_without_a_symbol_says_why() -> None:
    down = VenueStatus("kraken", "Kraken", Mode.OFFLINE, "no connection", START, notices=("Kraken answers 451.",))
    quiet = VenueStatus("okx", "OKX", Mode.LIVE, "connecting", START)
    status = Status("2 exchanges", Mode.LIVE, START, venues=(down, quiet))
    everything = filters.read("")
    assert "Kraken answers 451." in empty_text(_market(), Preferences(), everything, status, "D", "kraken")
    assert "connecting: waiting" in empty_text(_market(), Preferences(), everything, status, "D", "okx")
    market = Market()
    market.apply(FeedUpdate(symbols_added=("okx:A",)))
    told = empty_text(market, LISTED, filters.read("venue:kraken"), status, "D", "okx")
    assert told.startswith(
        "No symbol at okx in Mine matches venue:kraken – Esc clears the filter.\n{ and } show the other"
    )
    assert "No symbol of Mine at okx" in empty_text(market, LISTED, everything, status, "D", "okx")


def test_dollars_of_several_kinds_are_a_mixture_and_other_money_is_not() -> None:
    def row(quote: str) -> Row:
        made = Row("A")
        made.learn(InstrumentFacts(quote=quote))
        return made

    assert mixes_quotes([row("USDT"), row("USDC")])
    assert not mixes_quotes([row("USDT"), row("BTC"), row("EUR"), row("")])


def test_of_rows_that_lack_what_the_filter_asks_for_it_is_told_how_many_they_are() -> None:
    market = _market()
    market.apply(FeedUpdate(Changes(), ("NEW",)))

    def count(text: str) -> int:
        return unknown_count(market, Preferences(), filters.read(text), Period.M1, START)

    assert [count(text) for text in ("", "last>1", "last<1", "symbol=A last>1", "oi_value>100m")] == [0, 1, 1, 0, 4]
