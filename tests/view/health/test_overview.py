"""The verdict, and the groups in columns."""

from __future__ import annotations

import pytest

from klagg_tui.feed import Mode, Progress, Status
from klagg_tui.metrics import Metric
from klagg_tui.view.health.groups import METRICS, AlertsNow, Group, graded_groups
from klagg_tui.view.health.overview import detail_lines, verdict_lines
from klagg_tui.view.health.samples import Health
from tests.makers import START

WELL = Status("made", Mode.LIVE, START, 12.0, "connected")


def verdict(
    status: Status, *, seconds: int = 1, alerts: AlertsNow | None = None, told: set[str] | None = None
) -> list[str]:
    health = Health()
    for _ in range(seconds):
        health.sample(status)
    lines = verdict_lines(graded_groups(health, status, alerts or AlertsNow()), status, told or set(), 80)
    return ["".join(piece.text for piece in line) for line in lines]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (WELL, " ● All is well."),
        (WELL._replace(progress=Progress("history", 1, 9)), " ● All is well; history is being fetched."),
        (WELL._replace(mode=Mode.REPLAY, progress=Progress("replay 1×", 1, 9)), " ● All is well."),
        (
            WELL._replace(metrics={Metric.OWED_MINUTES: 2.0, Metric.OWED_SYMBOLS: 1.0}),
            " ● All is well; 2 minutes of 1 symbol are still to be fetched.",
        ),
        (WELL._replace(connection="connecting"), " ● All is well so far. It is still connecting."),
    ],
)
def test_where_nothing_needs_a_person_one_line_says_so(status: Status, said: str) -> None:
    assert verdict(status) == [said]


def test_what_needs_a_person_is_counted_and_told_the_gravest_first() -> None:
    status = WELL._replace(
        metrics={Metric.DELAY: 3_000.0, Metric.WRITE: 20_000.0}, notices=("REST is slow.",), delay_ms=None
    )
    assert verdict(status, seconds=5) == [
        " ✕ 3 things need you: Delay, Disk",
        "   ✕ The last write to the disk took 20.0 s.",
        "   ▲ What is shown is 3.0 s behind the exchange.",
        "   ▲ REST is slow.",
    ]
    assert verdict(WELL._replace(notices=("REST is slow.",))) == [" ▲ 1 thing needs you", "   ▲ REST is slow."]


def test_what_stands_elsewhere_is_counted_and_not_told_twice() -> None:
    told = WELL._replace(notices=("Kraken: It answers 451.", "The disk is slow."))
    assert verdict(told, told={"Kraken: It answers 451."}) == [" ▲ 2 things need you", "   ▲ The disk is slow."]
    late = ("Alerts by webhook: down.",)
    assert verdict(WELL._replace(notices=late), alerts=AlertsNow(1, 1, late)) == [
        " ▲ 1 thing needs you: Alerts",
        "   ▲ Alerts by webhook: down.",
    ]


def test_why_no_exchange_is_reached_is_one_thing() -> None:
    gone = WELL._replace(mode=Mode.OFFLINE, connection="no connection")
    assert verdict(gone) == [
        " ✕ 1 thing needs you: Connections",
        "   ✕ No exchange is reached (no connection): what is stored is shown.",
    ]
    assert verdict(gone._replace(notices=("It answers 451.",))) == [
        " ✕ 1 thing needs you: Connections",
        "   ▲ It answers 451.",
    ]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_groups_in_columns_are_read_downward_and_not_parted(columns: int) -> None:
    health = Health()
    status = WELL._replace(metrics=dict.fromkeys(Metric, 7.0))
    health.sample(status)
    graded = graded_groups(health, status, AlertsNow())
    lines = ["".join(piece.text for piece in line) for line in detail_lines(graded, health, columns, 60)]
    assert {len(line) for line in lines} == {60 * columns}
    stacks = [[line[at * 60 : at * 60 + 60] for line in lines] for at in range(columns)]
    headings = [cell[3:].strip() for stack in stacks for cell in stack if cell[:1] == " " and cell[1] in "●▫▲✕"]
    assert headings == [group.value for group in Group if METRICS[group]]
    whole = next(stack for stack in stacks if any("Is it whole?" in cell for cell in stack))
    assert any("Bars taken back" in cell for cell in whole)
    assert len(lines) < 70 // columns + 12
