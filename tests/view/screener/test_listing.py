"""Since when symbols are traded: as it is told, or at least since their oldest bar; and the filter of the young ones."""

from __future__ import annotations

import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view import filter as filters
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import find, view_columns
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Market
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.sorting import Sort, ordered
from tests.makers import MINUTE, START, bar

LISTED = FigureCall("listed")


def made(**days: float) -> Market:
    """A market of symbols that are listed for so many days; with less than 0, that have so old a bar and are not told of."""
    market = Market()
    market.screener.use([LISTED])
    market.apply(FeedUpdate(symbols_added=("NONE", *days)))
    told = {
        symbol: InstrumentFacts(listed_ms=START - round(age * DAY_MS))
        if age >= 0
        else InstrumentFacts(traded_by_ms=START + round(age * DAY_MS))
        for symbol, age in days.items()
    }
    market.apply(FeedUpdate(instruments=told))
    market.screener.now_ms = START
    return market


def drawn(market: Market, symbol: str) -> str:
    column = find("listed")
    assert column is not None
    return column.draw(market.rows[symbol], bar(), RenderContext(Period.M1, START, is_stale=False), column.width)[0]


def passing(market: Market, text: str) -> set[str]:
    matches = filters.read(text).matches
    return {row.symbol for row in market.rows.values() if matches(row, Period.M1, START)}


@pytest.mark.parametrize(
    ("days", "read"),
    [(0, "0.0d"), (3.25, "3.2d"), (9.97, "10d"), (312.4, "312d"), (2000, "5.5y"), (-3.25, "≥3.2d"), (-2000, "≥5.5y")],
)
def test_the_age_is_read_in_days_then_years_with_a_sign_where_it_may_be_more(days: float, read: str) -> None:
    market = made(A=days)
    assert drawn(market, "A") == read
    assert drawn(market, "NONE") == "–"


def test_what_may_be_older_is_never_shown_to_be_young() -> None:
    market = made(YOUNG=3, OLD=400, SEEN=-3, LONG=-400)
    assert passing(market, "listed<30") == passing(market, "30>listed") == {"YOUNG"}
    assert passing(market, "listed<=3") == passing(market, "listed=3") == passing(market, "3>=listed") == {"YOUNG"}
    assert passing(market, "listed>30") == passing(market, "30<listed") == {"OLD", "LONG"}
    assert passing(market, "@new") == {"YOUNG"}


def test_older_bars_that_come_show_more_and_a_later_listing_goes_before_them() -> None:
    market = made(A=-3)
    market.apply(FeedUpdate(stored=(StoredStretch("A", Period.D1, START - 9 * DAY_MS, START),)))
    market.screener.now_ms = START
    assert drawn(market, "A") == "≥8.0d", "the day's bar may have begun with its last minute"
    market.apply(FeedUpdate(Changes(ended=(bar(symbol="A", open_ms=START - 10 * DAY_MS),))))
    market.screener.now_ms = START
    assert drawn(market, "A") == "≥10d"
    market.apply(FeedUpdate(instruments={"A": InstrumentFacts(listed_ms=START - DAY_MS)}))
    market.screener.now_ms = START
    assert drawn(market, "A") == "1.0d", "the name was given to another contract"


def test_a_bar_that_ends_tells_of_one_of_which_nothing_was_known() -> None:
    market = made()
    market.apply(FeedUpdate(Changes(ended=(bar(symbol="NONE", open_ms=START - MINUTE),))))
    market.screener.now_ms = START + DAY_MS
    assert drawn(market, "NONE") == "≥1.0d"


def test_the_young_come_first_and_their_age_stands_beside_the_price() -> None:
    market = made(A=3, B=1, C=20, D=400)
    young = filters.read("@new")
    assert young.likeness is not None
    rows = [row for row in market.rows.values() if young.matches(row, Period.M1, START)]
    assert [row.symbol for row in sorted(rows, key=young.likeness, reverse=True)] == ["B", "A", "C"]
    assert young.order is not None
    keys = [
        column.key for column in view_columns(("symbol", "last", "age"), (), all_periods=False, besides=("listed",))
    ]
    assert keys == ["symbol", "last", "listed", "age"]
    for text in ("@new vol>1", "!@new"):
        assert filters.read(text).order is None
    assert filters.read("@new", Scope({"new": "vol>1"})).order is None


def test_the_first_order_by_age_is_from_young_to_old() -> None:
    market = made(A=3, B=1, C=-20)
    sort = Sort().by("listed")
    assert sort == Sort("listed", descending=False)
    assert [row.symbol for row in ordered(market.rows.values(), sort, Period.M1, START)] == ["B", "A", "C", "NONE"]
