"""`klagg export --what derivatives`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from klagg_tui.commands.shared.export_choices import Told
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.pipes import silence_stdout, target_of
from klagg_tui.commands.shared.running import wait_for

if TYPE_CHECKING:
    from klagg_tui.exporting.format import Format


def export_told(
    db: Path,
    symbols: Sequence[str],
    from_ms: int | None,
    to_ms: int | None,
    output: str,
    form: Format,
    *,
    with_: Sequence[Told],
) -> None:
    """What is told beside trades."""
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.exporting.derivatives import Written, export_derivatives
    from klagg_tui.formatting import counted
    from klagg_tui.runtime.stop_signals import INTERRUPTED
    from klagg_tui.storage.store import Store

    target = target_of(output, form)

    async def run(should_stop: Interrupt) -> Written:
        async with await Store.open(db, read_only=True) as store:
            return await export_derivatives(
                store,
                symbols,
                target,
                form,
                from_ms=from_ms,
                to_ms=to_ms,
                with_venue=Told.VENUE in with_,
                should_stop=should_stop,
            )

    with Interrupt("no half file is left.") as interrupt:
        outcome = wait_for(run(interrupt))
    if outcome.path:
        tell(f"{counted(outcome.rows, 'minute')} in {outcome.path}.", err=True)
    if outcome.is_cut:
        silence_stdout()
    elif outcome.is_stopped:
        raise typer.Exit(INTERRUPTED)
    elif not outcome.rows:
        typer.echo("Nothing is stored that was told beside trades.", err=True)
