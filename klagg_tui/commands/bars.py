"""`klagg bars` and `klagg symbols`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.options import Db, Json, Local, existing_database, moment
from klagg_tui.commands.shared.running import wait_for

if TYPE_CHECKING:
    from rich.table import Table

    from klagg_tui.engine.bar import Bar
    from klagg_tui.engine.precision import Precision
    from klagg_tui.exporting.selection import Selection
    from klagg_tui.storage.symbols import StoredSymbol

_BARS_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg bars BTCUSDT

klagg bars ethusdt 1h --count 48 --to yesterday

klagg bars BTCUSDT 1d --json | jq '.[-1].close'
"""
_SYMBOLS_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg symbols

klagg symbols '*USDC' --json
"""
_SPARK_CELLS: Final = 60
_SPARE: Final = ("takers", "trades", "turnover", "open", "volume")
"""Columns of bars that a narrow terminal can do without, the first ones first."""
_STATE_STYLES: Final = {"forming": "dim", "partial": "yellow", "closed": "", "confirmed": "green"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bars", epilog=_BARS_EXAMPLES)(bars)
    app.command("symbols", epilog=_SYMBOLS_EXAMPLES)(symbols)


def bars(
    symbol: Annotated[str, typer.Argument(help="Symbol like BTCUSDT.")],
    period: Annotated[str, typer.Argument(help="Period like 5m.")] = "1m",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="How many.")] = 20,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="The last bars before then.")] = None,
    json: Json = False,
    local: Local = False,
    db: Db = None,
) -> None:
    """Print the last bars of a symbol."""
    from klagg_tui.commands.shared.tables import console, print_json, print_table
    from klagg_tui.engine.period import Period
    from klagg_tui.exporting.selection import Selection

    selection = Selection((symbol,), (Period.parse(period),), to_ms=moment(to, local=local))
    found, grain = wait_for(_read_bars(existing_database(db), selection, count))
    if json:
        print_json([_as_json(bar, grain) for bar in found])
        return
    print_table(_bars_table(found, grain, local=local), *_SPARE)
    if len(found) > 1:
        console().print(_spark(found, grain))


def symbols(
    pattern: Annotated[str, typer.Argument(help="Names like '*USDT'.")] = "*",
    json: Json = False,
    local: Local = False,
    db: Db = None,
) -> None:
    """List the symbols in the database, with their oldest and newest 1m bars."""
    from klagg_tui.commands.shared.tables import console, print_json, table
    from klagg_tui.formatting import NOTHING, date_time, price

    found = wait_for(_read_symbols(existing_database(db), pattern))
    if json:
        print_json([_symbol_as_json(*ends) for ends in found])
        return
    made = table("symbol", "from", "to", "last price", "state", left=1)
    for known, oldest, newest, grain in found:
        first, last = (date_time(bar.open_ms, local=local) if bar else NOTHING for bar in (oldest, newest))
        close = price(newest.close, grain.price) if newest else NOTHING
        made.add_row(known.symbol, first, last, close, "" if known.active else "delisted")
    console().print(made)


async def _read_bars(path: Path, selection: Selection, count: int) -> tuple[list[Bar], Precision]:
    """The newest bars, oldest first."""
    from klagg_tui.exporting.selection import series_of
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        (series,) = (await series_of(store, selection))[:1]
        symbol, period, grain = series.series
        found = [bar async for bar in store.bars(symbol, period, to_ms=selection.to_ms, newest_first=True, limit=count)]
        return found[::-1], grain


Ends = tuple["StoredSymbol", "Bar | None", "Bar | None", "Precision"]


async def _read_symbols(path: Path, pattern: str) -> list[Ends]:
    """Each symbol with its oldest and newest 1m bar and its decimals."""
    from klagg_tui.engine.period import Period
    from klagg_tui.engine.precision import Precision
    from klagg_tui.exporting.selection import matching
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        known = {symbol.symbol: symbol for symbol in await store.symbols()}
        grains = await store.precisions()
        found: list[Ends] = []
        for name in matching([pattern], known):
            ends = [
                next(iter([bar async for bar in store.bars(name, Period.M1, newest_first=newest, limit=1)]), None)
                for newest in (False, True)
            ]
            found.append((known[name], ends[0], ends[1], grains.get(name, Precision())))
        return found


def _bars_table(found: list[Bar], grain: Precision, *, local: bool) -> Table:
    from klagg_tui import formatting
    from klagg_tui.commands.shared.tables import table
    from klagg_tui.engine import exact
    from klagg_tui.view.model import change_percent, taker_share

    made = table(
        f"open ({formatting.zone(local=local)})",
        *("open", "high", "low", "close", "change", "volume", "turnover", "trades", "takers", "state"),
    )
    for bar in found:
        change, share = change_percent(bar), taker_share(bar)
        state = bar.state.name.lower()
        made.add_row(
            formatting.date_time(bar.open_ms, local=local),
            *(formatting.price(price, grain.price) for price in bar[3:7]),
            f"[{_direction(change)}]{formatting.percent(change)}[/]",
            exact.text(bar.volume, grain.quantity),
            formatting.short(exact.turnover_as_float(bar.turnover)),
            formatting.whole(bar.trade_count),
            formatting.NOTHING if share is None else f"{share:.0%}",
            f"[{_STATE_STYLES[state] or 'default'}]{state}[/]",
        )
    return made


def _direction(change: float | None) -> str:
    return "default" if not change else "green" if change > 0 else "red"


def _spark(found: list[Bar], grain: Precision) -> str:
    """The closes as one line, with their lowest and highest."""
    from klagg_tui.engine import exact
    from klagg_tui.view.sparkline import sparkline

    closes = [bar.close for bar in found][-_SPARK_CELLS:]
    line = sparkline(list(map(exact.as_float, closes)), len(closes))
    return f"{line}  {exact.text(min(closes), grain.price)} to {exact.text(max(closes), grain.price)}"


def _as_json(bar: Bar, grain: Precision) -> dict[str, object]:
    import orjson

    from klagg_tui.exporting.formats import jsonl
    from klagg_tui.exporting.series import Series
    from klagg_tui.exporting.text import TextLines

    series = Series(bar.symbol, bar.period, grain)
    line: dict[str, object] = orjson.loads(TextLines(series, jsonl.line(series)).line(bar))
    return line


def _symbol_as_json(known: StoredSymbol, oldest: Bar | None, newest: Bar | None, grain: Precision) -> dict[str, object]:
    from klagg_tui.engine import exact

    return {
        "symbol": known.symbol,
        "active": known.active,
        "first_open_time": known.first_open_ms or None,
        "from": oldest and oldest.open_ms,
        "to": newest and newest.open_ms,
        "last_price": newest and exact.text(newest.close, grain.price),
    }
