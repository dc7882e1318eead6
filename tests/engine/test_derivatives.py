"""Minutes of what is told beside trades: the last of each value, sums of liquidations, nothing twice and nothing made up."""

from __future__ import annotations

import pytest

from klagg_tui.engine import derivatives
from klagg_tui.engine.derivatives import (
    LATE_MS,
    ContractQuote,
    DerivativeMinute,
    DerivativesBook,
    Liquidation,
    minute_of,
    rate,
)
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.errors import BadNumber
from tests.makers import MINUTE, START, SYMBOL

FOREVER = START * 2
OTHER = "ETHUSDT"


def book(*, tells_liquidations: bool = True) -> DerivativesBook:
    made = DerivativesBook(tells_liquidations=tells_liquidations)
    made.follow([SYMBOL])
    return made


def quote(at_ms: int = START, mark: str | None = "61800.5", symbol: str = SYMBOL, **values: int) -> ContractQuote:
    return ContractQuote(symbol, at_ms, None if mark is None else price(mark), **values)


def liquidation(at_ms: int = START, volume: str = "0.5", *, is_long: bool = True) -> Liquidation:
    return Liquidation(SYMBOL, at_ms, is_long, quantity(volume), turnover("30900"))


@pytest.mark.parametrize(
    ("text", "value"), [("0.0001", 10**16), ("-0.00001234", -1234 * 10**12), ("0", 0), ("-0", 0), ("1", 10**20)]
)
def test_a_rate_is_read_exactly_with_its_sign(text: str, value: int) -> None:
    assert rate(text) == value


@pytest.mark.parametrize("text", ["", "-", "--1", "+1", "1e-4", "nan", "0.000000000000000000001"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(BadNumber):
        rate(text)


def test_a_minute_has_the_last_of_each_value() -> None:
    held = book()
    told = [
        quote(
            START + 1_000, "61800.5", index_price=price("61790"), funding_rate=rate("0.0001"), next_funding_ms=FOREVER
        ),
        quote(START + 2_000, None, open_interest=quantity("12345.678"), funding_every_ms=28_800_000),
        quote(START + 4_000, "61801.25"),
    ]
    held.take(told, FOREVER)
    held.tick(START + MINUTE + LATE_MS)
    assert held.take_ended() == [
        DerivativeMinute(
            SYMBOL,
            START,
            price("61801.25"),
            price("61790"),
            rate("0.0001"),
            FOREVER,
            28_800_000,
            quantity("12345.678"),
            *(0,) * 6,
        )
    ]
    assert held.take_ended() == []


def test_liquidations_add_up_by_side() -> None:
    held = book()
    held.take([liquidation(START + 1), liquidation(START + 2, "1.5"), liquidation(START + 3, is_long=False)], FOREVER)
    held.end_all()
    (minute,) = held.take_ended()
    assert minute[8:] == (quantity("2"), turnover("61800"), 2, quantity("0.5"), turnover("30900"), 1)
    assert minute.mark_price is None


def test_a_liquidation_that_two_connections_bring_counts_once() -> None:
    held = book()
    held.take([liquidation()], FOREVER)
    held.take([liquidation()], FOREVER)
    held.end_all()
    assert held.take_ended()[0].long_count == 1


def test_of_many_liquidations_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivatives, "_MOST_SEEN", 2)
    held = book()
    held.take([liquidation(START + step) for step in range(3)], FOREVER)
    held.take([liquidation(START), liquidation(START + 2)], FOREVER)
    held.end_all()
    assert held.take_ended()[0].long_count == 4


def test_where_liquidations_are_not_told_they_are_unknown_and_not_zero() -> None:
    held = book(tells_liquidations=False)
    held.take([quote()], FOREVER)
    held.end_all()
    assert held.take_ended()[0][8:] == (None,) * 6


def test_an_older_mark_price_does_not_replace_a_newer_one() -> None:
    held = book()
    held.take([quote(START + 6_000, "2"), quote(START + 3_000, "1"), quote(START + 6_000, "3")], FOREVER)
    held.end_all()
    assert held.take_ended()[0].mark_price == price("3")


def test_what_lies_ahead_of_the_clock_or_is_not_followed_is_left_out() -> None:
    held = book()
    held.take([quote(START + 1), quote(START, symbol=OTHER)], START)
    held.end_all()
    assert held.take_ended() == []
    assert len(held) == 0


def test_a_minute_waits_a_little_for_what_is_late() -> None:
    held = book()
    held.take([quote(START + 59_000, "1"), quote(START + MINUTE, "2")], FOREVER)
    assert len(held) == 1
    held.tick(START + MINUTE + LATE_MS - 1)
    held.take([liquidation(START + 59_999)], FOREVER)
    assert held.take_ended() == []
    held.tick(START + MINUTE + LATE_MS)
    (minute,) = held.take_ended()
    assert (minute.open_ms, minute.mark_price, minute.long_count) == (START, price("1"), 1)


def test_what_comes_later_still_is_a_part_to_be_merged() -> None:
    held = book()
    held.tick(START + MINUTE + LATE_MS)
    held.take([liquidation(START + 1)], FOREVER)
    assert held.take_ended() == [minute_of(liquidation(START + 1))]


def test_merged_takes_the_newer_values_and_both_sums() -> None:
    older = DerivativeMinute(SYMBOL, START, mark_price=1, index_price=2, long_count=3, short_count=None)
    newer = DerivativeMinute(SYMBOL, START, mark_price=5, long_count=4, short_count=6, short_volume=None)
    assert older.merged(newer) == DerivativeMinute(
        SYMBOL, START, mark_price=5, index_price=2, long_count=7, short_count=6
    )


def test_a_symbol_that_is_left_ends_and_is_told_no_more() -> None:
    held = book()
    held.take([quote(START + 30_000)], FOREVER)
    held.follow([OTHER])
    assert [minute.symbol for minute in held.take_ended()] == [SYMBOL]
    held.take([quote(START + 31_000), quote(START + 31_000, symbol=OTHER)], FOREVER)
    held.follow([SYMBOL, OTHER])
    held.take([quote(START + 3_000, "7")], FOREVER)  # what was told before it was left does not count any more
    held.end_all()
    assert [(minute.symbol, minute.mark_price) for minute in held.take_ended()] == [
        (OTHER, price("61800.5")),
        (SYMBOL, price("7")),
    ]


def test_news_are_what_changed_since_they_were_taken_in_its_newest_state() -> None:
    held = book()
    held.take([quote(START, "1")], FOREVER)
    assert [minute.mark_price for minute in held.take_news()] == [price("1")]
    assert held.take_news() == ()
    held.take([quote(START + 1, "2"), quote(START + 2, "3")], FOREVER)
    held.tick(START + 2 * MINUTE)
    assert [minute.mark_price for minute in held.take_news()] == [price("3")]
    assert held.take_news() == ()


def test_of_news_that_nobody_takes_the_oldest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivatives, "_MOST_NEWS", 2)
    held = book()
    held.take_news()
    held.take([quote(START + step * MINUTE, str(step + 1)) for step in range(3)], FOREVER)
    assert [minute.mark_price for minute in held.take_news()] == [price("2"), price("3")]


