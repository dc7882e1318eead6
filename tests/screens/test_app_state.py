"""What all screens share."""

from collections.abc import Sequence

import pytest

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.palette import Tints
from klagg_tui.view.alerts import Alert, Firing, Ledger, Repeat
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.makers import MINUTE


def _state(preferences: Preferences | None = None) -> AppState:
    state = AppState(MadeMarket(3), preferences or Preferences(), lambda _preferences: None)
    state.beat()
    return state


def test_a_period_that_the_feed_does_not_have_is_its_shortest() -> None:
    assert str(_state(Preferences(period="1h")).period) == "1h"
    assert str(_state(Preferences(period="3m")).period) == "1m"
    assert str(_state(Preferences(period="soon")).period) == "1m"


def test_a_saved_filter_or_alert_that_cannot_be_read_any_more_is_not_used_but_told() -> None:
    state = _state(
        Preferences(
            filter="@gone",
            columns=("symbol", "volx", "chg(1h)"),
            sort="rvl(5m)",
            alerts=("chg24h>5", "chg(3d)>1", "rsi(3m)>70"),
        )
    )
    assert state.filter.text == ""
    assert state.alerts.texts == ("chg(3d)>1",)
    assert state.unread == [
        "The alert chg24h>5 is not watched: There is no column chg24h; did you mean chg(24h)?",
        f"The alert rsi(3m)>70 is not watched: Bars of 3m are not kept; there are {', '.join(map(str, state.feed.periods))}.",
        "The column volx is left out: There is no column volx; did you mean vol?",
        "The column rvl(5m) is left out: There is no figure rvl; did you mean rvol?",
        "The filter @gone is not used: No filter is saved as 'gone'.",
    ]


def test_the_figures_of_filter_and_alerts_are_computed_and_no_others() -> None:
    state = _state(Preferences(columns=("symbol",), sort="last", filter="chg(1m)>-50", alerts=("trades(5m)>1",)))
    in_use = state.live.screener
    assert {str(call) for call in in_use.calls} == {"chg(1m)", "trades(5m)"}
    assert any(state.filter.matches(row, state.period, state.now_ms) for row in state.live.rows.values())
    state.use_filter("btc")
    assert {str(call) for call in in_use.calls} == {"trades(5m)"}
    state.remove_alert("trades(5m)>1")
    state.put_alert(Alert("rsi(1m)<30"))
    assert {str(call) for call in in_use.calls} == {"rsi(1m)"}
    state.use_kept(saved_filters=(("mine", "vwap>1"),))
    state.remove_alert("rsi(1m)<30")
    state.put_alert(Alert("@mine"))
    assert {str(call) for call in in_use.calls} == {"vwap(24h)"}
    state.choose(columns=("symbol", "rvol(5m)", "hot"), sort="natr(1h)/2", names=(("hot", "beta+1"),))
    assert {str(call) for call in in_use.calls} == {"vwap(24h)", "rvol(5m)", "beta(1h)", "natr(1h)"}


def test_where_no_column_can_be_found_the_usual_ones_are_shown() -> None:
    assert [column.key for column in _state(Preferences(columns=("gone",))).columns()] == [
        column.key for column in _state().columns()
    ]
    state = _state(Preferences(columns=("symbol", "gone", "chg(1h)")))
    assert [column.key for column in state.columns()] == ["symbol", "chg(1h)"]
    assert all(one is other for one, other in zip(state.columns(), state.columns(), strict=True)), "made once"


def test_the_figures_of_columns_and_order_are_computed_while_they_are_on_view() -> None:
    names = (("hot", "rvol(5m)*chg(5m)"),)
    state = _state(Preferences(columns=("symbol", "rsi(1h)", "hot"), sort="vwap(1h)", names=names))
    in_use = state.live.screener
    assert {str(call) for call in in_use.calls} == {"rsi(1h)", "rvol(5m)", "chg(5m)", "vwap(1h)"}
    state.choose(sort="symbol")
    assert {str(call) for call in in_use.calls} == {"rsi(1h)", "rvol(5m)", "chg(5m)"}
    state.choose(all_periods=True)
    assert {str(call) for call in in_use.calls} == {
        *(f"chg({length})" for length in ("1m", "5m", "30m", "1h", "4h", "24h", "7d")), "turnover(24h)",
    }  # fmt: skip


def test_an_order_that_cannot_be_read_is_the_usual_one_until_it_can() -> None:
    state = _state(Preferences(columns=("symbol", "rsi(3m)"), sort="cold"))
    assert state.sorting.key == "turnover(24h)"
    told = state.use_kept(names=(("cold", "chg(1h)*2"),))
    assert [sentence.partition(":")[0] for sentence in told] == ["The column rsi(3m) is left out"]
    assert state.sorting.key == "cold"


