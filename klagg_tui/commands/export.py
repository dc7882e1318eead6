"""`klagg export`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from klagg_tui.commands.shared.export_choices import Numbers, StateName, Told, What
from klagg_tui.commands.shared.export_told import export_told
from klagg_tui.commands.shared.options import Db, Local, existing_database, names_of, periods_of, times
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.pipes import silence_stdout, target_of
from klagg_tui.commands.shared.presets import choices_of, preset_names
from klagg_tui.commands.shared.presets import show as show_presets
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.errors import BadUsage
from klagg_tui.exporting import programs
from klagg_tui.exporting.formats import NAMES, format_of, load

if TYPE_CHECKING:
    from klagg_tui.engine.period import Period
    from klagg_tui.exporting.exporter import Exported
    from klagg_tui.exporting.format import Format
    from klagg_tui.exporting.selection import Selection

_EXAMPLES = """
[bold]Examples[/bold]

klagg export --symbol BTCUSDT --period 1m --from 2024-08-08 --to 2024-08-09 -o BTCUSDT-1m-2024-08-08.csv

klagg export -s BTCUSDT -p 5m --from -3h --format jsonl | jq .close

klagg export -s '*USDT' -p 1m,1h --from yesterday -o bars/ --format parquet

klagg export -s BTCUSDT --format arrow --numbers float | python study.py

klagg export -p 1h --from -1w --where 'turnover>5m taker>60%' -o busy.csv

klagg export --what derivatives -s BTCUSDT --from -1d -o funding.csv

klagg export --preset last-day -s 'BTC*' -o day.csv

klagg export --for freqtrade -s '*USDT' -p 5m,1h --quote USDT -o user_data/data/

klagg export -s BTCUSDT --resample 2h --state confirmed -o two-hours.csv.gz
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog=_EXAMPLES)(export_bars)


def _known_format(name: str | None) -> str | None:
    if name is not None and name not in NAMES:
        raise BadUsage(f"There is no format {name}; there are {', '.join(NAMES)}.")
    return name


def _known_program(name: str | None) -> str | None:
    if name is not None and name not in programs.NAMES:
        raise BadUsage(f"Nothing is written for {name}; --for takes {', '.join(programs.NAMES)}.")
    return name


def _require_whole_format(for_: str | None, quote: str, *, says_more: bool) -> None:
    if for_ and says_more:
        raise BadUsage(f"--for {for_} says the whole format: leave out --format, --with, --what and --numbers.")
    if quote and for_ != "freqtrade":
        raise BadUsage("--quote is of --for freqtrade, whose files have names of coins.")


