"""The alerts of one who watches."""

from klagg_tui.alert import Alert
from klagg_tui.engine.period import Period
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Market, Row
from tests.makers import MINUTE, START, bar


def _rows(**closes: str) -> dict[str, Row]:
    rows = {symbol: Row(symbol) for symbol in closes}
    for symbol, close in closes.items():
        rows[symbol].take(bar(START, close, symbol=symbol))
    return rows


def test_a_new_alert_is_held_against_symbols_too_that_do_not_change() -> None:
    book = AlertBook()
    assert book.check(_rows(A="99"), ["A"], START) == []
    book.put(Alert("last>100"))
    book.check(_rows(A="99", B="99"), ["A", "gone"], START)
    assert [one.symbol for one in book.check(_rows(A="101", B="101"), ["B"], START + 1)] == ["B"]
    assert book.saved == ("last>100",), "nothing else keeps it"
    book.put(Alert("last>100", name="Up"))
    assert book.saved == ("last>100",)
    book.remove("last>100")
    assert not [*book.saved, *book.alerts.texts]


def test_what_texts_refer_to_may_change() -> None:
    book = AlertBook([Alert("hot>1")], Scope(names={"hot": "chg"}))
    assert book.read_again(Scope(names={"hot": "vol"})) == []
    (told,) = book.read_again(Scope())
    assert told.startswith("The alert hot>1 is not watched: ")


def test_what_was_read_of_history_arms_nothing_and_an_unknown_figure_neither() -> None:
    market = Market()
    book = AlertBook([Alert("turnover(2m)>500")])
    market.screener.use(book.alerts.calls)
    row = market._add("A")
    book.check(market.rows, ["A"], START)
    row.take(bar(START, "100", volume="1", symbol="A"))
    market.screener.now_ms = START + 1
    book.check(market.rows, ["A"], START)
    assert row.figure(next(iter(book.alerts.calls))) is not None
    book.alerts.doubt(["A"])
    row.take(bar(START, "100", volume="9", symbol="A"))
    assert not book.check(market.rows, ["A"], START + 1), "it was not seen to be untrue since"
    row.take(bar(START, "100", volume="1", symbol="A", period=Period.M1))
    book.check(market.rows, ["A"], START + 2)
    row.take(bar(START, "100", volume="9", symbol="A"))
    assert book.check(market.rows, ["A"], START + MINUTE)
