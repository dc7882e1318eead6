"""Windows beside a run: whoever holds a database lets them in, whatever command it is."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import replace
from pathlib import Path

from klagg_tui import __version__
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import BackgroundTask, Plan

log = logging.getLogger(__name__)


def with_windows(plan: Plan) -> Plan:
    """The same plan, which lets windows in while it runs; one that keeps nothing as it is."""
    if plan.database is None:
        return plan
    return replace(plan, background=(*plan.background, _letting_in(plan.database, plan.markets)))


def _letting_in(database: Path, markets: tuple[str, ...]) -> BackgroundTask:
    async def run(host: EngineHost) -> None:
        await let_in(host, database, markets)

    return run


async def let_in(host: EngineHost, database: Path, markets: tuple[str, ...]) -> None:
    """Let windows in until cancelled; where there can be no socket, the log says so and nothing else suffers."""
    from klagg_tui.attach.answers import Answers, Kept  # loaded behind the first picture
    from klagg_tui.attach.greeting import Greeting, greeting_out
    from klagg_tui.attach.place import listen
    from klagg_tui.attach.recorder import Recorder
    from klagg_tui.attach.server import WindowServer

    kept = Kept(database, markets, host.periods)
    try:
        listening = listen(database)
    except OSError as error:
        log.warning("no window can attach to %s: %s", database, error)
        return
    engine = asyncio.get_running_loop()
    greeting = Greeting(__version__, os.getpid(), kept.markets, kept.periods)
    server = WindowServer(listening, greeting_out(greeting), engine)
    recorder = Recorder(host, server)
    server.start(recorder, Answers(host, engine, kept))
    try:
        await recorder.run()
    finally:
        server.stop()
