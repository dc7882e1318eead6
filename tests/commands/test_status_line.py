"""The status line: as much as a terminal has room for, written anew; whole lines elsewhere."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest
from rich.cells import cell_len

from klagg_tui.commands.shared import status_line
from tests.commands.beside import terminal

PARTS = ("12:00:00", "牛来USDT", "5 symbols", "3 connections")


@pytest.mark.parametrize(("columns", "shown"), [(200, 4), (45, 3), (22, 2), (5, 1), (0, 4)])
def test_a_terminal_gets_the_first_parts_that_have_room(columns: int, shown: int) -> None:
    with terminal(columns) as screen, redirect_stdout(screen.end):
        line = status_line.joined(PARTS)
        assert status_line.is_rewritten()
        assert status_line.clear() == "\r\x1b[K"
        assert status_line.pause_s() < 5
    assert line == " · ".join(PARTS[:shown])
    assert shown == 1 or cell_len(line) < (columns or 80)


def test_a_file_gets_everything_in_lines_that_come_seldom() -> None:
    with redirect_stdout(StringIO()):
        assert not status_line.is_rewritten()
        assert status_line.joined(PARTS) == " · ".join(PARTS)
        assert not status_line.clear()
        assert status_line.pause_s() >= 10
