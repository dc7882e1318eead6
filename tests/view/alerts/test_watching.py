"""Filters that are watched."""

import pytest

from klagg_tui.alert import Alert, Repeat
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view.alerts import Alerts, State, read_alert
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from tests.makers import MINUTE, START, bar


def _row(symbol: str, close: str, volume: str = "1") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100", close=close, volume=volume, symbol=symbol))
    return row


def _alerts(*texts: str, **how: object) -> Alerts:
    alerts = Alerts()
    alerts.use(Alert(text, **how) for text in texts)  # type: ignore[arg-type]
    return alerts


def test_an_alert_fires_when_it_comes_true_and_again_only_after_it_was_untrue() -> None:
    alerts = Alerts()
    assert list(alerts.use([Alert("last>100"), Alert("volx>1")])) == ["volx>1"]
    assert alerts.texts == ("last>100",)
    assert alerts.state_of("volx>1", START) is State.UNREAD
    closes = ("101", "99", "101", "102", "99", "101")
    fired = [len(alerts.check([_row("A", close)], START + number * MINUTE)) for number, close in enumerate(closes)]
    assert fired == [0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize(("pause_ms", "fired"), [(60_000, [1, 61, 121]), (100_000, [1, 101])], ids=["usual", "longer"])
def test_an_alert_that_wavers_about_its_limit_fires_once_a_pause(pause_ms: int, fired: list[int]) -> None:
    alerts = _alerts("last>100", pause_ms=pause_ms)
    assert fired == [
        second
        for second in range(130)
        if alerts.check([_row("A", "101" if second % 2 else "99")], START + second * 1_000)
    ]
    (alert,) = alerts.all
    assert (alert.count, alert.last_ms) == (len(fired), START + fired[-1] * 1_000)


def test_an_alert_fires_for_each_symbol_by_itself_and_tells_price_and_value() -> None:
    alerts = _alerts("last>100 vol>0", name="Up")
    alerts.check([_row("A", "99"), _row("B", "99")], START)
    (fired,) = alerts.check([_row("A", "101.5"), _row("B", "99")], START + 5)
    assert (fired.symbol, fired.title, fired.at_ms) == ("A", "Up", START + 5)
    assert (fired.price, fired.value, fired.number) == ("101.5", "vol 1", 1)


def test_an_alert_for_once_fires_for_one_symbol_and_has_ended() -> None:
    alerts = _alerts("last>100", "chg>1", repeat=Repeat.ONCE)
    version = alerts.version
    alerts.check([_row("A", "99"), _row("B", "99")], START)
    fired = alerts.check([_row("A", "100.5"), _row("B", "100.5")], START + 1)
    assert [one.symbol for one in fired] == ["A"]
    assert alerts.state_of("last>100", START + 2) is State.ENDED
    assert alerts.version > version
    assert [alert.text for alert, _ in alerts.filters] == ["chg>1"]
    assert not alerts.check([_row("B", "99")], START + 2)
    assert not alerts.check([_row("B", "101")], START + 3)[1:]


def test_an_alert_until_a_time_ends_then() -> None:
    alerts = _alerts("last>100", repeat=Repeat.UNTIL, until_ms=START + 10)
    assert not alerts.expire(START + 9)
    (over,) = alerts.expire(START + 10)
    assert over.has_ended
    assert alerts.all == (over,)
    assert not alerts.expire(START + 11)
    assert not alerts.check([_row("A", "99")], START + 11)
    assert not alerts.calls


def test_an_alert_is_armed_again_when_it_holds_no_longer_and_has_rested() -> None:
    alerts = _alerts("last>100")
    states = []
    for second, close in ((0, "99"), (1, "101"), (2, "99"), (61, "99"), (62, "101"), (200, "101"), (201, "99")):
        alerts.check([_row("A", close)], START + second * 1_000)
        states.append(alerts.state_of("last>100", START + second * 1_000).value)
    assert states == ["armed", "fired", "fired", "armed", "fired", "fired", "armed"]


def test_what_fired_before_this_run_rests_and_an_alert_made_anew_goes_on_where_it_was() -> None:
    alerts = _alerts("last>100")
    alerts.remember({("last>100", "A"): START})
    alerts.remember({("last>100", "A"): START - MINUTE})
    alerts.check([_row("A", "99")], START + 1)
    alerts.put(Alert("last>100", name="Up"))
    assert not alerts.check([_row("A", "101")], START + 2)
    alerts.check([_row("A", "99")], START + MINUTE)
    assert alerts.check([_row("A", "101")], START + MINUTE)
    alerts.remove("last>100")
    assert alerts.all == ()


def test_alerts_need_the_figures_of_their_filters_and_read_names_anew_when_those_change() -> None:
    alerts = Alerts()
    wanted = [Alert("hot>1"), Alert("rsi(1h)<30"), Alert("last>1")]
    assert not alerts.use(wanted, Scope(names={"hot": "rvol(5m)"}))
    assert {str(call) for call in alerts.calls} == {"rvol(5m)", "rsi(1h)"}
    assert list(alerts.use([Alert("hot>1")], Scope())) == ["hot>1"]
    assert not alerts.use([Alert("hot>1")], Scope(names={"hot": "last"}))
    assert not alerts.calls


@pytest.mark.parametrize(
    "text", ["", "btc", "symbol=BTCUSDT", "venue:okx or ~btc", "!usdc", "okx:btc", "1>2", "quote!=usd"]
)
def test_what_never_changes_is_no_alert(text: str) -> None:
    with pytest.raises(FilterError):
        read_alert(text, Scope())


@pytest.mark.parametrize("text", ["btc last>1", "state:halted", "!(chg>1)", "1<last", "usdc or rvol(5m)>3"])
def test_what_can_change_is_one(text: str) -> None:
    assert read_alert(text, Scope()).text == text


def test_the_first_value_that_is_known_only_arms() -> None:
    alerts = _alerts("last>0", "!(last<1)", "chg>1")
    row = Row("A")
    assert not alerts.check([row], START)
    row.take(bar(START, "100", close="102", symbol="A"))
    assert not alerts.check([row], START + 1), "the first trade of a symbol is no news of its price"
    row.take(bar(START, "100", close="100", symbol="A"))
    alerts.check([row], START + 2)
    row.take(bar(START, "100", close="102", symbol="A"))
    assert [one.text for one in alerts.check([row], START + MINUTE)] == ["chg>1"]


def test_an_alert_means_the_period_that_was_on_view_when_it_was_made() -> None:
    alerts = _alerts("chg>1", period="1h")
    row = _row("A", "150")
    row.take(bar(START, "100", close="100", period=Period.H1, symbol="A"))
    alerts.check([row], START)
    row.take(bar(START, "100", close="102", period=Period.H1, symbol="A"))
    assert alerts.check([row], START + 1)
    periods = frozenset({Period.M1, Period.M5})
    assert "are not kept; there are 1m, 5m" in alerts.use([Alert("chg>1", "1h")], Scope(periods=periods))["chg>1"]
    assert "soon" in alerts.use([Alert("chg>1", "soon")])["chg>1"]


def test_a_filter_says_for_which_symbols_it_may_ever_hold() -> None:
    rows = [Row("BTCUSDT"), Row("ETHUSDT")]
    for text, expected in {
        "symbol=BTCUSDT last>1": [True, False],
        "btc or chg>1": [True, True],
        "!btc chg>1": [False, True],
        "!(btc or chg>1)": [False, True],
        "chg>1 (btc or eth)": [True, True],
        "": [True, True],
    }.items():
        assert [filters_may(text, row) for row in rows] == expected, text


def filters_may(text: str, row: Row) -> bool:
    return read_alert(text, Scope()).may(row) if text else _everything(row)


def _everything(row: Row) -> bool:
    from klagg_tui.view.filter import read

    return read("").may(row)


def test_gone_back_to_a_moment_alerts_stand_as_they_stood_and_what_comes_until_then_is_no_news() -> None:
    alerts = _alerts("last>100", pause_ms=0)
    alerts.put(Alert("last>110", repeat=Repeat.ONCE))
    alerts.put(Alert("last>120", repeat=Repeat.UNTIL, until_ms=START + 5 * MINUTE))
    fired = []
    for minute, close in enumerate(["90", "105", "90", "125", "90", "90", "105"]):
        alerts.expire(START + minute * MINUTE)
        fired += alerts.check([_row("A", close)], START + minute * MINUTE)
    assert [(one.text, one.number) for one in fired] == [
        ("last>100", 1), ("last>100", 2), ("last>110", 1), ("last>120", 1), ("last>100", 3),
    ]  # fmt: skip
    at_ms = START + 2 * MINUTE
    alerts.go_back(at_ms, [one for one in fired if one.at_ms < at_ms], [one for one in fired if one.at_ms >= at_ms])
    assert [(one.count, one.last_ms, one.has_ended) for one in alerts.all] == [
        (1, START + MINUTE, False), (0, None, False), (0, None, False),
    ]  # fmt: skip
    again = []
    for minute, close in enumerate(["90", "105"]):
        again += alerts.check([_row("A", close)], START + minute * MINUTE, is_news=False)
    assert again == []
    assert alerts.holds_for("A")
    assert alerts.state_of("last>100", START + MINUTE) is State.FIRED
    for minute, close in enumerate(["90", "125", "90", "90", "105"], 2):
        alerts.expire(START + minute * MINUTE)
        again += alerts.check([_row("A", close)], START + minute * MINUTE)
    assert again == fired[1:]


def test_gone_back_to_a_moment_behind_its_end_an_alert_has_ended_still() -> None:
    alerts = _alerts("last>100", repeat=Repeat.ONCE)
    alerts.put(Alert("last>120", repeat=Repeat.UNTIL, until_ms=START + MINUTE))
    alerts.check([_row("A", "90")], START)
    fired = alerts.check([_row("A", "105")], START + MINUTE)
    alerts.expire(START + 5 * MINUTE)
    alerts.go_back(START + 3 * MINUTE, fired, [])
    assert [one.has_ended for one in alerts.all] == [True, True]
