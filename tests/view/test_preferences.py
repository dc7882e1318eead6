"""The user's preferences, and the state file they are read from."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.indicators.entry import read_entry
from klagg_tui.view.preferences import Preferences, from_plain


def test_what_is_remembered_is_read_back() -> None:
    chosen = Preferences(
        period="1h", sort="chg(1d)", columns=("symbol", "vol", "rvol(5m,20)", "-(chg +1.5%)/2", "hot"), saved_filters=(("a", "btc"),),
        watchlists=(("Mine", ("BTCUSDT",)),), alerts=("last>1",), local_time=True, export_presets=(ExportPreset("two", "1m 1h", "-2d", bars="whole"),),
    )  # fmt: skip
    plain = json.loads(json.dumps(chosen.as_plain(Preferences())))
    assert from_plain(plain, Preferences()) == chosen


def test_what_was_not_chosen_follows_the_settings() -> None:
    assert Preferences(period="1h").as_plain(Preferences()) == {"period": "1h"}
    assert from_plain({"period": "1h"}, Preferences(theme="nord")).theme == "nord"


def test_own_names_are_the_settings_and_those_that_were_saved_since() -> None:
    defaults = Preferences(names=(("hot", "chg*2"), ("big", "vol>5")))
    chosen = replace(defaults, names=(("hot", "chg*3"), ("big", "vol>5"), ("new", "1")))
    plain = json.loads(json.dumps(chosen.as_plain(defaults)))
    assert plain == {"names": [["hot", "chg*3"], ["new", "1"]]}
    assert from_plain(plain, defaults) == chosen
    later = Preferences(names=(("big", "vol>6"),))
    assert dict(from_plain(plain, later).names) == {"big": "vol>6", "hot": "chg*3", "new": "1"}
    assert "names" not in replace(defaults, period="1h").as_plain(defaults)


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


_NAMES = st.sampled_from(sorted(Preferences.__slots__))


@given(st.one_of(_PLAIN, st.dictionaries(_NAMES, _PLAIN, max_size=6)))
def test_a_damaged_state_file_leaves_the_defaults(plain: object) -> None:
    read = from_plain(plain, Preferences())
    assert read.sort
    assert all(len(key) <= 100 for key in read.columns)
    assert read.columns
    for name, default in ((name, getattr(Preferences(), name)) for name in Preferences.__slots__):
        assert type(getattr(read, name)) is type(default)


def test_used_filters_are_kept_once_newest_last_and_not_without_end() -> None:
    chosen = Preferences()
    for text in ("a", "b", "a", ""):
        chosen = chosen.with_filter_used(text)
    assert chosen.filter_history == ("b", "a")
    for number in range(100):
        chosen = chosen.with_filter_used(str(number))
    assert len(chosen.filter_history) == 50


def test_a_layout_that_there_is_not_is_the_usual_one() -> None:
    split = Preferences(layout="split")
    assert from_plain(split.as_plain(Preferences()), Preferences()) == split
    assert from_plain({"layout": "wall"}, Preferences()).layout == "table"


def test_lengths_of_indicators_are_remembered_where_they_are_not_the_usual_ones() -> None:
    chosen = Preferences().with_indicator(read_entry("rsi 21")).with_indicator(read_entry("macd 5"))
    assert chosen.entries == ("averages 7 25 99", "rsi 21", "macd 5 26 9")
    plain = json.loads(json.dumps(chosen.as_plain(Preferences())))
    assert plain == {"rsi": True, "macd": True, "lengths": [["rsi", "21"], ["macd", "5 26 9"]]}
    assert from_plain(plain, Preferences()) == chosen
    usual = chosen.with_indicator(read_entry("rsi 14"))
    assert usual.lengths == (("macd", "5 26 9"),)
    assert usual.with_indicator_switched("macd").entries == ("averages 7 25 99", "rsi 14")


def test_lengths_that_cannot_be_are_left_out() -> None:
    plain = {"lengths": [["rsi", "21"], ["macd", "0"], ["none", "3"], ["", "rsi 5"], ["rsi"], 7], "rsi": True}
    assert from_plain(plain, Preferences(indicators=())).entries == ("rsi 21",)
