"""Rows sorted on disk."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import BadFile
from klagg_tui.importing.sorting import Sorter

ROWS = st.lists(st.tuples(st.text(max_size=3), st.integers(), st.booleans()), max_size=60)


@given(st.lists(ROWS, max_size=6), st.integers(1, 20), st.integers(1, 7))
def test_rows_come_back_sorted_once_each_however_they_came(
    parts: list[list[tuple[str, int, bool]]], most: int, size: int
) -> None:
    with Sorter(0, 1, most=most) as sorter:
        for part in parts:
            sorter.add(part)
        rows = [row for part in parts for row in part]
        assert len(sorter) == len(rows)
        batches = list(sorter.batches(size))
    assert [row for batch in batches for row in batch] == sorted(rows, key=lambda row: row[:2])
    assert {len(batch) for batch in batches[:-1]} <= {size}


def test_no_room_on_the_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("klagg_tui.importing.sorting.TemporaryFile", full)
    monkeypatch.setattr("klagg_tui.importing.sorting.gettempdir", lambda: str(tmp_path))
    with Sorter(0, most=1) as sorter, pytest.raises(BadFile, match=rf"need room in {tmp_path} .*No space left"):
        sorter.add([(1,)])
