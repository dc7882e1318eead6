"""Delays as they are counted and read."""

from __future__ import annotations

import time

import pytest

from bench.delay import percentile
from bench.stream_sender import late_us, sent_us


@pytest.mark.parametrize(("share", "found_ms"), [(0.5, 0.3), (0.9, 0.3), (0.99, 2.0), (1.0, 40.0)])
def test_a_percentile_is_the_delay_within_which_so_many_came(share: float, found_ms: float) -> None:
    assert percentile([(1, 40), (3, 54), (20, 5), (400, 1)], share) == found_ms


def test_a_delay_is_right_where_the_times_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = iter([(10**12 - 5) * 1_000, (10**12 + 7) * 1_000])
    monkeypatch.setattr(time, "monotonic_ns", lambda: next(now_ns))
    assert late_us([sent_us()]) == [12]