def export_bars(
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            "--symbol",
            "-s",
            metavar="SYMBOL,…",
            help="Symbols or patterns like '*USDT', with an exchange before a colon or without. Default: all.",
        ),
    ] = None,
    period: Annotated[
        list[str] | None,
        typer.Option("--period", "-p", metavar="PERIOD", help="Period like 5m; several with commas. Default: 1m."),
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Bars that open then or later.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Bars that open before then.")] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            *("--format", "-f"),
            metavar=f"[{'|'.join(NAMES)}]",
            help="Default: as the output's name says, else csv.",
            callback=_known_format,
            autocompletion=lambda: list(NAMES),
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE|-", help="File, folder/ for a file each, or - for a pipe."),
    ] = "-",
    state: Annotated[
        list[StateName] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only bars that are forming, partial, closed or confirmed; may be given again.",
        ),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="FILTER", help="Only bars that match, as in '/' on the screen.")
    ] = None,
    resample: Annotated[
        str | None,
        typer.Option("--resample", metavar="PERIOD", help="Make bars of this period from stored shorter ones."),
    ] = None,
    with_: Annotated[
        list[Told] | None,
        typer.Option(
            "--with",
            metavar="COLUMN",
            help="A column more: venue, state, or witness (ids or candle: who vouches for a confirmed bar); may be given again.",
        ),
    ] = None,
    numbers: Annotated[
        Numbers,
        typer.Option(help="Values as exact decimals, or as 64-bit floats, which columns of Parquet and Arrow can be."),
    ] = Numbers.EXACT,
    for_: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar=f"[{'|'.join(programs.NAMES)}]",
            help="Files as that program keeps them, of bars that are over.",
            callback=_known_program,
            autocompletion=lambda: list(programs.NAMES),
        ),
    ] = None,
    quote: Annotated[
        str,
        typer.Option(metavar="COIN", help="What symbols are paid in of which no listing said it, for --for freqtrade."),
    ] = "",
    what: Annotated[
        What,
        typer.Option(
            "--what", help="Bars, or what is told of contracts beside trades: mark price, funding, open interest, …"
        ),
    ] = What.BARS,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Choices saved in the terminal's export form, or ready ones; other options go before them.",
            autocompletion=preset_names,
        ),
    ] = None,
    list_presets: Annotated[bool, typer.Option("--presets", help="List the presets and what each chooses.")] = False,
    local: Local = False,
    db: Db = None,
) -> None:
    """Write bars as the exchange's own archives do, or in another format.

    Values are exact decimals. Times: 2024-08-08, 2024-08-08T23:55, epoch milliseconds, yesterday, now, -3h.
    """
    if list_presets:
        show_presets()
        return
    from klagg_tui.commands.shared.filters import bar_filter
    from klagg_tui.engine.bar import State
    from klagg_tui.exporting.selection import Selection

    names, is_all = names_of(symbol), False
    if preset is not None:
        if what is What.DERIVATIVES:
            raise BadUsage("--preset chooses bars; --what derivatives has none.")
        said = choices_of(preset)
        names = names or said.symbols or ()
        is_all = not (period or resample or said.periods)
        period = period or (None if resample or said.periods is None else [said.periods])
        from_, to = (from_, to) if from_ or to else (said.begin, said.end)
        state = state or [StateName(each) for each in said.states or ()] or None
        format_ = format_ or (None if for_ or format_of(Path(output)) else said.format)
    _require_whole_format(
        for_, quote, says_more=bool(format_ or with_ or what is What.DERIVATIVES or numbers is Numbers.FLOAT)
    )
    if period and resample:
        raise BadUsage("--period takes stored bars, --resample makes them; give one of the two.")
    from_ms, to_ms = times(from_, to, local=local)
    if what is What.DERIVATIVES:
        if (
            period
            or resample
            or state
            or where
            or {Told.WITNESS, Told.STATE} & set(with_ or ())
            or numbers is Numbers.FLOAT
        ):
            raise BadUsage(
                "--what derivatives has a row a minute, exact: --period, --resample, --state, --where and --numbers are of bars."
            )
        named = load(format_) if format_ else format_of(Path(output))
        told = named or load(NAMES[0])
        export_told(existing_database(db), names or ("*",), from_ms, to_ms, output, told, with_=with_ or ())
        return
    selection = Selection(
        symbols=names or ("*",),
        periods=_stored_periods(existing_database(db))
        if is_all
        else periods_of([resample] if resample else period or ["1m"]),
        from_ms=from_ms,
        to_ms=to_ms,
        states=frozenset(State[name.name] for name in state) if state else None,
        keep=bar_filter(where) if where else None,
        is_resampled=resample is not None,
        with_venue=Told.VENUE in (with_ or ()),
        with_witness=Told.WITNESS in (with_ or ()),
        in_floats=numbers is Numbers.FLOAT,
        with_state=Told.STATE in (with_ or ()),
    )
    if for_:
        _export_for(existing_database(db), selection, output, programs.load(for_), quote)
        return
    form = load(format_) if format_ else format_of(Path(output))
    if selection.in_floats and (form is None or form.is_text):
        raise BadUsage("Text is exact, whoever reads it: --numbers float is of --format parquet and arrow.")
    _export(existing_database(db), selection, output, form or load(NAMES[0]), is_chosen=form is not None)


