"""The first start: which exchanges to watch is asked once, with what each of them answered from here, and is remembered."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.status_line import can_move_its_cursor

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from klagg_tui.config import Effective
    from klagg_tui.exchange.venue import Venue

PATIENCE_S: Final = 5.0
"""For the answers of all exchanges."""
BEGINNING: Final = "This is the first start of klagg. These exchanges can be watched; each is asked from here:"
QUESTION: Final = "Watch which? Numbers or names with commas, or all"
_ALL: Final = ("all", "*")
_NARROW: Final = 60
"""Columns of a terminal below which there is room for the names that can be typed alone."""
_NO_ANSWER: Final = "no answer"
_BLOCKED: Final = "does not serve this place"
_TRYING: Final = "…"


class Wish(NamedTuple):
    """What the person said."""

    venues: tuple[str, ...] = ()
    """Keys of the exchanges to watch; empty: the default one."""
    wants_demo: bool = False
    is_answer: bool = True
    """Whether a person said so, so that it is to be remembered."""


class Tried(NamedTuple):
    """What became of asking one exchange for its time."""

    words: str
    answers: bool = False


def is_first(effective: Effective, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a person is there to be asked, and nothing says yet what is to be watched."""
    from klagg_tui.config import DEFAULT
    from klagg_tui.exchange.registry import keys

    named = ("market.venues", "market.rest_url", "market.ws_url")
    return (
        len(keys()) > 1
        and "TEXTUAL_DRIVER" not in environment
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and can_move_its_cursor()
        and not effective.tables
        and all(effective.origin(name) == DEFAULT for name in named)
        and not _has_bars(effective.settings.storage.database)
    )


def _has_bars(path: Path) -> bool:
    """Whether somebody recorded before, or has another file there, which is told later.

    A first start without a network leaves a database without bars, and the question still open.
    """
    if not path.exists():
        return False
    from klagg_tui.errors import KlaggError
    from klagg_tui.storage.store import Store

    async def read() -> bool:
        async with await Store.open(path, read_only=True) as store:
            return await store.has_bars()

    try:
        return asyncio.run(read())
    except KlaggError:
        return True


def ask(proxy: str | None, patience_s: float = PATIENCE_S) -> Wish:
    """Try every exchange, show what it answered, and ask which to watch.

    Raises:
        KeyboardInterrupt: Ctrl+C.
    """
    from rich.console import Console

    from klagg_tui.exchange.registry import DEFAULT, keys, venue

    console = Console(markup=False, emoji=False, highlight=False)
    venues = {key: venue(key) for key in keys()}
    console.print(BEGINNING)
    tried = _try_all(console, venues, proxy, patience_s)
    answering = [key for key in venues if tried[key].answers]
    if not answering:
        console.print("No exchange answers from here: there is no network, or it lets nothing through (see --proxy).")
        typed = _read(console, "Watch a simulated market instead? [y/N] ")
        wants_demo = typed is not None and typed.casefold() in ("y", "yes")
        if not wants_demo:
            console.print(f"Going on with {venues[DEFAULT].name} until the network is there.")
        return Wish(wants_demo=wants_demo)
    usual = DEFAULT if DEFAULT in answering else answering[0]
    while True:
        typed = _read(console, f"{QUESTION} [{usual}]: ")
        if typed is None:
            return Wish((usual,), is_answer=False)
        try:
            return Wish(chosen(typed, [*venues], answering) or (usual,))
        except ValueError as problem:
            console.print(str(problem))


def chosen(typed: str, known: Sequence[str], answering: Sequence[str]) -> tuple[str, ...]:
    """The keys that were meant, those that answer where all were, none where nothing was typed.

    Raises:
        ValueError: one sentence about a word that means no exchange.
    """
    from klagg_tui.config.wording import shown
    from klagg_tui.hints import ended, hint

    found: list[str] = []
    for word in typed.replace(",", " ").split():
        if word.isascii() and word.isdecimal() and len(word) <= 3 and 1 <= int(word) <= len(known):
            found.append(known[int(word) - 1])
        elif word.casefold() in known:
            found.append(word.casefold())
        elif word.casefold() in _ALL:
            found += answering
        else:
            raise ValueError(
                ended(f"{shown(word)} is neither a number of the list nor a name in it{hint(word, known)}")
            )
    return tuple(dict.fromkeys(found))


