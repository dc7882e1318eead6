"""Runs in the clients' own environment: lets one client read everything and writes down what it read.

python -m clients.child CLIENT REST_URL WS_URL OUTPUT

OUTPUT gets a line of JSON at a time, so whoever waits has what was read before a client hung.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeVar

from clients.readings import ACTIONS, BAR_STREAM, BARS, CONTRACTS, TRADE_STREAM, TRADES, Bar, Client, Trade
from clients.venues import NAMES

SYMBOL: Final = "BTCUSDT"
COUNT: Final = 200
MINUTES: Final = 4
"""So many bars have to be seen on the websocket: the first may have begun before, the last is not over."""
PATIENCE_S: Final = 25.0
"""For each action; four minutes of the exchange take twelve seconds."""
_HOME: Final = ("127.0.0.1", "::1", "localhost", None, "")

Read = TypeVar("Read")
Questions = dict[str, Callable[[], Awaitable[list]]]


@dataclass
class Account:
    """What is written down."""

    path: Path
    refused: set[str] = field(default_factory=set)

    def write(self, **told: object) -> None:
        """One line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")

    def stay_at_home(self, event: str, arguments: tuple[object, ...]) -> None:
        """A hook that refuses every way to another machine, and says which was looked for.

        It sees what goes through Python's sockets. Those of nautilus_trader do not, and get no address but the two.
        """
        if event == "socket.getaddrinfo":
            host = arguments[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        name = host.decode() if isinstance(host, bytes) else host
        if name in _HOME:
            return
        if name not in self.refused:
            self.refused.add(str(name))
            self.write(refused=str(name))
        raise ConnectionRefusedError(f"{name} is not on this machine")


def main(name: str, rest_url: str, ws_url: str, output: str) -> None:
    """Ask for everything, one after the other."""
    account = Account(Path(output))
    sys.addaudithook(account.stay_at_home)
    asyncio.run(ask(name, rest_url, ws_url, account))
    # Threads and connections that a client leaves behind are nobody's concern any more.
    os._exit(0)


async def ask(name: str, rest_url: str, ws_url: str, account: Account) -> None:
    """One client."""
    packages, notes, questions = (
        of_venue(name, rest_url, ws_url) if name in NAMES else of_client(name, rest_url, ws_url)
    )
    account.write(versions={package: version(package) for package in packages}, notes=notes)
    for action, question in questions.items():
        try:
            async with asyncio.timeout(PATIENCE_S):
                account.write(action=action, read=await question())
        except TimeoutError:
            account.write(action=action, trouble=f"no answer within {PATIENCE_S:.0f} s")
        except Exception as error:  # noqa: BLE001 - whatever a client makes of an answer is a finding
            account.write(action=action, trouble=f"{type(error).__name__}: {error}")


def of_client(name: str, rest_url: str, ws_url: str) -> tuple[tuple[str, ...], tuple[str, ...], Questions]:
    """One of Binance USDⓈ-M's: its packages, its notes, and what is asked."""
    kind: type[Client] = import_module(f"clients.{name}").Client
    client = kind(rest_url, ws_url)
    questions: Questions = {
        CONTRACTS: client.contracts,
        BARS: lambda: client.bars(SYMBOL, COUNT),
        TRADES: lambda: client.trades(SYMBOL, COUNT),
        TRADE_STREAM: lambda: taken(client.trade_stream(SYMBOL), enough_trades),
        BAR_STREAM: lambda: taken(client.bar_stream(SYMBOL), enough_bars),
    }
    return kind.packages, kind.notes, {action: questions[action] for action in ACTIONS}


def of_venue(name: str, rest_url: str, ws_url: str) -> tuple[tuple[str, ...], tuple[str, ...], Questions]:
    """The same of another face."""
    ccxt_venues = import_module("clients.ccxt_venues")
    venue = NAMES[name]
    return ccxt_venues.PACKAGES, venue.notes, ccxt_venues.Client(venue, rest_url, ws_url).questions()


async def taken(stream: AsyncIterator[Read], is_enough: Callable[[list[Read]], bool]) -> list[Read]:
    """What a stream brings until it is enough, or until time is up."""
    read: list[Read] = []
    try:
        async for one in stream:
            read.append(one)
            if is_enough(read):
                break
    except asyncio.CancelledError:
        if not read:
            raise
        # Too little is judged by who knows the exchange; the time is up either way.
        return read
    return read


def enough_trades(trades: list[Trade]) -> bool:
    """Whether there are as many as are asked for by REST."""
    return len(trades) >= COUNT


def enough_bars(bars: list[Bar]) -> bool:
    """Whether enough minutes were seen."""
    return len({bar.open_ms for bar in bars}) >= MINUTES


if __name__ == "__main__":
    main(*sys.argv[1:])
