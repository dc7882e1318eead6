"""Every indicator of the registry."""

from dataclasses import fields

from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.registry import INDICATORS
from klagg_tui.view.preferences import Preferences, from_plain
from tests.makers import MINUTE, START, bar


def test_every_line_has_a_value_or_none_for_each_bar() -> None:
    bars = [bar(START + number * MINUTE, str(100 + number)) for number in range(120)]
    for indicator in INDICATORS:
        for line in indicator.lines:
            assert len(line.compute(bars, Period.M1)) == len(bars)
            assert line.compute([], Period.M1) == []


def test_keys_and_bindings_are_their_own_and_no_preference_has_the_name_of_one() -> None:
    keys = [indicator.key for indicator in INDICATORS]
    assert len(set(keys)) == len({indicator.binding for indicator in INDICATORS}) == len(keys)
    assert not {field.name for field in fields(Preferences)} & set(keys)


def test_each_is_a_switch_of_its_own_in_the_state_file() -> None:
    defaults = Preferences()
    for indicator in INDICATORS:
        switched = defaults.with_indicator_switched(indicator.key)
        assert switched.as_plain(defaults) == {indicator.key: not indicator.is_default}
        assert from_plain({indicator.key: not indicator.is_default}, defaults) == switched
    assert from_plain({"averages": "yes"}, defaults) == defaults


def test_a_state_file_of_before_is_read() -> None:
    assert from_plain({"averages": False, "vwap": True}, Preferences()).indicators == ("vwap",)
