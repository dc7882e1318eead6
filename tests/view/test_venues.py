"""The exchanges of one market."""

import pytest

from klagg_tui.feed import FeedUpdate, Mode, Status, VenueStatus
from klagg_tui.metrics import Metric
from klagg_tui.view import venues
from klagg_tui.view.model import Market
from klagg_tui.view.role import Role
from tests.makers import START

LIVE = VenueStatus("okx", "OKX", Mode.LIVE, "connected", START, delay_ms=12.0, symbols=2)
DOWN = VenueStatus(
    "kraken", "Kraken", Mode.OFFLINE, "no connection", START, knows_time=False, notices=("It answers 451.",)
)


def _status(*told: VenueStatus, notices: tuple[str, ...] = ()) -> Status:
    return Status("exchanges", Mode.LIVE, START, venues=told, notices=notices)


def _market(*symbols: str) -> Market:
    market = Market()
    market.apply(FeedUpdate(symbols_added=symbols))
    return market


def test_where_one_exchange_is_watched_there_are_no_tabs_and_no_lines() -> None:
    one = _status(LIVE._replace(key=""))
    assert venues.keys_of(_market("BTCUSDT"), one) == ()
    assert venues.tabs_of(_market("BTCUSDT"), one) == []
    assert venues.health_lines(one, local=False, width=120) == []
    assert venues.stale_venues(_market("BTCUSDT"), one._replace(venues=())) == frozenset()


def test_each_exchange_has_a_tab_with_its_symbols_and_a_sign_where_it_is_not_well() -> None:
    tabs = venues.tabs_of(_market("okx:A", "okx:B", "coinbase:C"), _status(DOWN, LIVE))
    assert [(tab.key, tab.symbols, tab.sign) for tab in tabs] == [
        ("", 3, ""), ("kraken", 0, "○"), ("okx", 2, ""), ("coinbase", 1, "○"),
    ]  # fmt: skip
    assert venues.names_of(_market("okx:A"), _status(DOWN, LIVE)) == {"kraken": "Kraken", "okx": "OKX"}


@pytest.mark.parametrize(
    ("told", "sign"),
    [
        (LIVE, ""),
        (LIVE._replace(is_behind=True), "✕"),
        (LIVE._replace(notices=("Slow.",)), "▲"),
        (DOWN, "○"),
        (None, "○"),
    ],
)
def test_how_an_exchange_is_doing_is_one_sign(told: VenueStatus | None, sign: str) -> None:
    assert venues.sign_of(told)[0] == sign


def test_only_the_rows_of_exchanges_that_are_down_behind_or_not_watched_are_stale() -> None:
    market = _market("okx:A", "kraken:B", "stored:C")
    assert venues.stale_venues(market, _status(DOWN, LIVE)) == {"kraken", "stored"}
    assert venues.stale_venues(market, _status(DOWN, LIVE._replace(is_behind=True))) == {"kraken", "okx", "stored"}


def test_tabs_are_gone_through_round_and_round() -> None:
    assert [venues.following(["a", "b"], shown, 1) for shown in ("", "a", "b", "gone")] == ["a", "b", "", "a"]
    assert venues.following(["a", "b"], "", -1) == "b"


def test_the_troubles_of_the_exchange_on_view_come_first() -> None:
    status = _status(DOWN, LIVE, notices=("The disk is full.", "OKX: Slow.", "Kraken: It answers 451."))
    assert venues.notices_of(status, "kraken") == ("Kraken: It answers 451.", "The disk is full.", "OKX: Slow.")
    assert venues.notices_of(status, "") == status.notices


@pytest.mark.parametrize("width", [80, 120, 200])
def test_health_has_a_line_for_each_exchange_and_one_for_each_trouble(width: int) -> None:
    metrics = {
        Metric.WEIGHT_USED: 2_300.0,
        Metric.WEIGHT_LIMIT: 2_400.0,
        Metric.OWED_MINUTES: 4_315.0,
        Metric.OWED_SYMBOLS: 12.0,
        Metric.SILENT_SYMBOLS: 3.0,
    }
    lines = venues.health_lines(_status(LIVE._replace(metrics=metrics), DOWN), local=False, width=width)
    texts = ["".join(piece.text for piece in line) for line in lines]
    assert all(len(text) < width for text in texts)
    assert [text.split()[0] for text in texts[:-1]] == ["Exchange", "okx", "kraken", "▲"]
    for part in ("● connected", "00:00:00", "12 ms", "2.30K/2.40K", "4.32K min/12"):
        assert part in texts[1]
    assert "○ no connection" in texts[2]
    assert "451" in texts[3]
    warned = [piece.text.strip() for piece in lines[1] if piece.role is Role.WARN]
    assert {"2.30K/2.40K", "4.32K min/12"} <= set(warned)
    if width >= 120:
        assert "3" in warned
