"""Samples of the metrics, a second each."""

from __future__ import annotations

from klagg_tui.engine.events import Counters
from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.view.health.samples import Health
from tests.makers import START


def test_trades_a_second_come_from_the_counter() -> None:
    health = Health()
    for second in range(3):
        status = Status("x", Mode.LIVE, START, 12.0, metrics={Metric.MEMORY: 90.0 + second})
        health.sample(status._replace(counters=status.counters._replace(trades=second * 700)))
    assert health.last(Metric.TRADES_PER_SECOND) == 700
    assert (health.last(Metric.DELAY), health.last(Metric.MEMORY), health.last(Metric.GAPS)) == (12, 92, 0)
    assert health.last(Metric.PROCESSOR) == 0, "there is none"
    assert health.seconds == 3


def test_what_the_engine_counts_stands_among_the_metrics_by_the_same_names() -> None:
    health = Health()
    health.sample(Status("x", Mode.LIVE, START, counters=Counters(*range(1, len(Counters._fields) + 1))))
    counters = Counters(*range(1, len(Counters._fields) + 1))._asdict()
    sampled = {metric.value.replace(" ", "_"): values[-1] for metric, values in health.samples.items()}
    assert sampled == {name: counters[name] for name in sampled}
    assert len(sampled) == 9