def _read(console: Console, question: str) -> str | None:
    """What is typed; nothing at all where Ctrl+D or a closed terminal ends it."""
    try:
        return console.input(question, markup=False, emoji=False).strip()
    except EOFError:
        console.print()
        return None


def _try_all(
    console: Console, venues: Mapping[str, Venue], proxy: str | None, patience_s: float
) -> Mapping[str, Tried]:
    from rich.live import Live

    tried = {key: Tried(_TRYING) for key in venues}

    with Live(_table(venues, tried, console.width), console=console, auto_refresh=False) as live:

        def note(key: str, outcome: Tried) -> None:
            tried[key] = outcome
            live.update(_table(venues, tried, console.width), refresh=True)

        asyncio.run(_sync_all(venues, proxy, patience_s, note))
    return tried


def _table(venues: Mapping[str, Venue], tried: Mapping[str, Tried], width: int) -> Table:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(no_wrap=True, min_width=max(map(len, venues)))
    for number, (key, exchange) in enumerate(venues.items(), 1):
        style = "" if tried[key].answers else "dim"
        names = (key, exchange.name) if width >= _NARROW else (key,)
        table.add_row(f"{number:>3}", *names, tried[key].words, style=style)
    return table


async def _sync_all(
    venues: Mapping[str, Venue], proxy: str | None, patience_s: float, note: Callable[[str, Tried], None]
) -> None:
    async def sync(key: str, exchange: Venue) -> None:
        note(key, await _sync(exchange, proxy, patience_s))

    await asyncio.gather(*(sync(key, exchange) for key, exchange in venues.items()))


async def _sync(exchange: Venue, proxy: str | None, patience_s: float) -> Tried:
    """Ask one for its time."""
    from klagg_tui.errors import ExchangeError, GeoBlocked, RateLimited

    try:
        async with exchange.market_data(exchange.rest_url, time.time() * 1000, proxy=proxy) as market_data:
            began_s = time.monotonic()  # what is loaded before is not the exchange's delay
            async with asyncio.timeout(patience_s):
                await market_data.sync()
    except GeoBlocked:
        return Tried(_BLOCKED)
    except RateLimited:
        return Tried("refuses questions for now")
    except (ExchangeError, TimeoutError, OSError):
        return Tried(_NO_ANSWER)
    return Tried(f"answers in {(time.monotonic() - began_s) * 1000:,.0f} ms", answers=True)


def remember(path: Path, venues: Sequence[str]) -> None:
    """Write the choice into the settings file; where that cannot be, say so and go on."""
    from klagg_tui.config.file import ConfigFile
    from klagg_tui.config.wording import quoted
    from klagg_tui.errors import ConfigError

    line = f"venues = [{', '.join(map(quoted, venues))}]"
    try:
        before = ConfigFile.read(path).text.rstrip("\n") if path.exists() else ""
        lines = before.split("\n") if before else []
        at = next((number for number, text in enumerate(lines) if text.strip() == "[market]"), None)
        if at is None:
            text = "\n".join([*lines, *([""] if lines else []), "[market]", line]) + "\n"
        else:
            text = "\n".join([*lines[: at + 1], line, *lines[at + 1 :]]) + "\n"
        ConfigFile.of(text.encode(), path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, ConfigError) as error:
        reason = getattr(error, "strerror", None) or error
        tell(f"The choice cannot be remembered in {path} ({reason}): put {line} below [market] there.", err=True)
    else:
        tell(f"Remembered in {path}: [market] {line}")
