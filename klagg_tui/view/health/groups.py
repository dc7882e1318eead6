"""The metrics in groups, each with a line in plain words; what is gravest first, and nothing jumping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Kind, Metric
from klagg_tui.view.health.grades import SIGNS, WELL, Grade, Judgement, judge, judge_connection
from klagg_tui.view.health.samples import WRITERS, Health
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.sparkline import sparkline

_LABEL: Final = 30
"""Cells of a metric's label."""
_TITLE: Final = 14
_STAYS: Final = 30
"""Seconds for which a group stays where it was put when it was graver: what comes and goes must not make the lines jump."""


class Group(Enum):
    """What metrics are about, in the order in which they stand where all is well."""

    WHOLE = "Is it whole?"
    CONNECTIONS = "Connections"
    DELAY = "Delay"
    HISTORY = "History"
    DISK = "Disk"
    ALERTS = "Alerts"
    RESOURCES = "Resources"


METRICS: Final = {
    Group.WHOLE: (
        Metric.OWED_MINUTES,
        Metric.OWED_SYMBOLS,
        Metric.SYMBOLS_WAITING,
        Metric.TRADES_HELD,
        Metric.HELD_CUT,
        Metric.GAPS,
        Metric.GAPS_FILLED,
        Metric.GAPS_ABANDONED,
        Metric.HOLES,
        Metric.BARS_FETCHED,
        Metric.TOO_LATE,
        Metric.REJECTED,
        Metric.DUPLICATES,
        Metric.UNKNOWN_SYMBOL,
        Metric.UNCONFIRMED,
        Metric.BARS_EQUAL,
        Metric.BARS_AMENDED,
        Metric.BARS_COMPLETED,
        Metric.BARS_CORRECTED,
        Metric.BARS_TAKEN_BACK,
    ),
    Group.CONNECTIONS: (
        Metric.CONNECTIONS,
        Metric.RECONNECTS,
        Metric.ROTATIONS,
        Metric.SILENT_SYMBOLS,
        Metric.FRAMES_PER_SECOND,
        Metric.FRAMES,
        Metric.BAD_FRAMES,
        Metric.CONTRACTS_TOLD,
    ),
    Group.DELAY: (Metric.DELAY, Metric.TRADES_PER_SECOND, Metric.TRADES, Metric.LATE),
    Group.HISTORY: (Metric.WEIGHT_USED, Metric.WEIGHT_LIMIT, Metric.REQUESTS, Metric.RETRIES),
    Group.DISK: (Metric.DIRTY_ROWS, Metric.WRITE, Metric.ROWS_WRITTEN, Metric.ROWS_DELETED, Metric.BARS_DELIVERED),
    Group.ALERTS: (),
    Group.RESOURCES: (Metric.MEMORY, Metric.PROCESSOR),
}
"""Every metric is in one of them."""


class AlertsNow(NamedTuple):
    """How the alerts are doing."""

    armed: int = 0
    fired: int = 0
    """In this run."""
    notices: tuple[str, ...] = ()
    """Why people could not be told."""


class Graded(NamedTuple):
    """A group as it is now."""

    group: Group
    judgements: tuple[Judgement, ...]
    """Of its metrics and what else is in it, those that are not well."""

    @property
    def grade(self) -> Grade:
        """That of the gravest."""
        return max((one.grade for one in self.judgements), default=Grade.WELL)


class GroupOrder:
    """In which order the groups stand: the gravest first, and for a while where that was."""

    def __init__(self) -> None:
        self._gravest: dict[Group, tuple[Grade, int]] = {}

    def ordered(self, graded: Sequence[Graded], second: int) -> list[Graded]:
        """They in order, at a second."""
        for one in graded:
            grade, since = self._gravest.get(one.group, (Grade.WELL, second))
            if one.grade >= grade or second - since > _STAYS:
                self._gravest[one.group] = one.grade, second
        # What was only noted is no reason to stand first.
        return sorted(graded, key=lambda one: -max(self._gravest[one.group][0], Grade.NOTED))


