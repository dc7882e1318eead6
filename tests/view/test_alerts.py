"""Filters that are watched."""

from klagg_tui.engine.period import Period
from klagg_tui.view.alerts import Alerts
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from tests.makers import MINUTE, START, bar


def _row(symbol: str, close: str, volume: str = "1") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100", close=close, volume=volume, symbol=symbol))
    return row


def test_an_alert_fires_when_it_comes_true_and_again_only_after_it_was_untrue() -> None:
    alerts = Alerts()
    assert alerts.watch(["last>100", "volx>1"]) == {"volx>1": alerts.watch(["volx>1"])["volx>1"]}
    alerts.watch(["last>100"])
    closes = ("101", "99", "101", "102", "99", "101")
    fired = [
        len(alerts.check([_row("A", close)], Period.M1, START + number * MINUTE)) for number, close in enumerate(closes)
    ]
    assert fired == [0, 0, 1, 0, 0, 1]


def test_an_alert_that_wavers_about_its_limit_fires_once_a_minute() -> None:
    alerts = Alerts()
    alerts.watch(["last>100"])
    fired = [
        second
        for second in range(130)
        if alerts.check([_row("A", "101" if second % 2 else "99")], Period.M1, START + second * 1_000)
    ]
    assert fired == [1, 61, 121]


def test_an_alert_fires_for_each_symbol_by_itself() -> None:
    alerts = Alerts()
    alerts.watch(["last>100"])
    alerts.check([_row("A", "99"), _row("B", "99")], Period.M1, START)
    fired = alerts.check([_row("A", "101"), _row("B", "99")], Period.M1, START + 5)
    assert [(one.symbol, one.text, one.at_ms) for one in fired] == [("A", "last>100", START + 5)]
    assert alerts.texts == ("last>100",)


def test_alerts_need_the_figures_of_their_filters_and_read_names_anew_when_those_change() -> None:
    alerts = Alerts()
    assert not alerts.watch(["hot>1", "rsi(1h)<30", "last>1"], Scope(names={"hot": "rvol(5m)"}))
    assert {str(call) for call in alerts.calls} == {"rvol(5m)", "rsi(1h)"}
    assert list(alerts.watch(["hot>1"], Scope())) == ["hot>1"]
    assert not alerts.watch(["hot>1"], Scope(names={"hot": "last"}))
    assert not alerts.calls
