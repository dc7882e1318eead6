"""One kline of a reply, whole and damaged."""

from typing import Any

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import State
from klagg_tui.engine.exact import price_text
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance import wire
from tests.conftest import needs_data
from tests.exchange.binance.samples import BAR, body, recorded


def test_bars_are_confirmed_once_over_and_forming_before() -> None:
    over_ms = BAR[0] + 300_000
    (bar,) = wire.read_bars(body([BAR]), "LTCUSDT", Period.M5, over_ms, over_ms)
    assert (bar.symbol, bar.open_ms, bar.state) == ("LTCUSDT", BAR[0], State.CONFIRMED)
    assert [price_text(value) for value in (bar.open, bar.high, bar.low, bar.close)] == [
        "50.49",
        "50.52",
        "50.31",
        "50.33",
    ]
    assert (bar.volume, bar.turnover, bar.trade_count) == (
        parsing.quantity("3811.648"),
        parsing.turnover("192171.59398"),
        1517,
    )
    assert (bar.taker_buy_volume, bar.taker_buy_turnover) == (
        parsing.quantity("956.116"),
        parsing.turnover("48217.57292"),
    )
    assert wire.read_bars(body([BAR]), "LTCUSDT", Period.M5, over_ms - 1, over_ms)[0].state is State.FORMING


def test_bars_that_our_clock_alone_says_are_over_are_forming() -> None:
    over_ms = BAR[0] + 300_000
    a_day_ahead_ms = over_ms + DAY_MS
    assert wire.read_bars(body([BAR]), "LTCUSDT", Period.M5, a_day_ahead_ms)[0].state is State.FORMING
    assert wire.read_bars(body([BAR]), "LTCUSDT", Period.M5, a_day_ahead_ms, over_ms - 1)[0].state is State.FORMING
    newer = [over_ms, *BAR[1:]]
    found = wire.read_bars(body([BAR, newer]), "LTCUSDT", Period.M5, a_day_ahead_ms)
    assert [bar.state for bar in found] == [State.CONFIRMED, State.FORMING]


def test_a_price_may_be_one_in_rupiah() -> None:
    row = [BAR[0], *["1800000000"] * 4, "1", *BAR[6:7], "1800000000", 1, "0", "0", "0"]
    assert wire.read_bars(body([row]), "BTCIDR", Period.M5, 0)[0].high == parsing.price("1800000000")


def test_three_day_bars_may_open_on_any_day() -> None:
    for day in (18_000, 18_001, 18_002):
        row = [day * DAY_MS, *BAR[1:]]
        assert wire.read_bars(body([row]), "X", Period.D3, 0)[0].open_ms == day * DAY_MS


def replaced(index: int, value: object) -> list[Any]:
    return [*BAR[:index], value, *BAR[index + 1 :]]


DAMAGED_BARS: dict[str, object] = {
    "no list": {}, "a bar that is no list": [7], "a bar cut short": [BAR[:9]], "a price that is null": [replaced(1, None)],
    "a high under the close": [replaced(2, "50.32")], "a low over the open": [replaced(3, "50.50")],
    "a count that is true": [replaced(8, True)], "a count that is broken": [replaced(8, 1.5)], "a count beyond all": [replaced(8, 10**12 + 1)],
    "a negative turnover": [replaced(7, "-1")], "a high of 12 digits": [replaced(2, "9" * 12)],
    "a price that went by way of a float": [replaced(1, "50.490000000002")], "an open off the grid": [replaced(0, BAR[0] + 1)],
    "a time far off": [replaced(0, 10**300)], "the same bar twice": [BAR, BAR],
}  # fmt: skip


@pytest.mark.parametrize("reply", DAMAGED_BARS.values(), ids=list(DAMAGED_BARS))
def test_damaged_bars_are_refused(reply: object) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        wire.read_bars(body(reply), "LTCUSDT", Period.M5, 0)


@needs_data
def test_recorded_bars_are_read() -> None:
    for reply in recorded("fapi-v1-klines"):
        assert len(wire.read_bars(body(reply), "LTCUSDT", Period.M5, 2 * 10**12)) == len(reply)
