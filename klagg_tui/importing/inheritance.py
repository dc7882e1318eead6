"""Bars of a database of the predecessor into the store."""

from __future__ import annotations

from pathlib import Path

from klagg_tui.importing.markets import settle_predecessor
from klagg_tui.importing.outcome import Imported, OnProgress, Progress, ShouldStop
from klagg_tui.importing.predecessor import Predecessor
from klagg_tui.importing.shelf import Shelf
from klagg_tui.importing.write import write_missing
from klagg_tui.storage.store import Store


async def import_predecessor(
    store: Store,
    path: Path,
    *,
    market: str | None = None,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = lambda: False,
) -> Imported:
    """Read a database of the predecessor into the store; tables that are none of its bars are listed in `notes`.

    `market` is that of its bars; where None, what is stored decides.

    Raises:
        BadUsage: there is no such market, what is stored is of an imitation of it, or it has to be said.
        BadFile: it is no such database, or cannot be read.
        StorageError: the store cannot be written to.
    """
    outcome = Imported()
    with Predecessor(path) as source:
        of_market, mark = settle_predecessor(market, await store.markets())
        await store.claim(mark)
        shelf = Shelf(store, of_market.key)
        outcome.notes += source.notes
        for done, bars in source.read_bars(outcome.tally):
            await write_missing(shelf, bars, outcome)
            on_progress(Progress(path, done, len(source.tables), outcome.tally.rows))
            outcome.is_stopped = should_stop()
            if outcome.is_stopped:
                break
        await shelf.widen_precisions(outcome.tally.precisions)
    return outcome