def graded_groups(health: Health, status: Status, alerts: AlertsNow) -> list[Graded]:
    """All groups as they are now."""
    found = []
    for group, metrics in METRICS.items():
        judgements = [judge(health, metric) for metric in metrics]
        if group is Group.CONNECTIONS:
            judgements.append(judge_connection(status))
        if group is Group.ALERTS:
            judgements += [Judgement(Grade.WATCH, notice) for notice in alerts.notices]
        found.append(Graded(group, tuple(one for one in judgements if one != WELL)))
    return found


def group_line(one: Graded, health: Health, status: Status, alerts: AlertsNow, width: int) -> list[Piece]:
    """A group in a line: its sign, and how it is in words; as many of these as there is room for."""
    sign, role = SIGNS[one.grade]
    line = [Piece(f" {sign} ", role), Piece(f"{one.group.value:<{_TITLE}}", Role.TITLE)]
    room = width - _TITLE - 4
    words = [(text, told) for text, told in _WORDS[one.group](health, status, alerts) if text]
    for number, (text, told) in enumerate(words or [("nothing is measured yet", Role.DIM)]):
        joint = " · " if number else ""
        if number and len(joint) + len(text) > room:
            break
        line += [Piece(joint, Role.FAINT), Piece(text, told)]
        room -= len(joint) + len(text)
    return line


def metric_lines(one: Graded, health: Health, width: int) -> list[list[Piece]]:
    """A heading and each metric of a group that there is: its sign, its value, and how it went lately; none where it has none."""
    metrics = [metric for metric in METRICS[one.group] if metric in health.samples]
    if not metrics:
        return []
    sign, role = SIGNS[one.grade]
    heading = [Piece(f" {sign} ", role), Piece(one.group.value, Role.TITLE)]
    return [heading, *(_metric_line(metric, health, width) for metric in metrics), []]


def _metric_line(metric: Metric, health: Health, width: int) -> list[Piece]:
    samples = health.samples[metric]
    grade = judge(health, metric).grade
    sign, role = SIGNS[grade] if grade else (" ", Role.STRONG)
    room = max(0, width - _LABEL - 18)
    moved = _moved(metric, samples)[-room:] if room else []
    line = sparkline(moved, room) if len(set(moved)) > 1 else ""  # nothing is drawn of what does not change
    return [
        Piece(f"   {sign} ", role),
        Piece(f"{metric.label:<{_LABEL}}", Role.DIM),
        Piece(f"{WRITERS[metric.unit](samples[-1]):>11}  ", role),
        Piece(line, Role.LINE_A),
    ]


def _moved(metric: Metric, samples: Sequence[float]) -> list[float]:
    """A counter is drawn by how much it grew each second."""
    values = list(samples)
    return [later - earlier for earlier, later in pairwise(values)] if metric.kind is Kind.COUNTER else values


_Words = list[tuple[str, Role]]


def _told(health: Health, metric: Metric, form: str) -> tuple[str, Role]:
    """A value in words, in the colour of its grade; `[s]` is written where it is not one. Empty where it is not measured."""
    if metric not in health.samples:
        return "", Role.TEXT
    grade, value = judge(health, metric).grade, health.last(metric)
    text = form.replace("[s]", "" if value == 1 else "s").format(
        WRITERS[metric.unit](value).strip().rjust(health.widest[metric])
    )
    return text, SIGNS[grade][1] if grade else Role.TEXT


def _whole(health: Health, status: Status, _alerts: AlertsNow) -> _Words:
    symbols = formatting.counted(round(health.last(Metric.OWED_SYMBOLS)), "symbol")
    return [
        _told(health, Metric.OWED_MINUTES, f"{{}} minute[s] of {symbols} to come")
        if status.owed
        else ("nothing is known to be missing", Role.DIM)
        if not status.mode.is_reached
        else ("nothing is missing", Role.GOOD),
        _told(health, Metric.SYMBOLS_WAITING, "{} symbol[s] waiting for trades"),
        _told(health, Metric.GAPS_ABANDONED, "{} gap[s] given up"),
        _told(health, Metric.BARS_EQUAL, "{} bar[s] confirmed"),
    ]


