"""The health screen's values: metrics as lines and sparklines, and lines of the log."""

from __future__ import annotations

import pytest

from klagg_tui.engine.events import Counters
from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.view.health import Health, column_lines, log_pieces
from klagg_tui.view.role import Role
from tests.makers import START


@pytest.mark.parametrize(
    ("line", "read", "role"),
    [
        ("2026-11-28 01:18:07,557 INFO    klagg_tui.exchange.stream: connected", " 01:18:07 exchange.stream        connected", Role.DIM),
        ("2026-11-28 01:18:07,557 WARNING klagg_tui.runtime.live: cut: again", " 01:18:07 runtime.live           cut: again", Role.WARN),
        ("2026-11-28 01:18:07,557 ERROR   other: gone", " 01:18:07 other                  gone", Role.BAD),
        ("Traceback", " Traceback", Role.DIM),
    ],
)  # fmt: skip
def test_a_line_of_the_log_says_when_where_what_and_how_grave(line: str, read: str, role: Role) -> None:
    pieces = log_pieces(line)
    assert "".join(piece.text for piece in pieces) == read
    assert pieces[-1].role == role


def test_every_metric_has_room_for_its_label_and_nothing_is_drawn_of_what_does_not_change() -> None:
    health = Health()
    for _ in range(3):
        health.sample(Status("made", Mode.LIVE, 0, metrics=dict.fromkeys(Metric, 7.0)))
    lines = ["".join(piece.text for piece in line) for line in health.lines(100)]
    assert len({line.rstrip()[-1:] for line in lines} & set("▁▂▃▄▅▆▇█")) == 0
    assert all(line[: len(metric.label) + 2] == f" {metric.label} " for line, metric in zip(lines, Metric, strict=True))


def test_trades_a_second_come_from_the_counter() -> None:
    health = Health()
    for second in range(3):
        status = Status("x", Mode.LIVE, START, 12.0, metrics={Metric.MEMORY: 90.0 + second})
        health.sample(status._replace(counters=status.counters._replace(trades=second * 700)))
    lines = ["".join(piece.text for piece in line) for line in health.lines(80)]
    assert any("Trades a second" in line and "700" in line for line in lines)
    assert any("Behind the exchange" in line and "12 ms" in line for line in lines)
    assert "Memory" in lines[-1]
    assert "92.0 MB" in lines[-1]
    assert all(len(line) <= 80 for line in lines)


def test_what_the_engine_counts_stands_among_the_metrics_by_the_same_names() -> None:
    health = Health()
    health.sample(Status("x", Mode.LIVE, START, counters=Counters(*range(1, len(Counters._fields) + 1))))
    counters = Counters(*range(1, len(Counters._fields) + 1))._asdict()
    sampled = {metric.value.replace(" ", "_"): values[-1] for metric, values in health.samples.items()}
    assert sampled == {name: counters[name] for name in sampled}
    assert len(sampled) == 9


def test_a_counter_is_drawn_by_its_growth_and_trouble_stands_out() -> None:
    health = Health()
    for frames, bad in ((10, 0), (20, 0), (30, 1)):
        metrics = {Metric.FRAMES: float(frames), Metric.CONNECTIONS: float(frames), Metric.BAD_FRAMES: float(bad)}
        health.sample(Status("x", Mode.LIVE, START, metrics=metrics))
    lines = {line[0].text.strip(): line for line in health.lines(80)}
    assert lines["Frames taken"][2].text == "", "it grows evenly"
    assert lines["Connections"][2].text
    assert lines["Frames that could not be read"][1].role == Role.WARN
    assert lines["Frames taken"][1].role == Role.STRONG


def test_metrics_in_two_columns_are_read_downward() -> None:
    health = Health()
    health.sample(Status("x", Mode.LIVE, START, 12.0))
    lines = health.lines(50)
    rows = column_lines(lines, 2, 52)
    assert len(rows) == -(-len(lines) // 2)
    assert {sum(len(piece.text) for piece in row) for row in rows} == {104}