def test_a_column_of_an_own_name_follows_it() -> None:
    state = _state(Preferences(columns=("symbol", "hot"), sort="symbol", names=(("hot", "chg(5m)"),)))
    state.use_kept(names=(("hot", "chg(1h)"),))
    assert {str(call) for call in state.live.screener.calls} == {"chg(1h)"}


def test_what_uses_a_name_follows_it_when_it_changes() -> None:
    state = _state(Preferences(names=(("hot", "chg*2"),), filter="hot>1", alerts=("hot>1",)))
    assert not state.use_kept(names=(("hot", "rvol(5m)"),))
    assert state.filter.calls == state.alerts.calls != frozenset()
    told = state.use_kept(names=())
    assert ["hot>1" in sentence for sentence in told] == [True, True]
    assert state.filter.text == ""
    assert not state.alerts.texts
    assert not state.unread


def test_an_alert_begins_at_the_newest_price_where_there_is_one() -> None:
    state = _state()
    assert state.suggested_alert("BTCUSDT").startswith("symbol=BTCUSDT last>")
    assert state.suggested_alert("gone") == state.suggested_alert(None) == ""


def test_a_frozen_market_stands_while_the_live_one_goes_on() -> None:
    state = _state()
    state.freeze()
    before = state.shown_market.rows["BTCUSDT"].version
    feed = state.feed
    assert isinstance(feed, MadeMarket)
    feed.trade_at("BTCUSDT", "1.5")
    state.beat()
    assert state.shown_market.rows["BTCUSDT"].version == before
    assert state.live.rows["BTCUSDT"].version > before
    state.unfreeze()
    assert state.shown_market is state.live


def test_pairs_of_colours_go_round_and_an_unknown_one_is_the_themes() -> None:
    names = [Tints.THEME.value]
    for _ in range(3):
        names.append(Tints.after(names[-1]).value)
    assert names[0] == names[3]
    assert len(set(names)) == 3
    assert Tints.named("mauve") is Tints.THEME


class Desk:
    """Keeps what it is given, as the database does."""

    keeps = True
    notices = ("The webhook does not answer.",)

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
        self.given += [(alert.text, alert.count, alert.has_ended) for alert in changed]
        self.given += [firing.price for firing in firings]


def _state_at(desk: Desk, preferences: Preferences) -> AppState:
    return AppState(MadeMarket(3), preferences, lambda _preferences: None, desk)


def test_alerts_of_the_state_file_are_taken_over_once_and_then_kept_with_the_others() -> None:
    first = Ledger((Alert("last>2"),), (Firing(1, "BTCUSDT", "", "last>2", "", "3", "", 1),))
    desk = Desk(first, Ledger((Alert("last>2"), Alert("chg>1", "5m"))), Ledger((Alert("gone>1"),)))
    state = _state_at(desk, Preferences(alerts=("chg>1",), period="5m"))
    state.check_alerts(set())
    assert desk.given == ["chg>1"]
    assert [(alert.text, alert.period) for alert in state.alerts.all] == [("last>2", "1m"), ("chg>1", "5m")]
    assert list(state.preferences.alerts) == ["chg>1"], "until they are seen to be kept"
    assert [one.price for one in state.fired] == ["3"]
    state.check_alerts(set())
    assert not state.preferences.alerts
    assert not state.take_unread()
    state.check_alerts(set())
    assert ["gone>1" in told for told in state.take_unread()] == [True]
    assert not state.take_unread()


def test_what_fires_or_is_over_is_handed_to_where_it_is_kept() -> None:
    desk = Desk(Ledger((Alert("last>9000", repeat=Repeat.ONCE), Alert("chg>99", repeat=Repeat.UNTIL, until_ms=1))))
    state = _state_at(desk, Preferences())
    feed = state.feed
    assert isinstance(feed, MadeMarket)
    for price in ("1.5", "9001.5"):
        feed.trade_at("ETHUSDT", price)
        state.check_alerts(state.beat())
    assert desk.given == [("chg>99", 0, True), ("last>9000", 1, True), "9001.50"]
    assert state.status.notices == desk.notices
    state.remove_alert("chg>99")
    state.put_alert(Alert("chg>98"))
    assert desk.given[3:] == ["not chg>99", "chg>98"]
    assert not state.preferences.alerts


def test_what_fires_is_dated_by_its_trade_where_the_time_is_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    state = _state_at(Desk(Ledger((Alert("last>9000", repeat=Repeat.ONCE),))), Preferences())
    feed = state.feed
    assert isinstance(feed, MadeMarket)
    told = feed.status()
    before = told._replace(exchange_now_ms=told.exchange_now_ms - MINUTE)
    monkeypatch.setattr(feed, "status", lambda: before)
    feed.trade_at("ETHUSDT", "1.5")
    assert not state.check_alerts(state.beat())
    feed.trade_at("ETHUSDT", "9001.5")
    fired = state.check_alerts(state.beat())
    assert [one.at_ms for one in fired] == [state.live.newest_trade_ms]
    assert state.live.newest_trade_ms > before.exchange_now_ms