def _connections(health: Health, status: Status, _alerts: AlertsNow) -> _Words:
    judgement = judge_connection(status)
    role = SIGNS[judgement.grade][1] if judgement.grade else Role.GOOD
    return [
        (f"{status.market}: {status.connection or formatting.NOTHING}", role),
        _told(health, Metric.CONNECTIONS, "{} open"),
        _told(health, Metric.RECONNECTS, "{} lost"),
        _told(health, Metric.FRAMES_PER_SECOND, "{} messages/s"),
    ]


def _delay(health: Health, status: Status, _alerts: AlertsNow) -> _Words:
    behind = (
        _told(health, Metric.DELAY, "{} behind the exchange")
        if status.delay_ms is not None
        else ("recorded trades have none", Role.DIM)
        if status.mode is Mode.REPLAY
        else ("nothing to measure yet", Role.DIM)
    )
    return [
        behind,
        _told(health, Metric.TRADES_PER_SECOND, "{} trades/s"),
        _told(health, Metric.TRADES, "{} trade[s] since the start"),
    ]


def _history(health: Health, status: Status, _alerts: AlertsNow) -> _Words:
    progress = status.progress
    if not status.mode.is_reached:
        first = ("no exchange to ask", Role.DIM)
    elif status.mode is Mode.REPLAY:  # whose progress is that of the playing
        first = (progress.what if progress else "nothing is fetched", Role.DIM)
    elif progress is None:
        first = ("all of it is there", Role.GOOD)
    else:
        done, total = formatting.whole(progress.done), formatting.whole(progress.total)
        share = f" ({progress.done / progress.total:.0%})" if progress.total else ""
        first = (f"{done} of {total} fetched{share}", Role.TEXT)
    used, limit = (formatting.whole(round(health.last(metric))) for metric in (Metric.WEIGHT_USED, Metric.WEIGHT_LIMIT))
    return [
        first,
        (f"{used} of {limit} request weight this minute" if health.last(Metric.WEIGHT_LIMIT) else "", Role.TEXT),
        _told(health, Metric.RETRIES, "{} request[s] repeated"),
    ]


def _disk(health: Health, _status: Status, _alerts: AlertsNow) -> _Words:
    return [
        _told(health, Metric.DIRTY_ROWS, "{} row[s] waiting"),
        _told(health, Metric.WRITE, "the last write took {}"),
        _told(health, Metric.ROWS_WRITTEN, "{} row[s] written"),
    ]


def _alerts(_health: Health, _status: Status, alerts: AlertsNow) -> _Words:
    if not alerts.armed and not alerts.fired and not alerts.notices:
        return [("none are watched", Role.DIM)]
    counts = [(f"{alerts.armed} armed", Role.TEXT), (f"{alerts.fired} fired in this run", Role.TEXT)]
    if alerts.notices:
        return [("people could not be told", Role.WARN), *counts]
    return [*counts, ("all were told", Role.GOOD)]


def _resources(health: Health, _status: Status, _alerts: AlertsNow) -> _Words:
    return [_told(health, Metric.MEMORY, "{} of memory"), _told(health, Metric.PROCESSOR, "{} of a core")]


_WORDS: Final[dict[Group, Callable[[Health, Status, AlertsNow], _Words]]] = {
    Group.WHOLE: _whole,
    Group.CONNECTIONS: _connections,
    Group.DELAY: _delay,
    Group.HISTORY: _history,
    Group.DISK: _disk,
    Group.ALERTS: _alerts,
    Group.RESOURCES: _resources,
}
