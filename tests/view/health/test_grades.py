"""How grave values are."""

from __future__ import annotations

import pytest

from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.view.health.grades import Grade, judge, judge_connection
from klagg_tui.view.health.samples import KEPT, Health
from tests.makers import START


def seen(metric: Metric, *values: float) -> Health:
    """These values, a second each."""
    health = Health()
    for value in values:
        health.sample(Status("x", Mode.LIVE, START, metrics={metric: value}))
    return health


@pytest.mark.parametrize(
    ("metric", "values", "grade", "sentence"),
    [
        (Metric.DELAY, [40] * 9, Grade.WELL, ""),
        (Metric.DELAY, [40] * 9 + [30_000], Grade.WELL, ""),
        (Metric.DELAY, [3_000] * 4, Grade.WELL, ""),
        (Metric.DELAY, [3_000] * 5, Grade.WATCH, "What is shown is 3.0 s behind the exchange."),
        (Metric.DELAY, [30_000] * 5, Grade.BAD, "What is shown is 30.0 s behind the exchange."),
        (Metric.PROCESSOR, [99] * 29, Grade.WELL, ""),
        (Metric.PROCESSOR, [99] * 30, Grade.WATCH, "klagg uses 99% of a core and may fall behind."),
        (Metric.DIRTY_ROWS, [250_000] * 5, Grade.WATCH, "250,000 changed bars wait for the disk."),
        (Metric.BAD_FRAMES, [0, 0], Grade.WELL, ""),
        (Metric.BAD_FRAMES, [7, 7], Grade.NOTED, ""),
        (Metric.BAD_FRAMES, [7, 9], Grade.WATCH, "Frames that could not be read: 2 in the last 2 seconds."),
        (Metric.BAD_FRAMES, [7] * KEPT + [8], Grade.WATCH, "Frames that could not be read: 1 in the last 2 minutes."),
        (Metric.BAD_FRAMES, [7, 9] + [9] * KEPT, Grade.NOTED, ""),
        (Metric.RECONNECTS, [1, 3], Grade.WELL, ""),
        (Metric.RECONNECTS, [1, 4], Grade.WATCH, "Connections were lost 3 times in the last 2 seconds."),
        (Metric.OWED_MINUTES, [0] * KEPT, Grade.WELL, ""),
        (Metric.OWED_MINUTES, [50] * (KEPT - 1), Grade.NOTED, ""),
        (Metric.OWED_MINUTES, [50] * KEPT, Grade.WATCH, "50 minutes are missing, and for two minutes none has come."),
        (Metric.OWED_MINUTES, [50] * KEPT + [49], Grade.NOTED, ""),
        (Metric.OWED_MINUTES, [0, *[50] * (KEPT - 1)], Grade.NOTED, ""),
        (Metric.TRADES_HELD, [9] * KEPT, Grade.WELL, ""),
    ],
)
def test_what_lasts_or_grows_is_grave_and_what_was_is_noted(
    metric: Metric, values: list[float], grade: Grade, sentence: str
) -> None:
    judgement = judge(seen(metric, *values), metric)
    assert (judgement.grade, judgement.sentence) == (grade, sentence)


def test_what_there_is_not_is_well() -> None:
    assert judge(Health(), Metric.DELAY).grade is Grade.WELL


@pytest.mark.parametrize(
    ("status", "grade"),
    [
        (Status("x", Mode.LIVE, START, connection="connected"), Grade.WELL),
        (Status("x", Mode.LIVE, START, connection="connecting"), Grade.NOTED),
        (Status("x", Mode.OFFLINE, START, connection="starting"), Grade.NOTED),
        (Status("x", Mode.LIVE, START, connection="7 of 9 connected"), Grade.WATCH),
        (Status("x", Mode.OFFLINE, START, connection="no connection"), Grade.BAD),
        (Status("x", Mode.LIVE, START, connection="connected").behind(), Grade.BAD),
        (Status("x", Mode.REPLAY, START, connection="paused"), Grade.WELL),
    ],
)
def test_connections_are_graded_by_what_is_reached(status: Status, grade: Grade) -> None:
    assert judge_connection(status).grade is grade
