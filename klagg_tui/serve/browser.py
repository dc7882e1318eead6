"""The terminal in a browser: textual-serve, for pages of its own and this machine alone. Needs the extra `web`."""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import web

from klagg_tui.errors import ConfigError
from klagg_tui.extras import missing
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.refusals import answer_instead, error_answer, name_server
from klagg_tui.serve.routes import well_formed
from klagg_tui.unreached import reason_of

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware
    from textual_serve.server import Server

HOST: Final = "127.0.0.1"
"""There is no password, so there is no other address."""
_TERMINAL: Final = Path(__file__).parent / "terminal"
"""The page around the terminal, in the place of textual-serve's own, which is no phone's and asks another machine for a font."""
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws:; worker-src 'self' blob:; "
    "frame-ancestors 'none'"
)
"""Nothing is loaded from elsewhere, fonts included."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def command(arguments: Sequence[str]) -> str:
    """What each visitor's terminal runs, as a shell reads it."""
    return shlex.join([sys.executable, "-m", "klagg_tui", *arguments])


def make_server(arguments: Sequence[str], port: int) -> Server:
    """A server that runs klagg with these arguments for whoever opens its page.

    Raises:
        ConfigError: textual-serve is not installed, or the port is taken.
    """
    try:
        from textual_serve.server import Server
    except ImportError as error:
        raise ConfigError(missing("The terminal in a browser", "textual-serve", "web")) from error
    access = AccessPolicy(HOST, port)
    _check_port(port)

    class Guarded(Server):
        """Refuses pages of others: whoever drives the terminal can write files."""

        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.router.add_static("/terminal", _TERMINAL)
            app.middlewares.insert(0, guard(access))
            app.middlewares.insert(0, well_formed)
            app.on_response_prepare.append(name_server)
            return app

        def initialize_logging(self) -> None:
            """Klagg logs to its file."""

        async def on_startup(self, app: web.Application) -> None:
            """The command has printed the address already."""

    return Guarded(command(arguments), HOST, port, "klagg", templates_path=_TERMINAL)


def _check_port(port: int) -> None:
    """Find out now what would come up only after the address was printed."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"{HOST}:{port} cannot be listened at ({reason_of(error)}): nothing is shown; name another with --port."
            ) from error


def guard(access: AccessPolicy) -> Middleware:
    """A middleware that refuses what the policy refuses."""

    @web.middleware
    async def handle(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if refusal := access.refusal(request.headers, None):
            return error_answer(refusal.status, refusal.reason)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = answer_instead(error)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = _POLICY
        return response

    return handle
