"""`klagg record`: the same engine without a screen."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.options import say_update, start_log
from klagg_tui.commands.shared.output import OutputClosed, say
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.commands.shared.status_line import clear, is_rewritten, joined, pause_s
from klagg_tui.metrics import Metric
from klagg_tui.runtime.stop_signals import StopSignals

if TYPE_CHECKING:
    from klagg_tui.commands.shared.alarm import Alarm
    from klagg_tui.feed import Status
    from klagg_tui.runtime.worker import Runtime

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg record

klagg record --quote USDT --db usdt.db

klagg record --symbols BTCUSDT,ETHUSDT --periods 1m,1h --history 1000

klagg record --sink postgresql://klagg@db.example.org/market --sink-forming 5

klagg record --sink nats://klagg@mq.example.org --sink-forming 1

klagg record --from nats://klagg@mq.example.org --db copy.db

klagg record --dataset s3://research/bars
"""
_LOOK_S: Final = 0.2
_AGAIN_S: Final = 300.0
"""Until a problem that goes on is reported once more."""
_PATIENCE_S: Final = 1.0
"""For the last state, before a line says that it takes a while."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("record", epilog=_EXAMPLES)(record)


@with_settings("market", "storage", "alerts", "log", "sink")
def record(
    chosen: Chosen,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="URL",
            help="Ask no exchange: keep a copy of the bars that another klagg delivers to nats://USER:PASSWORD@HOST.",
        ),
    ] = None,
) -> None:
    """Record the market into the database, without a screen. Ctrl+C or SIGTERM writes the last state and leaves.

    Alerts fire here too: `klagg alerts` adds them, also meanwhile. A copy has none.
    """
    from klagg_tui.attach.serving import with_windows
    from klagg_tui.commands.shared.alarm import Alarm
    from klagg_tui.commands.shared.sinks import Sinks
    from klagg_tui.runtime.plans import live_plan
    from klagg_tui.runtime.worker import Runtime

    settings = chosen.load(watches=True).settings
    start_log(settings, settings.storage.database)
    say_update(settings.storage.database)
    if source is not None:
        from klagg_tui.commands.shared.copying import copy_headless

        copy_headless(source, settings)
        return
    with Sinks(settings) as sinks:
        runtime = Runtime(with_windows(sinks.beside(live_plan(settings))))
        greeting = f"Recording into {settings.storage.database}{sinks.said}. Ctrl+C ends it."
        run_headless(runtime, greeting, Alarm.of(runtime, settings))


def run_headless(runtime: Runtime, greeting: str, alarm: Alarm) -> None:
    """Run without a screen, with a status line now and then, until Ctrl+C or SIGTERM; a second signal ends it at once.

    Raises:
        KlaggError: the engine ended by itself, or its last state could not be written.
    """
    with StopSignals() as stop:
        runtime.start()
        alarm.start()
        with contextlib.suppress(OutputClosed):
            say(greeting)
            _report(runtime, stop, alarm)
        alarm.stop()
        runtime.cancel()
        try:
            _wait_for(runtime)
        finally:
            with contextlib.suppress(OutputClosed):
                say(joined(_parts(runtime.status())), before=clear())
        with contextlib.suppress(OutputClosed):
            say("Stopped; the last state is written.")


def _report(runtime: Runtime, stop: StopSignals, alarm: Alarm) -> None:
    """A status line now and then, and every new problem at once, until a signal comes or the engine ends."""
    problems = Problems()
    next_s = time.monotonic()
    while not stop.came and not runtime.has_ended:
        update = runtime.take_changes()
        status = runtime.status()
        for line in alarm.beat(update, status.exchange_now_ms):
            say(line, before=clear() + alarm.sign(line))
        for notice in problems.fresh((*status.notices, *alarm.notices), time.monotonic()):
            say(notice, before=clear(), err=True)
        if time.monotonic() >= next_s:
            say(joined(_parts(status)), before=clear(), nl=not is_rewritten())
            next_s = time.monotonic() + pause_s()
        time.sleep(_LOOK_S)


def _wait_for(runtime: Runtime) -> None:
    """Until the last state is on disk; raises what ended the engine."""
    try:
        runtime.wait(_PATIENCE_S)
    except TimeoutError:
        with contextlib.suppress(OutputClosed):
            say("The last state is being written; a second signal ends it at once.", before=clear())
        runtime.wait()


class Problems:
    """Reports each problem when it comes up, and now and then while it goes on, however its numbers change.

    One that several tasks meet is one: each says it, and then what it costs there.
    """

    def __init__(self) -> None:
        self._reported_s: dict[str, float] = {}

    def fresh(self, notices: Iterable[str], now_s: float) -> list[str]:
        """Those to report now."""
        from klagg_tui.texts import beginnings

        found: list[str] = []
        for notice in notices:
            shapes = {_shape(text) for text in beginnings(notice)}
            if all(now_s - self._reported_s.get(shape, -_AGAIN_S) >= _AGAIN_S for shape in shapes):
                self._reported_s |= dict.fromkeys(shapes, now_s)
                found.append(notice)
        return found


def _shape(notice: str) -> str:
    return re.sub(r"\d[\d.,:]*", "#", notice)


def _parts(status: Status) -> list[str]:
    """The state, the most wanted first."""
    from klagg_tui.formatting import counted

    now = datetime.fromtimestamp(status.exchange_now_ms / 1000, UTC)
    counters, metrics = status.counters, status.metrics
    parts = [
        status.market,
        status.connection,
        counted(counters.trades, "trade"),
        f"{counters.gaps_filled:,}/{counted(counters.gaps, 'gap')} repaired",
        f"{counted(int(metrics.get(Metric.BARS_EQUAL, 0)), 'bar')} confirmed",
        f"{metrics.get(Metric.BARS_AMENDED, 0):,.0f} amended",
        f"{counted(int(metrics.get(Metric.ROWS_WRITTEN, 0)), 'row')} written",
    ]
    if status.owed:
        parts.insert(2, status.owed)
    if status.progress:
        parts.insert(2, f"{status.progress.what} {status.progress.done:,}/{status.progress.total:,}")
    # This machine's clock in its place could be hours off, and would be taken for the exchange's.
    if status.knows_time:
        parts.insert(0, f"{now:%H:%M:%S}" if is_rewritten() else f"{now:%Y-%m-%d %H:%M:%S} UTC")
    return parts
