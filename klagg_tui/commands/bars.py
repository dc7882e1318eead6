"""`klagg bars`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.options import Db, Json, Local, existing_database, moment
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from rich.table import Table

    from klagg_tui.engine.bar import Bar
    from klagg_tui.engine.precision import Precision
    from klagg_tui.exporting.selection import Selection

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg bars BTCUSDT

klagg bars ethusdt 1h --count 48 --to yesterday

klagg bars BTCUSDT 1d --json | jq '.[-1].close'
"""
_SPARK_CELLS: Final = 60
_NAMED: Final = 5
"""Symbols of many, as examples."""
_SPARE: Final = ("takers", "trades", "turnover", "open", "volume")
"""Columns of bars that a narrow terminal can do without, the first ones first."""
_STATE_STYLES: Final = {"forming": "dim", "partial": "yellow", "closed": "", "confirmed": "green"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bars", epilog=_EXAMPLES)(bars)


def bars(
    symbol: Annotated[
        str, typer.Argument(help="Symbol like BTCUSDT, or VENUE:SYMBOL where there are several exchanges.")
    ],
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
    found, precision, is_qualified = wait_for(_read_bars(existing_database(db), selection, count))
    if json:
        print_json([_as_json(bar, precision, is_qualified=is_qualified) for bar in found])
        return
    print_table(_bars_table(found, precision, local=local), *_SPARE)
    if len(found) > 1:
        console().print(_spark(found, precision))


async def _read_bars(path: Path, selection: Selection, count: int) -> tuple[list[Bar], Precision, bool]:
    """The newest bars, oldest first, and whether their names say the venue.

    Raises:
        BadUsage: a pattern that several symbols match.
    """
    from klagg_tui.exporting.selection import series_of
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        matched = await series_of(store, selection)
        if len(matched) > 1:
            names = ", ".join(one.name for one in matched[:_NAMED])
            raise BadUsage(f"{selection.symbols[0]} is {len(matched)} symbols: name one of them, like {names}.")
        symbol, period, precision = matched[0].name, *matched[0].series[1:3]
        found = [bar async for bar in store.bars(symbol, period, to_ms=selection.to_ms, newest_first=True, limit=count)]
        return found[::-1], precision, store.is_qualified


def _bars_table(found: list[Bar], precision: Precision, *, local: bool) -> Table:
    from rich.text import Text

    from klagg_tui import formatting
    from klagg_tui.commands.shared.tables import table
    from klagg_tui.engine import exact
    from klagg_tui.evidence import Evidence
    from klagg_tui.view.model import change_percent, taker_share

    made = table(
        f"open ({formatting.zone(local=local)})",
        *("open", "high", "low", "close", "change", "volume", "turnover", "trades", "takers", "state"),
    )
    for bar in found:
        change, share = change_percent(bar), taker_share(bar)
        state = bar.state.label
        made.add_row(
            formatting.date_time(bar.open_ms, local=local),
            *(formatting.grouped_price(price, precision.price) for price in bar[3:7]),
            Text(formatting.percent(change), _direction(change)),
            exact.quantity_text(bar.volume, precision.quantity),
            formatting.NOTHING
            if bar.evidence & Evidence.NO_TURNOVER
            else formatting.short(exact.turnover_as_float(bar.turnover)),
            formatting.NOTHING if bar.evidence & Evidence.NO_COUNT else formatting.whole(bar.trade_count),
            formatting.NOTHING if share is None or bar.evidence & Evidence.NO_TAKER_VOLUME else f"{share:.0%}",
            Text(state, _STATE_STYLES[state]),
        )
    return made


def _direction(change: float | None) -> str:
    return "default" if not change else "green" if change > 0 else "red"


def _spark(found: list[Bar], precision: Precision) -> str:
    """The closes as one line, with their lowest and highest."""
    from klagg_tui import formatting
    from klagg_tui.engine import exact
    from klagg_tui.view.sparkline import sparkline

    closes = [bar.close for bar in found][-_SPARK_CELLS:]
    line = sparkline(list(map(exact.price_as_float, closes)), len(closes))
    lowest, highest = (formatting.grouped_price(price, precision.price) for price in (min(closes), max(closes)))
    return f"{line}  {lowest} to {highest}"


def _as_json(bar: Bar, precision: Precision, *, is_qualified: bool) -> dict[str, object]:
    import orjson

    from klagg_tui.exporting.formats import jsonl
    from klagg_tui.exporting.series import Series
    from klagg_tui.exporting.text import TextLines
    from klagg_tui.names import Name, parted

    venue, symbol = parted(bar.symbol) if is_qualified else Name("", bar.symbol)
    series = Series(symbol, bar.period, precision, venue)
    line: dict[str, object] = orjson.loads(TextLines(series, jsonl.line(series)).line(bar))
    return line
