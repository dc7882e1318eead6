"""What becomes of preferences that several windows chose."""

from dataclasses import fields, replace
from itertools import permutations
from typing import Any

import pytest

from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.merging import merged
from klagg_tui.view.preferences import MAX_FILTER_HISTORY, Preferences

BEFORE = Preferences(
    filter_history=("a", "b"),
    saved_filters=(("hot", "chg>3"), ("cold", "chg<-3")),
    watchlists=(("First", ("AUSDT", "BUSDT")), ("Second", ("CUSDT",))),
    export_presets=(ExportPreset("daily"),),
    marks=("binance-um:AUSDT",),
)
CHOSEN: tuple[dict[str, Any], ...] = (
    {"filter": "btc", "filter_history": ("a", "b", "btc")},
    {"saved_filters": (("hot", "chg>5"), ("cold", "chg<-3"), ("new", "last>1"))},
    {"watchlists": (("First", ("AUSDT", "BUSDT", "DUSDT")), ("Second", ("CUSDT",)))},
    {"columns": ("symbol", "last"), "period": "1h", "theme": "nord"},
    {"export_presets": (ExportPreset("daily", "1d"), ExportPreset("weekly")), "marks": ()},
)


def test_what_windows_chose_of_different_things_is_all_there_in_whatever_order_they_write() -> None:
    chosen = [replace(BEFORE, **what) for what in CHOSEN]
    everything = replace(BEFORE, **{name: value for what in CHOSEN for name, value in what.items()})
    for order in permutations(chosen, 3):
        found = BEFORE
        for now in (*order, *(each for each in chosen if each not in order)):
            found = merged(found, BEFORE, now)
        assert found == everything


@pytest.mark.parametrize(
    ("name", "found", "now", "after"),
    [
        ("saved_filters", (("hot", "chg>4"), ("their", "x")), (("hot", "chg>5"),), (("hot", "chg>5"), ("their", "x"))),
        ("saved_filters", (("hot", "chg>3"), ("their", "x")), (), (("their", "x"),)),
        ("watchlists", (("First", ("BUSDT", "EUSDT")),), (("First", ("AUSDT",)),), (("First", ("EUSDT",)),)),
        ("watchlists", (), (("First", ("AUSDT", "BUSDT", "DUSDT")),), (("First", ("AUSDT", "BUSDT", "DUSDT")),)),
        ("marks", ("okx:B",), ("binance-um:AUSDT", "okx:C"), ("okx:B", "okx:C")),
        ("filter_history", ("a", "b", "their"), ("a", "b", "our"), ("a", "b", "their", "our")),
        ("period", "1h", "4h", "4h"),
    ],
)
def test_of_collections_entries_are_put_in_and_taken_out_one_by_one(
    name: str, found: Any, now: Any, after: object
) -> None:
    before = replace(BEFORE, saved_filters=(("hot", "chg>3"), ("cold", "chg<-3")))
    whole = merged(replace(before, **{name: found}), before, replace(before, **{name: now}))
    assert getattr(whole, name) == after
    assert all(getattr(whole, each.name) == getattr(before, each.name) for each in fields(whole) if each.name != name)


def test_the_history_of_filters_stays_as_short_as_it_was() -> None:
    full = replace(BEFORE, filter_history=tuple(map(str, range(MAX_FILTER_HISTORY))))
    whole = merged(full.with_filter_used("their"), full, full.with_filter_used("our"))
    assert len(whole.filter_history) == MAX_FILTER_HISTORY
    assert whole.filter_history[-2:] == ("their", "our")
