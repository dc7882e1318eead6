"""Presets of the export form."""

from __future__ import annotations

import pytest

from klagg_tui.errors import BadUsage
from klagg_tui.view import exports
from klagg_tui.view.exports import READY, ExportPreset

MINE, OTHER = ExportPreset("mine", "5m"), ExportPreset("other", "1h", "-3d", "yesterday", "whole", "★ Majors", "csv")


def test_presets_are_put_renamed_and_removed_by_their_names() -> None:
    saved = exports.put(exports.put((), MINE), OTHER)
    assert saved == (MINE, OTHER)
    newer = ExportPreset("mine", "1d")
    assert exports.put(saved, newer) == (newer, OTHER)
    assert [each.name for each in exports.renamed(saved, "mine", "new")] == ["new", "other"]
    assert exports.renamed(saved, "mine", "other") == (ExportPreset("other", "5m"),)
    assert exports.renamed(saved, "mine", "mine") == saved
    assert exports.removed(saved, "mine") == (OTHER,)


def test_a_saved_one_goes_before_a_ready_one_and_names_are_typed_in_any_letters() -> None:
    mine = ExportPreset("whole", "1m")
    assert exports.find((mine,), "whole") is mine
    assert exports.find((), "Last-Day") is READY[0]
    assert list(exports.known((MINE, mine))) == ["mine", "whole", "last-day", "last-month"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mien", "There is no preset 'mien'; did you mean mine?"),
        ("xyz", "There is no preset 'xyz'; there are mine, last-day, last-month, whole."),
    ],
)
def test_one_that_is_not_there_is_told_with_near_ones(name: str, said: str) -> None:
    with pytest.raises(BadUsage) as error:
        exports.find((MINE,), name)
    assert str(error.value) == said


def test_a_preset_in_words() -> None:
    assert MINE.note == "5m, from the beginning"
    assert OTHER.note == "★ Majors, 1h, from -3d to yesterday, whole bars, csv"


@pytest.mark.parametrize(
    "damage", [None, 7, "x", [7], [{"name": 7}], [{"periods": "1m"}], [{"name": ""}], [{"name": "a", "bars": "odd"}], [{"name": "a", "end": None}]]
)  # fmt: skip
def test_what_is_no_preset_is_left_out(damage: object) -> None:
    assert exports.from_plain(damage) == ()


def test_of_two_of_a_name_the_last_counts_and_what_a_newer_klagg_says_is_passed_over() -> None:
    read = exports.from_plain([{"name": "a", "periods": "1m"}, {"name": "a", "periods": "5m", "colour": 7}])
    assert read == (ExportPreset("a", "5m"),)