def test_what_is_stored_is_recalled_for_a_screen_that_looks_and_replaces_nothing_newer() -> None:
    held = book()
    stored = [DerivativeMinute(SYMBOL, START - at * MINUTE, open_interest=at) for at in range(3)]
    held.recall(stored)
    assert held.waiting == 0
    held.take_news()
    held.take([quote(START, "1")], FOREVER)
    held.recall([*stored, DerivativeMinute(SYMBOL, START - MINUTE, open_interest=7)])
    assert held.waiting == 3
    assert [(minute.open_ms, minute.open_interest) for minute in held.take_news()] == [
        (START, None),
        (START - MINUTE, 1),
        (START - 2 * MINUTE, 2),
    ]


def test_the_time_is_looked_at_once_a_second() -> None:
    held = book()
    held.tick(START + LATE_MS)
    held.take([quote(START - MINUTE)], FOREVER)
    assert len(held.take_ended()) == 1
    held.take([quote(START)], FOREVER)
    held.tick(START + LATE_MS + 999)
    assert held.take_ended() == []


def test_what_has_not_ended_yet_is_under_way() -> None:
    held = book()
    held.follow([SYMBOL, OTHER])
    held.take([quote(START), quote(START + MINUTE), quote(START, symbol=OTHER)], FOREVER)
    assert [minute.open_ms for minute in held.under_way(SYMBOL)] == [START, START + MINUTE]
    held.tick(START + MINUTE + LATE_MS)
    assert [minute.open_ms for minute in held.under_way(SYMBOL)] == [START + MINUTE]
    assert held.under_way("XRPUSDT") == []