def _stored_periods(db: Path) -> tuple[Period, ...]:
    """Those of which there are bars."""
    from klagg_tui.engine.period import Period
    from klagg_tui.storage.store import Store

    async def read() -> tuple[Period, ...]:
        async with await Store.open(db, read_only=True) as store:
            found = await store.stored_periods()
        return tuple(sorted({period for periods in found.values() for period in periods})) or (Period.M1,)

    return wait_for(read())


def _export_for(db: Path, selection: Selection, output: str, form: Format, quote: str) -> None:
    """As another program keeps them."""
    is_folder = output.endswith(("/", os.sep)) or (output != "-" and Path(output).is_dir())
    if form.needs_folder and output == "-":
        raise BadUsage(f"--for {form.name} fills a folder: name it with -o.")
    if selection.is_mixed and not (form.needs_folder or is_folder):
        raise BadUsage(f"--for {form.name} writes a file for each symbol and period: name a folder, -o bars/.")
    selection = replace(
        selection, ended_only=True, with_venue=form.needs_folder, with_coins=form.needs_folder, quote=quote
    )
    _export(db, selection, output, form, is_chosen=True)


def _export(db: Path, selection: Selection, output: str, form: Format, *, is_chosen: bool) -> None:
    """`is_chosen`: the option or the name of the file says the format."""
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.commands.shared.progress import ProgressLine
    from klagg_tui.exporting.exporter import ExportProgress, export
    from klagg_tui.runtime.stop_signals import INTERRUPTED
    from klagg_tui.storage.store import Store

    is_pipe = output == "-"
    target = target_of(output, form)
    is_split = form.needs_folder or output.endswith(("/", os.sep)) or (not is_pipe and Path(output).is_dir())

    async def run(should_stop: Interrupt, line: ProgressLine) -> Exported:
        def show(progress: ExportProgress) -> None:
            line.show(progress.series, progress.bars, progress.total_bars, progress.bars)

        store = await Store.open(db, read_only=True)
        try:
            return await export(
                store, selection, target, form, is_split=is_split, on_progress=show, should_stop=should_stop
            )
        finally:
            await store.close()

    with Interrupt("no half file is left.") as interrupt, ProgressLine(unit="bars") as line:
        outcome = wait_for(run(interrupt, line))
    _report(outcome, output)
    if outcome.paths and not (is_chosen or is_split or outcome.is_stopped):
        name = outcome.paths[0].name
        tell(f"Note: the name {name} says no format, so it is {form.name}; --format names another.", err=True)
    if outcome.is_cut:
        silence_stdout()
    if outcome.is_stopped:
        raise typer.Exit(INTERRUPTED)


def _report(outcome: Exported, output: str) -> None:
    """What was written, and what in it is not to be relied on; on stderr, because stdout may be the bars."""
    from klagg_tui.engine.bar import State
    from klagg_tui.formatting import counted

    if output != "-" and not outcome.is_stopped:
        files = f"{len(outcome.paths):,} files in {output}" if len(outcome.paths) != 1 else str(outcome.paths[0])
        tell(f"{counted(outcome.bars, 'bar')} in {files}.", err=True)
    partial, forming = outcome.states[State.PARTIAL], outcome.states[State.FORMING]
    doubtful = [f"{counted(partial, 'partial bar')} (trades are missing)"] if partial else []
    doubtful += [f"{counted(forming, 'forming bar')} (not over)"] if forming else []
    if doubtful:
        typer.echo(
            f"Note: {' and '.join(doubtful)} among them; --state closed --state confirmed leaves them out.", err=True
        )
    if outcome.left_out:
        first, *others = outcome.left_out
        typer.echo(f"Note: left out: {first}{f' And {len(others):,} more.' if others else ''}", err=True)
    if outcome.supposed:
        first, *others = outcome.supposed
        names = f"{first} and {counted(len(others), 'other symbol')}" if others else first
        typer.echo(
            f"Note: on which days the three-day bars of {names} open is not known: the exchange has no common day for them. "
            "These open on the days of most; an import of the exchange's own 3d bars shows the right ones.",
            err=True,
        )
    if not (outcome.bars or outcome.is_stopped or outcome.is_cut):
        typer.echo("No bars match.", err=True)
