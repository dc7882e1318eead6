"""The declarations of the metrics, and the holder of their values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from klagg_tui.metrics import Metric, Metrics, together

DOCS = Path(__file__).parents[1] / "docs" / "api.md"


def test_the_documentation_has_each_metric_as_it_is_declared() -> None:
    told = re.findall(
        r"^\| `([^`]+)` \| (.*) \| (counter|gauge) \| (.*) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert told == [(each.value, each.unit.value, each.kind.value, each.sentence) for each in Metric]


def test_each_metric_has_a_label_of_its_own_that_fits_and_one_sentence() -> None:
    labels = [metric.label for metric in Metric]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 30
    assert all(metric.sentence.endswith(".") and metric.sentence.count(". ") == 0 for metric in Metric)


def test_what_is_counted_adds_up_and_what_is_set_is_replaced() -> None:
    metrics = Metrics()
    assert metrics[Metric.HOLES] == 0
    metrics.add(Metric.HOLES)
    metrics.add(Metric.HOLES, 4)
    metrics.set(Metric.MEMORY, 1.5)
    metrics.set(Metric.MEMORY, 2.5)
    assert metrics.snapshot() == {Metric.HOLES: 5, Metric.MEMORY: 2.5}


def test_a_snapshot_does_not_change() -> None:
    metrics = Metrics()
    metrics.add(Metric.HOLES)
    before = metrics.snapshot()
    metrics.add(Metric.HOLES)
    assert before == {Metric.HOLES: 1}
    with pytest.raises(TypeError):
        before[Metric.HOLES] = 7  # type: ignore[index]


def test_a_metric_is_found_by_the_name_that_programs_know() -> None:
    assert Metric("bars equal") is Metric.BARS_EQUAL


def test_of_several_parts_the_sums_count_and_of_what_cannot_be_added_up_the_largest() -> None:
    parts = [
        {Metric.REQUESTS: 3.0, Metric.DELAY: 20.0},
        {Metric.REQUESTS: 4.0, Metric.DELAY: 900.0, Metric.TRADES: 1.0},
    ]
    assert together(parts) == {Metric.REQUESTS: 7, Metric.DELAY: 900, Metric.TRADES: 1}
    assert together([]) == {}
