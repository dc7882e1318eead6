"""`klagg audit`."""

from __future__ import annotations

from typing import Annotated

import typer

from klagg_tui.commands.shared.options import Json, Local, names_of, periods_of, times
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.commands.shared.settings import Chosen, with_settings

_EXAMPLES = """
[bold]Examples[/bold]

klagg audit

klagg audit --symbol BTCUSDT --against BTCUSDT-1m-2024-08.zip --json

klagg audit --symbol BTCUSDT --from -3d --against exchange --repair
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit", epilog=_EXAMPLES)(audit)


@with_settings("storage.database", "market.rest_url", "market.proxy")
def audit(
    chosen: Chosen,
    symbol: Annotated[
        list[str] | None,
        typer.Option("--symbol", "-s", metavar="SYMBOL,…", help="Symbols or patterns. Default: all."),
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Bars that open then or later.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Bars that open before then.")] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|exchange",
            help="Compare with the exchange's own bars too: archives of klines, or the word exchange; "
            "may be given again.",
        ),
    ] = None,
    period: Annotated[
        list[str] | None,
        typer.Option("--period", "-p", metavar="PERIOD", help="Periods to compare, with commas. Default: all stored."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Take the exchange's bars, or the files', where something is wrong.")
    ] = False,
    as_json: Json = False,
    local: Local = False,
) -> None:
    """Look for what is wrong: holes, overlaps, impossible bars, larger bars that are not the sum of smaller ones.

    With --against, also for bars that differ from the exchange's own, and for stretches that only one of the two has.
    Each exchange is asked for the bars that are its own, at its address in the settings.
    Leaves with 0 where there is nothing, with 1 where there is, or where an exchange could not be asked.
    """
    from klagg_tui.auditing.rows import Stretch
    from klagg_tui.commands.audit.report import print_json, print_table, unknown_symbols
    from klagg_tui.commands.audit.run import Plan, run
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.commands.shared.progress import ProgressLine
    from klagg_tui.runtime.stop_signals import INTERRUPTED

    stretch = Stretch(*times(from_, to, local=local))
    periods = periods_of(period) if period else None
    plan = Plan(chosen.load().settings, names_of(symbol), stretch, tuple(against or ()), periods, is_repair=repair)
    with Interrupt("what was found so far is reported.") as interrupt, ProgressLine(unit="bars") as line:
        outcome = wait_for(run(plan, interrupt, line))
    outcome.is_interrupted = interrupt()
    if as_json:
        print_json(outcome)
    else:
        print_table(outcome, is_local=local)
    if outcome.unknown:
        tell(unknown_symbols(outcome.unknown), err=True)
    for sentence in (*outcome.not_asked, *outcome.unread):
        tell(sentence, err=True)
    if outcome.is_interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(1 if outcome.findings or outcome.not_asked else 0)
