"""Alerts without a screen."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from klagg_tui.alert import Alert, Firing, Ledger
from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import BarColumns, no_columns
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.alerts.recording import AlertWatch
from klagg_tui.view.screener.screener import Need
from klagg_tui.view.screener.wanted import AT_ONCE
from tests.makers import MINUTE, START, bar


class Desk:
    """Keeps what it is given, as the database does."""

    keeps = True
    notices = ()

    def __init__(self, *ledgers: Ledger) -> None:
        self.ledgers = list(ledgers)
        self.given: list[object] = []

    def news(self) -> Ledger | None:
        return self.ledgers.pop(0) if self.ledgers else None

    def put(self, alert: Alert) -> None:
        self.given.append(alert.text)

    def remove(self, text: str) -> None:
        self.given.append(f"not {text}")

    def note(self, changed: Sequence[Alert], firings: Sequence[Firing] = ()) -> None:
        self.given += [(alert.text, alert.count) for alert in changed]


def _update(minute: int, close: str, *symbols: str) -> FeedUpdate:
    open_ms = START + minute * MINUTE
    bars = tuple(bar(open_ms, "100", close=close, symbol=symbol) for symbol in symbols)
    return FeedUpdate(Changes(bars), symbols, last_trade_ms=dict.fromkeys(symbols, open_ms + 1))


def test_what_comes_true_fires_and_alerts_that_are_added_meanwhile_are_watched() -> None:
    desk = Desk(
        Ledger((Alert("last>100"),)), Ledger((Alert("last>100"), Alert("last<50"), Alert("hot>1"), Alert("chg>9")))
    )
    watch = AlertWatch(AlertBook([Alert("chg>9")], desk=desk))
    assert watch.take(_update(0, "99", "A"), START) == ([], [])
    assert desk.given == ["chg>9"], "one of the state file"
    fired, unread = watch.take(_update(0, "101", "A"), START + 1)
    assert [one.symbol for one in fired] == ["A"]
    assert ["hot>1" in sentence for sentence in unread] == [True]
    assert watch.take(None, START + 2) == ([], [])
    fired, _ = watch.take(_update(0, "49", "A"), START + 3)
    assert [one.text for one in fired] == ["last<50"]
    assert desk.given == ["chg>9", ("last>100", 1), ("last<50", 1)]
    assert [one.text for one in watch.book.fired] == ["last>100", "last<50"]


def test_figures_are_made_of_what_is_stored_and_reading_it_fires_nothing() -> None:
    watch = AlertWatch(AlertBook([Alert("chg(5m)>4")]))
    symbols = [f"S{number}" for number in range(AT_ONCE + 1)]
    assert watch.needs() == []
    watch.take(_update(10, "103", *symbols), START + 10 * MINUTE)
    first, second, third = watch.needs(), watch.needs(), watch.needs()
    assert [len(found) for found in (first, second, third)] == [AT_ONCE, 1, 0]
    watch.put_back(second)
    assert watch.needs() == second
    symbol = first[0].symbol
    watch.seed([*first, first[0]._replace(symbol="gone")], {need.symbol: _columns(need, 98.0) for need in first})
    watch.seed(second, {})
    fired, _ = watch.take(_update(10, "103", *symbols), START + 10 * MINUTE)
    assert not fired, "that it holds was never seen to be otherwise"
    watch.take(_update(10, "98", symbol), START + 10 * MINUTE)
    fired, _ = watch.take(_update(10, "103", symbol), START + 10 * MINUTE)
    assert [one.value for one in fired] == ["chg(5m) 5.10204"]


def _columns(need: Need, close: float) -> BarColumns:
    opens = range(need.from_ms, need.to_ms, MINUTE)
    states = array("B", [State.CONFIRMED.value] * len(opens))
    closes = array("d", [close] * len(opens))
    return no_columns()._replace(
        open_ms=array("q", opens),
        state=states,
        evidence=array("B", bytes(len(opens))),
        **dict.fromkeys(need.fields, closes),
    )


def test_what_the_exchange_tells_of_a_day_is_no_move_of_the_market() -> None:
    watch = AlertWatch(AlertBook([Alert("chg(24h)>4"), Alert("last>105")]))

    def told(price: str, day: float | None = None) -> list[str]:
        bars = Changes((bar(START, "100", close=price, symbol="A"),))
        tickers = {} if day is None else {"A": Ticker24h(START, open=day)}
        fired, _ = watch.take(FeedUpdate(bars, last_trade_ms={"A": START + 1}, tickers=tickers), START)
        return [one.text for one in fired]

    assert told("100", 100.0) == []
    assert told("101", 90.0) == [], "another price of the day before"
    assert told("90") == []
    assert told("106") == ["chg(24h)>4", "last>105"]
