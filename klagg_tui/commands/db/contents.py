"""`klagg db`: what is in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from klagg_tui.commands.db.names import heads, name_cells, name_json
from klagg_tui.commands.shared.options import Db, Json, Local, existing_database
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for

if TYPE_CHECKING:
    from rich.table import Table

    from klagg_tui.storage.maintenance import Holding


def overview(
    ctx: typer.Context,
    by_symbol: Annotated[bool, typer.Option("--symbols", help="A line for each symbol and period.")] = False,
    json: Json = False,
    local: Local = False,
    db: Db = None,
) -> None:
    """Say where the database is and what is in it."""
    ctx.obj = db
    if ctx.invoked_subcommand is not None:
        return
    from klagg_tui import formatting
    from klagg_tui.commands.shared.tables import console, print_json, print_table
    from klagg_tui.formatting import counted

    content = wait_for(_read(existing_database(db)))
    if json:
        print_json(_as_json(content))
        return
    out = console()
    tell(f"{content.path}, {formatting.size(content.size_bytes)}")
    out.print(
        f"{counted(content.symbols, 'symbol')}, {counted(content.spans, 'unbroken run')} of trades, "
        f"{counted(content.forming, 'forming bar')}"
    )
    if content.alerts or content.firings:
        out.print(
            f"{counted(content.alerts, 'alert')}, which fired {counted(content.firings, 'time')}: see klagg alerts"
        )
    if content.holdings:
        held = content.holdings
        if by_symbol:
            print_table(
                _holdings_table(held, is_qualified=content.is_qualified, local=local), "closed", "confirmed", "from"
            )
        else:
            print_table(_periods_table(held, local=local), "symbols", "closed", "confirmed")


class _Content(NamedTuple):
    path: Path
    size_bytes: int
    symbols: int
    spans: int
    forming: int
    alerts: int
    firings: int
    """Of alerts, also of those that are there no more."""
    holdings: tuple[Holding, ...]
    is_qualified: bool
    """Whether names of symbols say the venue."""


async def _read(path: Path) -> _Content:
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        counts = await store.counts()
        held = await store.summary()
        return _Content(
            path,
            store.size_bytes,
            counts.symbols,
            counts.spans,
            counts.forming,
            counts.alerts,
            counts.firings,
            held,
            store.is_qualified,
        )


def holes(holding: Holding) -> int:
    """How many bars are missing between the oldest and the newest one."""
    from klagg_tui.engine.period import Period

    if holding.period is not Period.MO1:
        return (holding.last_ms - holding.first_ms) // holding.period.nominal_ms + 1 - holding.rows
    months, at_ms = 1, holding.first_ms
    while at_ms < holding.last_ms:
        at_ms = holding.period.end_ms(at_ms)
        months += 1
    return months - holding.rows


def _periods_table(holdings: Sequence[Holding], *, local: bool) -> Table:
    """A line a period."""
    from klagg_tui.commands.shared.tables import table

    made = table("period", "symbols", "bars", "from", "to", "holes", "partial", "closed", "confirmed")
    for period in sorted({holding.period for holding in holdings}):
        of_period = [holding for holding in holdings if holding.period is period]
        made.add_row(str(period), f"{len(of_period):,}", *_cells(of_period, local=local))
    return made


def _holdings_table(holdings: Sequence[Holding], *, is_qualified: bool, local: bool) -> Table:
    """A line a symbol and period."""
    from klagg_tui.commands.shared.tables import table

    names = heads(is_qualified=is_qualified)
    made = table(*names, "period", "bars", "from", "to", "holes", "partial", "closed", "confirmed", left=len(names))
    for holding in holdings:
        made.add_row(
            *name_cells(holding.symbol, is_qualified=is_qualified), str(holding.period), *_cells([holding], local=local)
        )
    return made


def _cells(holdings: Sequence[Holding], *, local: bool) -> Iterable[str]:
    from klagg_tui.formatting import date_time

    yield f"{sum(holding.rows for holding in holdings):,}"
    yield date_time(min(holding.first_ms for holding in holdings), local=local)
    yield date_time(max(holding.last_ms for holding in holdings), local=local)
    yield f"{sum(map(holes, holdings)):,}"
    yield f"{sum(holding.partial for holding in holdings):,}"
    yield f"{sum(holding.closed for holding in holdings):,}"
    yield f"{sum(holding.confirmed for holding in holdings):,}"


def _as_json(content: _Content) -> dict[str, object]:
    return {
        "path": str(content.path),
        "size_bytes": content.size_bytes,
        "symbols": content.symbols,
        "spans": content.spans,
        "forming": content.forming,
        "alerts": content.alerts,
        "firings": content.firings,
        "holdings": [
            {
                **name_json(holding.symbol, is_qualified=content.is_qualified),
                "period": str(holding.period),
                "bars": holding.rows,
                "from": holding.first_ms,
                "to": holding.last_ms,
                "holes": holes(holding),
                "partial": holding.partial,
                "closed": holding.closed,
                "confirmed": holding.confirmed,
            }
            for holding in content.holdings
        ],
    }
