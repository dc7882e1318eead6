"""How far a long command has come."""

import io

import pytest
from rich.console import Console

from klagg_tui.commands.shared.interrupt import Interrupt
from klagg_tui.commands.shared.progress import ProgressLine


class Clock:
    """Seconds, moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_where_no_terminal_listens_a_line_comes_every_ten_seconds() -> None:
    out, clock = io.StringIO(), Clock()
    with ProgressLine(console=Console(file=out), clock=clock) as line:
        for clock.now in (1.0, 10.0, 15.0, 20.0):
            line.show("a.csv", int(clock.now), 40, int(clock.now * 1000))
    assert out.getvalue().splitlines() == [
        "a.csv: 25%, 10,000 rows, 1,000/s, 30.0 s left",
        "a.csv: 50%, 20,000 rows, 1,000/s, 20.0 s left",
    ]


def test_a_terminal_sees_share_count_rate_and_time_left() -> None:
    out, clock = io.StringIO(), Clock()
    console = Console(file=out, force_terminal=True, width=120)
    with ProgressLine("bars", console=console, clock=clock) as line:
        clock.now = 2.0
        line.show("BTCUSDT 1m", 50, 100, 3000)
    assert "BTCUSDT 1m" in out.getvalue()
    assert "50%" in out.getvalue()
    assert "3,000 bars, 1,500/s" in out.getvalue()


def test_the_first_ctrl_c_asks_and_the_second_ends() -> None:
    import signal

    before = signal.getsignal(signal.SIGINT)  # a shell's background jobs begin with it ignored
    times_s = iter([0.0, 0.1, 1.0])
    with Interrupt("nothing is lost.", lambda: next(times_s)) as interrupt:
        assert not interrupt()
        signal.raise_signal(signal.SIGINT)
        assert interrupt()
        signal.raise_signal(signal.SIGINT)  # as `timeout` sends it: to the process, and to its group
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
