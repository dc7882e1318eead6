"""`klagg symbols`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.options import Db, Json, Local, existing_database, names_of
from klagg_tui.commands.shared.running import wait_for

if TYPE_CHECKING:
    from klagg_tui.engine.bar import Bar
    from klagg_tui.engine.precision import Precision
    from klagg_tui.storage.symbols import StoredSymbol

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg symbols

klagg symbols BTCUSDT '*USDC' --json
"""


_HOW_TO_BEGIN: Final = "`klagg record` follows the market, `klagg import` reads the exchange's archives."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("symbols", epilog=_EXAMPLES)(symbols)


def symbols(
    pattern: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATTERN]...", help="Names like '*USDT', with or without VENUE:. Default: all."),
    ] = None,
    json: Json = False,
    local: Local = False,
    db: Db = None,
) -> None:
    """List the symbols in the database, with their oldest and newest 1m bars."""
    from klagg_tui.commands.shared.tables import console, print_json, table
    from klagg_tui.formatting import NOTHING, date_time, grouped_price
    from klagg_tui.names import parted

    found, is_qualified = wait_for(_read_symbols(existing_database(db), names_of(pattern) or ("*",)))
    if json:
        print_json([_as_json(*ends, is_qualified=is_qualified) for ends in found])
        return
    if not found:
        typer.echo(f"No symbol is stored yet: {_HOW_TO_BEGIN}", err=True)
        return
    names = ("venue", "symbol") if is_qualified else ("symbol",)
    made = table(*names, "from", "to", "last price", "state", left=len(names))
    for known, oldest, newest, precision in found:
        first, last = (date_time(bar.open_ms, local=local) if bar else NOTHING for bar in (oldest, newest))
        close = grouped_price(newest.close, precision.price) if newest else NOTHING
        name = parted(known.symbol) if is_qualified else (known.symbol,)
        made.add_row(*name, first, last, close, "" if known.active else "delisted")
    console().print(made)


Ends = tuple["StoredSymbol", "Bar | None", "Bar | None", "Precision"]


async def _read_symbols(path: Path, patterns: Sequence[str]) -> tuple[list[Ends], bool]:
    """Each symbol with its oldest and newest 1m bar and its decimals; and whether names say the venue."""
    from klagg_tui.engine.period import Period
    from klagg_tui.engine.precision import Precision
    from klagg_tui.exporting.selection import matching
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        known = {symbol.symbol: symbol for symbol in await store.symbols()}
        precisions = await store.precisions()
        found: list[Ends] = []
        for name in matching(patterns, known, store.venues):
            ends = [
                next(iter([bar async for bar in store.bars(name, Period.M1, newest_first=newest, limit=1)]), None)
                for newest in (False, True)
            ]
            found.append((known[name], ends[0], ends[1], precisions.get(name, Precision())))
        return found, store.is_qualified


def _as_json(
    known: StoredSymbol, oldest: Bar | None, newest: Bar | None, precision: Precision, *, is_qualified: bool
) -> dict[str, object]:
    from klagg_tui.engine import exact
    from klagg_tui.names import parted

    name = parted(known.symbol)._asdict() if is_qualified else {"symbol": known.symbol}
    return {
        **name,
        "active": known.active,
        "first_open_time": known.first_open_ms or None,
        "from": oldest and oldest.open_ms,
        "to": newest and newest.open_ms,
        "last_price": newest and exact.price_text(newest.close, precision.price),
    }
