"""What rows and charts show of alerts."""

from klagg_tui.alert import Alert
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.view.alerts import Alerts
from klagg_tui.view.alerts.marks import AlertMarks
from klagg_tui.view.model import Row
from tests.makers import START, bar


def _row(symbol: str, close: str) -> Row:
    row = Row(symbol)
    row.take(bar(START, close, symbol=symbol))
    return row


def test_a_row_is_marked_where_an_alert_names_it_and_otherwise_where_one_fired_and_holds() -> None:
    alerts = Alerts()
    marks = AlertMarks(alerts)
    alerts.use([Alert("symbol=A last>100"), Alert("last>200")])
    rows = [_row("A", "99"), _row("B", "99")]
    assert [marks.sign(row) for row in rows] == ["◇", ""]
    alerts.check(rows, START)
    rows = [_row("A", "99"), _row("B", "201")]
    alerts.check(rows, START + 1)
    assert [marks.sign(row) for row in rows] == ["◇", "◆"]
    alerts.check([_row("B", "99")], START + 2)
    alerts.use([Alert("last>200")])
    assert [marks.sign(row) for row in rows] == ["", ""]


def test_the_chart_shows_the_prices_that_may_fire_for_its_symbol() -> None:
    alerts = Alerts()
    alerts.use(
        map(Alert, ("symbol=A last>100", "symbol=B last>7", "90.5>price", "chg>3", "last>-1", "last>open", "!a last>8"))
    )
    assert AlertMarks(alerts).prices(Row("A")) == (905 * 10 ** (PRICE_DECIMALS - 1), 100 * 10**PRICE_DECIMALS)
