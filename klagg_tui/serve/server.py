"""The push server: a thread with an event loop of its own, so that two hundred readers cost the engine nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, cast

from aiohttp import web

from klagg_tui.attach.serving import with_windows
from klagg_tui.config import Serve
from klagg_tui.errors import ConfigError
from klagg_tui.feed import Status
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.answers import Answers, Disk
from klagg_tui.serve.connections import IDLE_S, Connections, most_connections
from klagg_tui.serve.follower import Follower
from klagg_tui.serve.hub import Hub, HubUpdate
from klagg_tui.serve.push import push_to
from klagg_tui.serve.refusals import Protocol
from klagg_tui.serve.routes import MAX_READERS, Routes
from klagg_tui.serve.windows import Relay
from klagg_tui.storage.venues import label_of
from klagg_tui.unreached import reason_of

log = logging.getLogger(__name__)

MOST_SOCKETS: Final = MAX_READERS + 100
"""Connections at the most: readers of the websocket, and questions beside them."""
_SHUTDOWN_S: Final = 2.0


def served(plan: Plan, settings: Serve) -> tuple[Runtime, PushServer]:
    """A runtime for the plan and a server beside it, to be started before and stopped after.

    Raises:
        ConfigError: other machines could read without a token.
    """
    access = AccessPolicy(settings.host, settings.port, settings.token, settings.origins)
    server = PushServer(access, plan.database, lambda: runtime.status(), plan.markets)  # noqa: PLW0108 - there is no runtime yet
    runtime = Runtime(with_windows(plan).with_background(push_to(server)))
    return runtime, server


class PushServer:
    """Serves while it is started. A `PushTarget`: `put` is called from the engine's thread."""

    def __init__(
        self,
        access: AccessPolicy,
        database: Path | None,
        status: Callable[[], Status],
        markets: Sequence[str] = (),
    ) -> None:
        """Check the settings; `database` need not exist yet. `markets`: see `Disk`.

        Raises:
            ConfigError: other machines could read without a token.
        """
        access.check()
        self._access = access
        self._database = database
        self._markets = markets
        self._status = status
        self._hub = Hub(label_of(markets[0]) if len(markets) == 1 else "")
        self._routes: Routes | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._is_ready = threading.Event()
        self._started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="klagg-serve", daemon=True)
        self.port = access.port

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self._access.host}]" if ":" in self._access.host else self._access.host
        return f"http://{host}:{self.port}/"

    @property
    def is_ready(self) -> bool:
        """See `PushTarget`."""
        return self._is_ready.is_set()

    @property
    def has_readers(self) -> bool:
        """See `PushTarget`."""
        return self._routes is not None and self._routes.readers > 0

    @property
    def readers(self) -> int:
        """How many websockets are open."""
        return self._routes.readers if self._routes else 0

    def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address cannot be used.
        """
        self._thread.start()
        self.port = self._started.result()

    def stop(self) -> None:
        """Close all readers, and end."""
        self._is_ready.clear()
        if self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def put(self, update: HubUpdate) -> None:
        """See `PushTarget`."""
        if self._loop is None:
            return
        self._is_ready.clear()
        try:
            self._loop.call_soon_threadsafe(self._take, update)
        except RuntimeError:
            log.debug("the server has just ended")

    def _take(self, update: HubUpdate) -> None:
        try:
            self._hub.take(update)
        finally:
            self._is_ready.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if not self._started.done():
                self._started.set_exception(error)
            else:
                log.exception("the push server ended")
        finally:
            self._is_ready.clear()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            disk = Disk(self._database, self._markets)
            stack.push_async_callback(disk.close)
            self._routes = Routes(
                self._hub, Answers(self._hub, disk, self._status), self._access, Relay(self._database)
            )
            app = self._routes.app()
            runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_S)
            connections = Connections(lambda: _protocol_of(runner), most_connections(MOST_SOCKETS), IDLE_S)
            app.middlewares.append(connections.watch)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            loop = asyncio.get_running_loop()
            try:
                listening = await loop.create_server(
                    connections.accept, self._access.host, self._access.port, backlog=128
                )
            except OSError as error:
                raise ConfigError(
                    f"{self._access.host}:{self._access.port} cannot be listened at ({reason_of(error)}): nothing is served; "
                    "name another with --port."
                ) from error
            stack.callback(listening.close)
            closing = loop.create_task(connections.close_idle_forever())
            stack.callback(closing.cancel)
            following = loop.create_task(Follower(disk, self._hub, lambda: self.has_readers).run())
            stack.push_async_callback(_ended, following)
            self._loop = loop
            self._is_ready.set()
            self._started.set_result(listening.sockets[0].getsockname()[1])
            await self._stop.wait()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _protocol_of(runner: web.AppRunner) -> asyncio.Protocol:
    assert runner.server is not None, "it is set up"
    # None: no line for each request.
    made = Protocol(runner.server, loop=asyncio.get_running_loop(), access_log=None, logger=log)  # type: ignore[arg-type]
    return cast(asyncio.Protocol, made)
