"""`klagg simulate`."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.status_line import clear, is_rewritten, joined, pause_s
from klagg_tui.errors import BadUsage, ConfigError

if TYPE_CHECKING:
    from klagg_tui.simulator import SimulatedExchange

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg simulate

klagg simulate --symbols 200 --speed 60 --activity 15 --faults all

klagg simulate --faults "cut@5m, drop@10m+30s:BTCUSDT, 429@15m"
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate", epilog=_EXAMPLES)(simulate)


def simulate(
    venue: Annotated[
        str, typer.Option(metavar="KEY", help="Whose protocol it speaks; --kinds shows the venues there are.")
    ] = "",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="NUMBER", help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8808,
    symbols: Annotated[
        int, typer.Option(min=1, max=2000, metavar="NUMBER", help="Perpetual contracts that trade.")
    ] = 300,
    seed: Annotated[
        int, typer.Option(min=0, metavar="NUMBER", help="Equal seeds give equal markets, to the last byte.")
    ] = 1,
    speed: Annotated[float, typer.Option(min=0.01, max=3600, metavar="X", help="Simulated seconds a second.")] = 1.0,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="When its time begins: now, 2026-09-22, 2026-09-22T12:30, -3h.")
    ] = "now",
    faults: Annotated[
        str,
        typer.Option(
            metavar="SPEC",
            help="none, life (listings, delistings), all, all/2m, or KIND@AT[+LASTS][:TARGET] with commas, "
            "as cut@5m or drop@10m+30s:BTCUSDT; klagg simulate --kinds shows the kinds.",
        ),
    ] = "life",
    activity: Annotated[
        float, typer.Option(min=0.01, max=50_000, metavar="N", help="Aggregate trades a second, the whole market.")
    ] = 100.0,
    history: Annotated[
        int, typer.Option("--history", min=1, max=3000, metavar="DAYS", help="Age of the oldest symbols.")
    ] = 400,
    round_trip: Annotated[
        float,
        typer.Option(
            "--round-trip",
            min=0,
            max=60_000,
            metavar="MS",
            help="How much later answers over HTTP come, as from far away: milliseconds of real time.",
        ),
    ] = 0.0,
    prepared: Annotated[
        bool,
        typer.Option(
            "--prepared",
            help="Make all history before it is up, so that an answer costs it no time; of 600 symbols that takes minutes.",
        ),
    ] = False,
    listen_fd: Annotated[int | None, typer.Option("--listen-fd", hidden=True)] = None,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="Show what can go wrong and the venues there are, and leave.")
    ] = False,
) -> None:
    """Serve a made-up market on this machine that speaks the exchange's protocol, until Ctrl+C.

    Markets of one seed have nearly the same prices at every venue, and other trades.
    Other clients can use it as well: the routes /market and /public send aggregate trades, klines, tickers, mark
    prices and best prices, and REST answers what can be asked without a key. Each connection gets every trade once, from
    the moment it subscribes.
    """
    from klagg_tui.hints import ended, hint_or_all
    from klagg_tui.simulator import ARCHIVE_FAULTS, FACE_FAULTS, FACES, KINDS, MarketSpec, SimulatedExchange
    from klagg_tui.simulator.faces import face_class
    from klagg_tui.timespec import parse_time

    if kinds:
        for kind, meaning in KINDS.items():
            typer.echo(f"{kind:9} {meaning}")
        typer.echo(f"Venues are {', '.join(FACES)}. Some of them have besides:")
        for kind, meaning in FACE_FAULTS.items():
            typer.echo(f"{kind:9} {meaning}")
        typer.echo("Those that publish files (klagg fetch) have besides:")
        for kind, meaning in ARCHIVE_FAULTS.items():
            typer.echo(f"{kind:9} {meaning}")
        return
    start_ms = parse_time(start, int(time.time() * 1000))
    spec = MarketSpec(symbols, seed, start_ms, activity, history)
    listening = None if listen_fd is None else socket.socket(fileno=listen_fd)
    key = venue.casefold() or next(iter(FACES))
    if key not in FACES:
        near = hint_or_all(key, [*FACES])
        raise BadUsage(ended(f"There is no simulated exchange called {venue}{near}"))
    try:
        exchange = SimulatedExchange(
            spec, venue=key, speed=speed, faults=faults, port=port, listening=listening, round_trip_ms=round_trip
        )
    except ConfigError as error:
        raise BadUsage(*error.args) from error
    if prepared:
        if not exchange.face.prepares:
            able = ", ".join(name for name in FACES if face_class(name).prepares)
            raise BadUsage(f"--prepared is there for {able} only, not for {key}.")
        exchange.prepare()
    asyncio.run(_serve(exchange, with_parent=listening is not None))


async def _serve(exchange: SimulatedExchange, *, with_parent: bool) -> None:
    """Until SIGINT or SIGTERM; with a parent, whose socket is ours, until it is gone, which closes our standard input."""
    from klagg_tui.simulator import FACES

    asked = asyncio.Event()
    if with_parent:
        loop = asyncio.get_running_loop()
        end = partial(loop.call_soon_threadsafe, asked.set)
        threading.Thread(target=lambda: (sys.stdin.read(), end()), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with exchange:
        typer.echo("A simulated exchange is up. Watch it from another terminal with")
        other = "" if exchange.face.key == next(iter(FACES)) else f"--venue {exchange.face.key} "
        typer.echo(f"  klagg {other}--rest-url {exchange.rest_url} --ws-url {exchange.ws_url}")
        typer.echo("Ctrl+C ends it.")
        await _report_until(asked, exchange)
        typer.echo(f"{clear()}{joined(_parts(exchange))}")


async def _report_until(asked: asyncio.Event, exchange: SimulatedExchange) -> None:
    while not asked.is_set():
        typer.echo(f"{clear()}{joined(_parts(exchange))}", nl=not is_rewritten())
        try:
            await asyncio.wait_for(asked.wait(), pause_s())
        except TimeoutError:
            continue


def _parts(exchange: SimulatedExchange) -> list[str]:
    from klagg_tui.formatting import counted

    now = datetime.fromtimestamp(exchange.now_ms() / 1000, UTC)
    trading = sum(
        exchange.market.status(symbol, exchange.now_ms() // 60_000) == "TRADING" for symbol in exchange.face.listed()
    )
    struck = [f"{kind} {count:,}" for kind, count in sorted(exchange.faults.counts.items()) if count]
    return [
        f"{now:%m-%d %H:%M:%S}" if is_rewritten() else f"{now:%Y-%m-%d %H:%M:%S} UTC",
        f"×{exchange.speed:g}",
        counted(trading, "symbol"),
        counted(exchange.connections, "connection"),
        f"{counted(exchange.sent, 'trade')} sent",
        *(struck or ["no faults yet"]),
    ]
