"""What is asked over REST."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.okx.wire.requests import (
    bars_request,
    instruments_request,
    recent_trades_request,
    trades_request,
)

NOW_MS = 1_692_547_260_000
MINUTE = 60_000
DAY = 86_400_000


def asked(period: Period, start_ms: int | None, end_ms: int | None, limit: int = 300) -> tuple[str, dict[str, str]]:
    request = bars_request("BTC-USDT", period, start_ms, end_ms, limit=limit, now_ms=NOW_MS)
    return request.path.rpartition("/")[2], dict(request.parameters)


def test_the_newest_bars() -> None:
    expected = {"instId": "BTC-USDT", "bar": "1m", "limit": "2"}
    assert asked(Period.M1, None, None, 2) == ("candles", expected)


def test_both_ends_of_a_range_are_within_it() -> None:
    path, given = asked(Period.M1, NOW_MS - 5 * MINUTE, NOW_MS - MINUTE)
    assert path == "candles"
    assert (given["before"], given["after"]) == (str(NOW_MS - 5 * MINUTE - 1), str(NOW_MS - MINUTE + 1))


def test_of_a_long_range_the_first_bars_are_asked_for() -> None:
    _, given = asked(Period.M1, NOW_MS - 500 * MINUTE, NOW_MS, 10)
    assert (given["before"], given["after"]) == (str(NOW_MS - 500 * MINUTE - 1), str(NOW_MS - 490 * MINUTE))


def test_a_range_that_begins_off_the_grid_has_as_many_bars() -> None:
    _, given = asked(Period.M1, NOW_MS - 500 * MINUTE + 1, None, 10)
    assert given["after"] == str(NOW_MS - 489 * MINUTE)


def test_months_are_counted_by_the_calendar() -> None:
    january_ms = 1_672_531_200_000
    _, given = asked(Period.MO1, january_ms, None, 2)
    assert given["after"] == str(january_ms + 59 * DAY)


def test_a_page_has_no_more_than_three_hundred() -> None:
    _, given = asked(Period.M1, NOW_MS - 1_000 * MINUTE, None, 1_000)
    assert (given["limit"], given["after"]) == ("300", str(NOW_MS - 700 * MINUTE))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "path"),
    [
        (NOW_MS - 1_399 * MINUTE, None, "candles"),
        (NOW_MS - 1_401 * MINUTE, None, "history-candles"),
        (NOW_MS - 1_401 * MINUTE, NOW_MS, "history-candles"),
        (None, NOW_MS - 1_401 * MINUTE, "history-candles"),
        (0, MINUTE, "history-candles"),
    ],
)
def test_what_is_older_than_1440_bars_is_elsewhere(start_ms: int | None, end_ms: int | None, path: str) -> None:
    assert asked(Period.M1, start_ms, end_ms)[0] == path


def test_every_period_that_it_has_is_asked_for_by_its_name_at_utc() -> None:
    names = {period: asked(period, None, None)[1]["bar"] for period in Period if period in facts.CANDLE.periods}
    assert names[Period.H4] == "4H"
    from_utc = {Period.H6: "6Hutc", Period.H12: "12Hutc", Period.D1: "1Dutc", Period.W1: "1Wutc", Period.MO1: "1Mutc"}
    assert {period: name for period, name in names.items() if name.endswith("utc")} == from_utc
    assert len(names) == 13


def test_trades_are_asked_for_by_what_is_older_than_an_id() -> None:
    request = trades_request("BTC-USDT", 1_000, 40)
    assert request.path == "/api/v5/market/history-trades"
    assert dict(request.parameters) == {"instId": "BTC-USDT", "type": "1", "after": "1040", "limit": "40"}
    assert dict(recent_trades_request("BTC-USDT").parameters) == {"instId": "BTC-USDT", "limit": "500"}


def test_a_listing_is_of_one_market() -> None:
    assert [instruments_request(market).parameters for market in (facts.SWAP, facts.SPOT)] == [
        (("instType", "SWAP"),),
        (("instType", "SPOT"),),
    ]
