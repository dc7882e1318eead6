"""How grave a value is: a rule for each metric that can be bad, and for the connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.view.health.samples import KEPT, WRITERS, Health
from klagg_tui.view.role import Role


class Grade(IntEnum):
    """How grave."""

    WELL = 0
    NOTED = 1
    """It happened, but not lately, or it is being seen to."""
    WATCH = 2
    """A person should look."""
    BAD = 3
    """What is shown or kept suffers now."""


SIGNS: Final = {
    Grade.WELL: ("●", Role.GOOD),
    Grade.NOTED: ("▫", Role.PARTIAL),
    Grade.WATCH: ("▲", Role.WARN),
    Grade.BAD: ("✕", Role.BAD),
}
"""A sign for each, that is read without colours too."""


class Judgement(NamedTuple):
    """A grade and why."""

    grade: Grade = Grade.WELL
    sentence: str = ""
    """For a person; empty where nothing is to be said."""


WELL: Final = Judgement()
_LASTING: Final = 5
"""Seconds for which a value has to be high: one that is high for a moment is no news."""
_LONG: Final = 30
_BEGINNINGS: Final = ("starting", "connecting")
_MANY_LOSSES: Final = 3
_MANY_RETRIES: Final = 10
_Rule = Callable[[Sequence[float]], Judgement]


def judge(health: Health, metric: Metric) -> Judgement:
    """How grave the metric is now."""
    samples = health.samples.get(metric)
    if not samples:
        return WELL
    rule = _RULES.get(metric)
    if rule is not None:
        return rule(samples)
    return _of_trouble(metric, samples) if metric.is_trouble else WELL


def judge_connection(status: Status) -> Judgement:
    """How grave it is how the exchanges are reached."""
    told = status.connection or "starting"
    if status.mode is Mode.REPLAY:
        return WELL
    if status.is_behind:
        return Judgement(Grade.BAD, "What is shown is from before: nothing new has come.")
    if told in _BEGINNINGS:
        return Judgement(Grade.NOTED, f"It is still {told}.")
    if not status.mode.is_reached:
        return Judgement(Grade.BAD, f"No exchange is reached ({told}): what is stored is shown.")
    if told != "connected":
        return Judgement(Grade.WATCH, f"Not everything is connected: {told}.")
    return WELL


def _text(metric: Metric, value: float) -> str:
    return WRITERS[metric.unit](value)


def _of_trouble(metric: Metric, samples: Sequence[float]) -> Judgement:
    """A counter of what should not happen: lately it is grave, earlier it is worth knowing."""
    grown = samples[-1] - samples[0]
    if grown > 0:
        return Judgement(Grade.WATCH, f"{metric.label}: {_text(metric, grown)} in the last {_so_long(samples)}.")
    return Judgement(Grade.NOTED) if samples[-1] else WELL


def _so_long(samples: Sequence[float]) -> str:
    return f"{round(len(samples) / 60)} minutes" if len(samples) >= KEPT - 1 else f"{len(samples)} seconds"


def _lasting(metric: Metric, watch: float, bad: float, sentence: str, seconds: int = _LASTING) -> _Rule:
    """Above a limit for some seconds."""

    def rule(samples: Sequence[float]) -> Judgement:
        least = min(list(samples)[-seconds:]) if len(samples) >= seconds else 0.0
        if least < watch:
            return WELL
        return Judgement(
            Grade.BAD if least >= bad else Grade.WATCH, sentence.format(_text(metric, samples[-1]).strip())
        )

    return rule


def _grown(metric: Metric, many: float, sentence: str) -> _Rule:
    """By so many lately."""

    def rule(samples: Sequence[float]) -> Judgement:
        grown = samples[-1] - samples[0]
        return (
            Judgement(Grade.WATCH, sentence.format(_text(metric, grown), _so_long(samples))) if grown >= many else WELL
        )

    return rule


def _stuck(metric: Metric, sentence: str) -> _Rule:
    """Some, and for two minutes not fewer: nobody is seeing to it."""

    def rule(samples: Sequence[float]) -> Judgement:
        if not samples[-1]:
            return WELL
        is_stuck = len(samples) >= KEPT and min(samples) >= samples[0] > 0
        return (
            Judgement(Grade.WATCH, sentence.format(_text(metric, samples[-1]))) if is_stuck else Judgement(Grade.NOTED)
        )

    return rule


_RULES: Final[dict[Metric, _Rule]] = {
    Metric.DELAY: _lasting(Metric.DELAY, 2_000, 10_000, "What is shown is {} behind the exchange."),
    Metric.WRITE: _lasting(Metric.WRITE, 3_000, 15_000, "The last write to the disk took {}."),
    Metric.DIRTY_ROWS: _lasting(Metric.DIRTY_ROWS, 200_000, 1_000_000, "{} changed bars wait for the disk."),
    Metric.MEMORY: _lasting(Metric.MEMORY, 2_000, 4_000, "klagg holds {} of memory."),
    Metric.PROCESSOR: _lasting(Metric.PROCESSOR, 95, 1_000, "klagg uses {} of a core and may fall behind.", _LONG),
    Metric.RECONNECTS: _grown(Metric.RECONNECTS, _MANY_LOSSES, "Connections were lost {} times in the last {}."),
    Metric.RETRIES: _grown(Metric.RETRIES, _MANY_RETRIES, "{} requests had to be repeated in the last {}."),
    Metric.OWED_MINUTES: _stuck(Metric.OWED_MINUTES, "{} minutes are missing, and for two minutes none has come."),
    Metric.SYMBOLS_WAITING: _stuck(Metric.SYMBOLS_WAITING, "{} symbols wait for trades that do not come."),
}


def counted_sentence(count: int) -> str:
    """`1 thing needs you`, `2 things need you`."""
    return f"{formatting.counted(count, 'thing')} {'needs' if count == 1 else 'need'} you"
