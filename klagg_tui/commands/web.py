"""`klagg web`: the terminal in a browser."""

from __future__ import annotations

from typing import Annotated, Final

import typer

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg web

klagg web demo

klagg web --port 9001 -- --symbols BTCUSDT,ETHUSDT
"""
PORT: Final = 8788


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("web", epilog=_EXAMPLES)(web)


def web(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="What each visitor's klagg is started with, options behind --. Default: the terminal itself."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port on 127.0.0.1.")] = PORT,
) -> None:
    r"""Show the terminal in a browser on this machine (extra klagg-tui\[web]), until Ctrl+C.

    Each visitor gets a klagg of its own, and one database takes one recorder: a second visitor is told so. With demo,
    everybody has a market to itself. A phone that reaches it through a tunnel has keys below the terminal.
    """
    from klagg_tui.serve.browser import HOST, make_server

    server = make_server(arguments or [], port)
    typer.echo(f"The terminal is at http://{HOST}:{port}/. Ctrl+C ends it.")
    server.serve()
