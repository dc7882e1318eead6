"""`klagg import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from klagg_tui.commands.shared.options import Db, database, say_update, settings_of
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.commands.shared.progress import ProgressLine
    from klagg_tui.engine.period import Period
    from klagg_tui.importing.outcome import Imported

_EXAMPLES = """
[bold]Examples[/bold]

klagg import BTCUSDT-aggTrades-2024-08-08.zip

klagg import BTCUSDT-1m-2024-0*.zip ETHUSDT-1m-2024-0*.zip

klagg import recorded.jsonl.gz --db research.db

klagg import trades.csv --symbol BTCUSDT

klagg import data/spot/daily/klines/BTCUSDT/1m/*.zip --market spot --db spot.db

klagg import XBTUSD.csv XBTUSD_1.csv --symbol BTC/USD

klagg import BTC-USDT-SWAP-trades-2026-08-08.zip --contract-value 0.01 --db swaps.db

klagg import --legacy klines.db
"""
_NOTES_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import", epilog=_EXAMPLES)(import_files)


def import_files(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Archives of the exchange (aggTrades or klines; CSV, .gz, .zip), or JSON lines of events."),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", "-s", help="Symbol of CSV files whose name does not say it.")
    ] = None,
    market: Annotated[
        str | None,
        typer.Option(
            *("--market", "--venue", "-m"),
            metavar="um|cm|spot|us|VENUE",
            help="Market of the files: USDⓈ-M or COIN-M futures, spot, or the US exchange; that of another by its venue's key. "
            "Default: as they show it, or as what is stored.",
        ),
    ] = None,
    contract_value: Annotated[
        str | None,
        typer.Option(
            "--contract-value",
            metavar="COINS",
            help="What one contract is worth, for files that count contracts and do not say it: 0.01 for BTC-USDT-SWAP.",
        ),
    ] = None,
    legacy: Annotated[
        Path | None,
        typer.Option("--legacy", metavar="FILE", help="A database of the predecessor (tables like k_btc_1m)."),
    ] = None,
    db: Db = None,
) -> None:
    """Take recorded trades and bars into the database.

    A bad row costs that row. Importing a file twice changes nothing, and neither does the order of files.
    Ctrl+C keeps what is whole.
    """
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.commands.shared.progress import ProgressLine
    from klagg_tui.exporting.selection import as_text
    from klagg_tui.runtime.stop_signals import INTERRUPTED

    if not files and legacy is None:
        raise BadUsage("Name files, or a database with --legacy.")
    if files and legacy is not None:
        raise BadUsage("--legacy takes a database alone; import other files with a command of their own.")
    named = as_text(symbol) if symbol else None
    if outcome := _useless(files or [], legacy, market, contract_value):
        _tell(outcome)
        raise typer.Exit(1)
    work = _Work(files or [], named, market, contract_value, legacy, database(db), settings_of(ctx).market.periods)
    with Interrupt("the bars so far are kept.") as interrupt, ProgressLine() as line:
        outcome = wait_for(work.run(interrupt, line))
    _tell(outcome)
    if outcome.is_stopped:
        raise typer.Exit(INTERRUPTED)
    if outcome.failures or not outcome.is_usable:
        raise typer.Exit(1)


def _useless(files: list[Path], legacy: Path | None, market: str | None, contract_value: str | None) -> Imported | None:
    """What is told where nothing of what was named can be read; None where something may.

    It is looked at before the database, which another klagg may hold: a slip of the pen is told as that.

    Raises:
        BadUsage: there is no such market, or the value is no number.
        BadFile: `legacy` is no database of the predecessor.
    """
    from klagg_tui.importing.foreign import checked_value
    from klagg_tui.importing.markets import market_of
    from klagg_tui.importing.outcome import Imported
    from klagg_tui.importing.predecessor import Predecessor
    from klagg_tui.importing.unpack import unopened

    if market is not None:
        market_of(market)
    if contract_value is not None:
        checked_value(contract_value)
    if legacy is not None:
        with Predecessor(legacy):
            return None
    failures = [told for path in files if (told := unopened(path))]
    return Imported(failures=failures) if len(failures) == len(files) else None


class _Work(NamedTuple):
    """What was asked for."""

    files: list[Path]
    symbol: str | None
    market: str | None
    contract_value: str | None
    legacy: Path | None
    database: Path
    periods: tuple[Period, ...]

    async def run(self, should_stop: Interrupt, line: ProgressLine) -> Imported:
        from klagg_tui.exchange.registry import opening_at_previous_close
        from klagg_tui.importing.importer import import_files
        from klagg_tui.importing.inheritance import import_predecessor
        from klagg_tui.importing.outcome import Progress
        from klagg_tui.storage.store import Store

        def show(progress: Progress) -> None:
            line.show(progress.path.name, progress.done, progress.total, progress.rows)

        say_update(self.database)
        async with await Store.open(
            self.database, periods=self.periods, previous_close=opening_at_previous_close(), is_kept_empty=False
        ) as store:
            if self.legacy is not None:
                return await import_predecessor(
                    store, self.legacy, market=self.market, on_progress=show, should_stop=should_stop
                )
            return await import_files(
                store,
                self.files,
                symbol=self.symbol,
                market=self.market,
                contract_value=self.contract_value,
                on_progress=show,
                should_stop=should_stop,
            )


def _tell(outcome: Imported) -> None:
    """The closing summary; what went wrong goes to stderr."""
    from klagg_tui.formatting import counted

    tally = outcome.tally
    for note in outcome.notes[:_NOTES_SHOWN]:
        tell(note, err=True)
    if len(outcome.notes) > _NOTES_SHOWN:
        typer.echo(f"... and {len(outcome.notes) - _NOTES_SHOWN:,} more.", err=True)
    for failure in outcome.failures:
        tell(failure, err=True)
    for bad in tally.first_bad:
        tell(bad, err=True)
    if tally.bad > len(tally.first_bad):
        typer.echo(f"... and {counted(tally.bad - len(tally.first_bad), 'more bad row')}.", err=True)
    parts = [
        counted(outcome.trades, "trade"),
        f"{counted(outcome.bars, 'bar')} ({outcome.new:,} new)",
        counted(outcome.duplicates, "duplicate"),
        counted(outcome.gaps, "gap"),
        f"{tally.other_events:,} other",
        f"{tally.bad:,} bad",
    ]
    if tally.placeholders:
        parts.append(f"{counted(tally.placeholders, 'placeholder record')} (price and quantity 0)")
    if outcome.too_late:
        parts.append(
            f"{counted(outcome.too_late, 'trade')} too late for {'its' if outcome.too_late == 1 else 'their'} minute"
        )
    typer.echo(f"{'Stopped: ' if outcome.is_stopped else ''}{', '.join(parts)}.")
    if not outcome.is_usable and not outcome.is_stopped:
        typer.echo("Nothing in there could be used.", err=True)
