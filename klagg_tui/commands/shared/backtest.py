"""`klagg replay --alert`: alerts tried on recorded trades, a line for each time they fire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import typer

from klagg_tui.commands.shared.output import tell

if TYPE_CHECKING:
    from klagg_tui.alert import Firing
    from klagg_tui.commands.shared.progress import ProgressLine
    from klagg_tui.config import Settings
    from klagg_tui.engine.period import Period
    from klagg_tui.runtime.backtest import Backtest
    from klagg_tui.runtime.replay import Replay
    from klagg_tui.view.alerts.recording import AlertWatch

_SHOWN_EVERY: Final = 500
"""Recorded seconds between two states of the line on how far it is."""


def try_alerts(source: Replay, texts: Sequence[str], periods: Sequence[Period], settings: Settings) -> None:
    """Print when the alerts would have fired; what there is to say besides goes to stderr.

    Raises:
        FilterError: one of them cannot be read.
    """
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.commands.shared.progress import ProgressLine
    from klagg_tui.commands.shared.running import wait_for
    from klagg_tui.runtime.backtest import Backtest
    from klagg_tui.runtime.stop_signals import INTERRUPTED

    backtest = Backtest(source, periods, _watch(texts, periods, settings))
    with Interrupt("what fired so far stands above.") as interrupt, ProgressLine("trades") as line:
        fired = wait_for(_run(backtest, interrupt, line))
    for notice in backtest.notices:
        tell(notice, err=True)
    _sum_up(backtest, fired, source.now_ms())
    if interrupt():
        raise typer.Exit(INTERRUPTED)


def _watch(texts: Sequence[str], periods: Sequence[Period], settings: Settings) -> AlertWatch:
    """Of these alerts, which may refer to the names and saved filters of settings and terminal."""
    from klagg_tui.alert import Alert
    from klagg_tui.commands.shared.alarm import preferences_of
    from klagg_tui.engine.period import Period
    from klagg_tui.view.alerts import read_alert
    from klagg_tui.view.alerts.book import AlertBook
    from klagg_tui.view.alerts.recording import AlertWatch
    from klagg_tui.view.filter import Scope

    chosen = preferences_of(settings)
    scope = Scope(dict(chosen.saved_filters), dict(chosen.names), None, frozenset({Period.M1, *periods}))
    for text in texts:
        read_alert(text, scope)
    return AlertWatch(AlertBook(map(Alert, texts), scope), periods)


async def _run(backtest: Backtest, should_stop: Callable[[], bool], line: ProgressLine) -> list[Firing]:
    """What fired, each told when it does."""
    fired: list[Firing] = []
    seconds = 0
    async for found in backtest.run():
        for one in found:
            tell(_line(one))
        fired += found
        seconds += 1
        if seconds % _SHOWN_EVERY == 0:
            line.show(*backtest.progress, backtest.trades)
        if should_stop():
            break
    return fired


def _line(one: Firing) -> str:
    from klagg_tui.formatting import clock, date_time
    from klagg_tui.view.alerts.wording import sentence

    return f"{date_time(one.at_ms)}:{clock(one.at_ms)[-2:]} UTC  {sentence(one)}"


def _sum_up(backtest: Backtest, fired: Sequence[Firing], end_ms: int) -> None:
    from klagg_tui.formatting import counted, date_time

    held = f"{counted(backtest.trades, 'trade')} of {counted(backtest.symbols, 'symbol')}"
    if backtest.first_ms is not None:
        held += f" from {date_time(backtest.first_ms)} to {date_time(end_ms)} UTC"
    lacking = [f"{call} ({part:.0%})" for call, part in backtest.coverage.items() if part < 1]
    if lacking:
        parts = ", ".join(sorted(lacking))
        tell(f"Known in part: {parts}; the trades do not reach back so far, or do not tell it.", err=True)
    times = counted(len(fired), "time") if fired else "never"
    tell(f"Fired {times} in {held}.", err=True)
