"""The figures of the health screen."""

import pytest

from klagg_tui.feed import Mode, Status
from klagg_tui.view.health import FIGURES, Health, column_lines, log_pieces
from klagg_tui.view.role import Role
from tests.makers import START


@pytest.mark.parametrize(
    ("line", "read", "role"),
    [
        ("2026-11-28 01:18:07,557 INFO    klagg_tui.exchange.stream: connected", " 01:18:07 exchange.stream      connected", Role.DIM),
        ("2026-11-28 01:18:07,557 WARNING klagg_tui.runtime.live: cut: again", " 01:18:07 runtime.live         cut: again", Role.WARN),
        ("2026-11-28 01:18:07,557 ERROR   other: gone", " 01:18:07 other                gone", Role.BAD),
        ("Traceback", " Traceback", Role.DIM),
    ],
)  # fmt: skip
def test_a_line_of_the_log_says_when_where_what_and_how_grave(line: str, read: str, role: Role) -> None:
    pieces = log_pieces(line)
    assert "".join(piece.text for piece in pieces) == read
    assert pieces[-1].role == role


def test_every_figure_has_room_for_its_name_and_what_stands_still_draws_nothing() -> None:
    health = Health()
    for _ in range(3):
        health.sample(Status("made", Mode.LIVE, 0, health=dict.fromkeys(FIGURES, 7.0)))
    lines = ["".join(piece.text for piece in line) for line in health.lines(100)]
    assert len({line.rstrip()[-1:] for line in lines} & set("▁▂▃▄▅▆▇█")) == 0
    assert all(
        line[: len(figure.label) + 2] == f" {figure.label} "
        for line, figure in zip(lines, FIGURES.values(), strict=True)
    )


def test_health_knows_trades_a_second_from_the_counter_and_shows_unknown_figures_too() -> None:
    health = Health()
    for second in range(3):
        status = Status("x", Mode.LIVE, START, 12.0, health={"something new": float(second)})
        health.sample(status._replace(counters=status.counters._replace(trades=second * 700)))
    lines = ["".join(piece.text for piece in line) for line in health.lines(80)]
    assert any("Trades a second" in line and "700" in line for line in lines)
    assert any("Behind the exchange" in line and "12 ms" in line for line in lines)
    assert "Something new" in lines[-1]
    assert all(len(line) <= 80 for line in lines)
    assert "memory MB" in FIGURES


def test_figures_in_two_columns_are_read_downward() -> None:
    health = Health()
    health.sample(Status("x", Mode.LIVE, START, 12.0))
    lines = health.lines(50)
    rows = column_lines(lines, 2, 52)
    assert len(rows) == -(-len(lines) // 2)
    assert {sum(len(piece.text) for piece in row) for row in rows} == {104}
