"""Lines of the log."""

from __future__ import annotations

import pytest

from klagg_tui.view.health.log import log_pieces
from klagg_tui.view.role import Role


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
