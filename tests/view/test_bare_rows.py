"""A symbol that has no bar of the period on view, or none at all, with what is known of it all the same."""

from __future__ import annotations

import pytest

from klagg_tui.alert import Alert
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view import filter as filters
from klagg_tui.view.alerts import Alerts
from klagg_tui.view.breadth import breadth_of
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.computed import computed
from klagg_tui.view.columns.registry import BY_KEY, find
from klagg_tui.view.detail import bare_line
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Market, Row
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.role import Role
from klagg_tui.view.screener.figure import parsed
from klagg_tui.view.selection import chosen_rows
from klagg_tui.view.sorting import Sort, ordered
from tests.makers import MINUTE, START, bar
from tests.view.screener.made import stored

CALLS = [
    parsed(text, DEFAULT_PERIODS) for text in ("chg(24h)", "turnover(24h)", "high(24h)", "chg(5m)", "turnover(5m)")
]
CONTEXT = RenderContext(Period.W1, START, is_stale=False)
TOLD = Ticker24h(START, last=0.0625, open=0.05, high=0.08, low=0.04, volume=1e6, turnover=6e4)


def market() -> Market:
    """One symbol that has traded and two of which nobody saw a trade; of the last the exchange told nothing."""
    found = Market()
    found.screener.use(CALLS)
    facts = {name: InstrumentFacts("binance-um", "", name, name[:1], "USDT") for name in ("AUSDT", "BUSDT", "CUSDT")}
    minute = bar(START, "0.05", close="0.055", symbol="AUSDT")
    found.apply(FeedUpdate(Changes((minute,)), tuple(facts), last_trade_ms={"AUSDT": START}, instruments=facts))
    found.apply(FeedUpdate(tickers={"AUSDT": TOLD._replace(turnover=5e4), "BUSDT": TOLD}))
    return found


def drawn(row: Row, key: str, width: int = 12) -> tuple[str, int]:
    column = find(key) or computed(key, Scope())
    return column.draw(row, row.bar(CONTEXT.period), CONTEXT, width)


def test_every_figure_that_is_known_is_shown_and_the_bars_own_cells_are_empty() -> None:
    row = market().rows["BUSDT"]
    assert drawn(row, "last") == ("≈0.0625", Role.PARTIAL)
    assert drawn(row, "chg(24h)") == ("≈+25.00%", Role.PARTIAL)
    assert drawn(row, "turnover(24h)") == ("≈60.0K", Role.PARTIAL)
    assert drawn(row, "high(24h)") == ("≈0.08", Role.PARTIAL), "whatever decimals its prices have"
    assert drawn(row, "turnover(24h)/2") == ("30.0K", Role.PARTIAL)
    for key in ("chg", "open", "high", "low", "close", "range", "vol", "turnover", "trades", "bar.chg(1h)"):
        assert drawn(row, key)[0] == "–", key
    for key, column in BY_KEY.items():
        for width in (4, 8, 20):
            text, _ = column.draw(row, None, CONTEXT, width)
            assert len(text) <= max(width, len("no bar yet")), key
            if column.parts is not None:
                assert sum(len(part) for part, _ in column.parts(row, None, CONTEXT, width)) == width


def test_a_bar_that_is_there_shows_what_it_did_of_its_own_period_only() -> None:
    row = market().rows["AUSDT"]
    assert drawn(row, "last") == ("0.055", Role.TEXT)
    assert drawn(row, "chg")[0] == "–"
    assert drawn(row, "chg(24h)")[0] == "≈+10.00%"


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (40, "no bar of 1w yet"),
        (16, "no bar of 1w yet"),
        (13, "no 1w bar yet"),
        (12, "no bar yet"),
        (8, "no bar"),
        (5, "–"),
    ],
)
def test_the_cell_of_closes_says_why_in_the_words_that_fit(width: int, text: str) -> None:
    assert drawn(market().rows["BUSDT"], "spark", width) == (text, Role.FAINT)


def test_rows_are_ordered_and_chosen_by_what_is_known_of_them() -> None:
    found = market()

    def names(key: str) -> list[str]:
        return [row.symbol[0] for row in ordered(found.rows.values(), Sort(key), Period.W1, START)]

    def chosen(text: str) -> str:
        rows = chosen_rows(found, Preferences(), filters.read(text), Period.W1, START)
        return "".join(row.symbol[0] for row in rows)

    assert names("turnover(24h)") == ["B", "A", "C"]
    assert names("chg(24h)") == ["B", "A", "C"]
    assert names("last") == ["B", "A", "C"]
    assert chosen("chg(24h)>20") == "B"
    assert chosen("turnover(24h)>1k") == "AB"
    assert chosen("last>0.06") == "B"
    assert chosen("turnover(24h)>1k chg>0") == "", "what only a bar tells holds for nobody without one"


def test_an_alert_watches_a_symbol_that_was_never_seen_to_trade() -> None:
    found, alerts = market(), Alerts()
    alerts.use([Alert("turnover(24h)>100k", "1w"), Alert("last>0.07", "1w")])
    rows = list(found.rows.values())
    assert not alerts.check(rows, START)
    found.apply(FeedUpdate(tickers={"BUSDT": TOLD._replace(turnover=2e5, last=0.075)}))
    fired = {firing.text: firing for firing in alerts.check(rows, START + MINUTE)}
    assert {firing.symbol for firing in fired.values()} == {"BUSDT"}
    assert fired["turnover(24h)>100k"].value == "turnover(24h) 200000"
    assert [firing.price for firing in fired.values()] == ["0.075", "0.075"]


def test_the_whole_market_counts_it() -> None:
    assert breadth_of(market().rows.values(), 0)[:2] == (2, 0)


def test_stored_minutes_alone_make_figures() -> None:
    found = market()
    minutes = [bar(START + (at - 5) * MINUTE, f"0.0{at + 1}", symbol="CUSDT", volume="100") for at in range(5)]
    for need in found.screener.needs():
        if need.symbol == "CUSDT":
            found.seed(need, stored(minutes))
    row = found.rows["CUSDT"]
    value = row.figure(CALLS[3])
    assert value == pytest.approx(400.0), "from the close before the window to the newest"
    assert row.figure(CALLS[4]) == pytest.approx(sum((2, 3, 4, 5)))
    assert drawn(row, "chg(5m)")[0].endswith("400.0%")


def test_beside_its_chart_stands_what_is_known() -> None:
    found = market()
    assert "".join(piece.text for piece in bare_line(found.rows["BUSDT"], Period.W1)) == (
        " no bar of 1w yet  Last ≈0.0625 Chg 24h ≈+25.00% Turn 24h ≈60.0K"
    )
    assert "".join(piece.text for piece in bare_line(found.rows["CUSDT"], Period.W1)) == " no bar of 1w yet "


def test_nothing_is_known_of_nothing() -> None:
    row = market().rows["CUSDT"]
    assert [drawn(row, key)[0] for key in ("last", "chg(24h)", "age", "spark")] == ["–", "–", "–", "no bar yet"]
    assert Row("NEW").told_last is None
