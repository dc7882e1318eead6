"""The metrics in groups."""

from __future__ import annotations

from collections import Counter

import pytest

from klagg_tui.feed import Mode, Progress, Status
from klagg_tui.metrics import Metric
from klagg_tui.view.health.grades import SIGNS, Grade, Judgement
from klagg_tui.view.health.groups import (
    METRICS,
    AlertsNow,
    Graded,
    Group,
    GroupOrder,
    graded_groups,
    group_line,
    metric_lines,
)
from klagg_tui.view.health.samples import Health
from klagg_tui.view.role import Piece, Role
from tests.makers import START

WELL = Status("made", Mode.LIVE, START, 12.0, "connected", metrics=dict.fromkeys(set(Metric) - {Metric.DELAY}, 0.0))


def text(line: list[Piece]) -> str:
    return "".join(piece.text for piece in line)


def after(*statuses: Status) -> Health:
    health = Health()
    for status in statuses:
        health.sample(status)
    return health


def lines_of(status: Status, alerts: AlertsNow, width: int, health: Health | None = None) -> dict[Group, str]:
    health = health or after(status)
    return {
        one.group: text(group_line(one, health, status, alerts, width)) for one in graded_groups(health, status, alerts)
    }


def test_every_metric_is_in_one_group() -> None:
    assert Counter(metric for metrics in METRICS.values() for metric in metrics) == Counter(Metric)
    assert set(METRICS) == set(Group)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_each_group_is_a_line_that_fits(width: int) -> None:
    busy = WELL._replace(
        progress=Progress("history", 25, 2_100),
        metrics={**dict.fromkeys(Metric, 1_234_567.0), Metric.OWED_MINUTES: 4_315, Metric.OWED_SYMBOLS: 2},
    )
    found = lines_of(busy, AlertsNow(3, 7, ("Alerts by webhook: down.",)), width)
    assert all(len(line) <= width for line in found.values())
    assert found[Group.WHOLE].startswith(" ▫ Is it whole?  4,315 minutes of 2 symbols to come")
    assert found[Group.HISTORY].startswith(" ● History       25 of 2,100 fetched (1%)")
    assert found[Group.ALERTS].startswith(" ▲ Alerts        people could not be told · 3 armed")


def test_where_all_is_well_each_group_says_so() -> None:
    found = lines_of(WELL, AlertsNow(), 200)
    assert all(line.startswith(" ● ") for line in found.values())
    assert "nothing is missing" in found[Group.WHOLE]
    assert "made: connected" in found[Group.CONNECTIONS]
    assert "12 ms behind the exchange" in found[Group.DELAY]
    assert "all of it is there" in found[Group.HISTORY]
    assert "none are watched" in found[Group.ALERTS]


def test_of_recorded_trades_no_delay_is_told_and_their_playing_is_no_history_that_is_fetched() -> None:
    played = Progress("replay 30×, 0:05:39 of 0:05:43", 339, 343)
    found = lines_of(WELL._replace(mode=Mode.REPLAY, delay_ms=None, progress=played), AlertsNow(), 200)
    assert found[Group.HISTORY].startswith(" ● History       replay 30×, 0:05:39 of 0:05:43")
    assert found[Group.DELAY].startswith(" ● Delay         recorded trades have none")


def test_without_an_exchange_nothing_is_said_to_be_whole() -> None:
    found = lines_of(WELL._replace(mode=Mode.OFFLINE, connection="no connection"), AlertsNow(), 200)
    assert "nothing is known to be missing" in found[Group.WHOLE]
    assert "no exchange to ask" in found[Group.HISTORY]
    assert found[Group.CONNECTIONS].startswith(" ✕ ")


def test_a_value_has_the_colour_and_the_sign_of_its_grade() -> None:
    noted = WELL._replace(metrics={Metric.GAPS_ABANDONED: 3.0, Metric.FRAMES: 9.0})
    health = after(noted, noted)
    whole = graded_groups(health, noted, AlertsNow())[0]
    line = next(line for line in metric_lines(whole, health, 100) if "Gaps given up" in text(line))
    assert (line[0].text.strip(), line[2].role) == ("▫", SIGNS[Grade.NOTED][1])
    assert any(
        piece == Piece("3 gaps given up", Role.PARTIAL) for piece in group_line(whole, health, noted, AlertsNow(), 200)
    )
    connections = graded_groups(health, noted, AlertsNow())[1]
    plain = next(line for line in metric_lines(connections, health, 100) if "Frames taken" in text(line))
    assert (plain[0].text.strip(), plain[2].role) == ("", Role.STRONG)


def test_one_of_anything_is_told_in_the_singular() -> None:
    found = lines_of(WELL._replace(metrics={Metric.SYMBOLS_WAITING: 1.0, Metric.GAPS_ABANDONED: 2.0}), AlertsNow(), 200)
    assert "1 symbol waiting for trades · 2 gaps given up" in found[Group.WHOLE]


def test_numbers_keep_their_place_in_a_line_when_they_become_shorter() -> None:
    busy, quiet = (
        WELL._replace(metrics={Metric.FRAMES_PER_SECOND: n, Metric.CONNECTIONS: 2.0}) for n in (1_240.0, 7.0)
    )
    ends = []
    health = Health()
    for status in (busy, quiet):
        health.sample(status)
        line = text(group_line(graded_groups(health, status, AlertsNow())[1], health, status, AlertsNow(), 200))
        ends.append(line.index(" messages/s"))
    assert ends[0] == ends[1]


def test_a_counter_is_drawn_by_its_growth_and_what_does_not_change_not_at_all() -> None:
    health = after(
        *(
            WELL._replace(metrics={Metric.FRAMES: value, Metric.CONNECTIONS: value, Metric.ROTATIONS: 7.0})
            for value in (10.0, 20.0, 30.0)
        )
    )
    group = graded_groups(health, WELL, AlertsNow())[1]
    found = {line[1].text.strip(): line[3].text for line in metric_lines(group, health, 100) if len(line) == 4}
    assert found["Frames taken"] == "", "it grows evenly"
    assert found["Connections"]
    assert found["Connections rotated"] == ""
    assert metric_lines(graded_groups(health, WELL, AlertsNow())[5], health, 100) == [], "alerts have no metrics"


def test_the_gravest_group_stands_first_and_stays_there_for_a_while() -> None:
    order = GroupOrder()

    def at(second: int, **grades: Grade) -> list[str]:
        graded = [Graded(group, (Judgement(grades.get(group.name, Grade.WELL)),)) for group in Group]
        return [one.group.name for one in order.ordered(graded, second)]

    usual = [group.name for group in Group]
    assert at(0) == usual
    assert at(1, DELAY=Grade.NOTED) == usual, "that is no reason"
    assert at(2, DELAY=Grade.WATCH)[0] == "DELAY"
    assert at(3, DELAY=Grade.WATCH, DISK=Grade.BAD)[:3] == ["DISK", "DELAY", "WHOLE"]
    assert at(20, DISK=Grade.WATCH)[:2] == ["DISK", "DELAY"], "it was graver a moment ago"
    assert at(33, DISK=Grade.WATCH)[:2] == ["DISK", "DELAY"]
    assert at(40, DISK=Grade.WATCH)[:2] == ["DISK", "WHOLE"]
    assert at(80) == usual
