"""Indicators as they are typed."""

import pytest

from klagg_tui.errors import BadIndicator
from klagg_tui.view.indicators.entry import begun, read_entry
from klagg_tui.view.indicators.registry import INDICATORS


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("rsi", "RSI 14"),
        (" RSI  21 ", "RSI 21"),
        ("rsi21", "RSI 21"),
        ("macd(5,35,5)", "MACD 5 35 5"),
        ("macd 5", "MACD 5 26 9"),
        ("bb 50 2.5", "Bollinger 50 2.5"),
        ("bollinger 50", "Bollinger 50 2"),
        ("ema 20 50 200", "EMA 20 50 200"),
        ("ma 50", "averages 50"),
        ("oi", "Open interest"),
        ("open interest", "Open interest"),
        ("volume profile", "Profile"),
    ],
)
def test_a_name_and_lengths_are_read_and_what_is_left_out_is_the_usual(text: str, word: str) -> None:
    assert read_entry(text).word == word


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "No indicator is called"),
        ("atr 14", "No indicator is called atr"),
        ("rsi 1", "the length is a whole number from 2 to 500, not 1"),
        ("rsi 501", "not 501"),
        ("rsi 14.5", "not 14.5"),
        ("rsi -3", "not -3"),
        ("rsi x", "called rsi x"),
        ("rsi 1x", "not 1x"),
        ("rsi nan", "No indicator is called rsi nan"),
        ("rsi 9999999999999999999", "not 9999999999999999999"),
        ("rsi 14 15", "takes one length"),
        ("cvd 5", "takes no length"),
        ("macd 1 2 3 4", "at most 3 lengths"),
        ("macd 26 12 9", "shorter than the slow one"),
        ("bb 20 0", "the number of deviations is a number from 0.1 to 10"),
    ],
)
def test_what_cannot_be_is_told(text: str, part: str) -> None:
    with pytest.raises(BadIndicator, match=part):
        read_entry(text)


def test_every_entry_is_read_as_what_wrote_it() -> None:
    for indicator in INDICATORS:
        assert read_entry(indicator.entry) is indicator or read_entry(indicator.entry) == indicator


def test_a_beginning_finds_what_it_may_become_and_a_whole_name_that_alone() -> None:
    assert [one.key for one in begun("m", INDICATORS)] == ["averages", "macd"]
    assert [one.key for one in begun("ma 5", INDICATORS)] == ["averages"]
    assert [one.key for one in begun("", INDICATORS)] == [one.key for one in INDICATORS]
    assert begun("xyz", INDICATORS) == []
