"""`klagg db owed`: what is missing, and what cannot be had."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from klagg_tui.commands.db.names import heads, name_cells, name_json
from klagg_tui.commands.shared.options import Db, Json, Local, existing_database
from klagg_tui.commands.shared.running import wait_for

if TYPE_CHECKING:
    from rich.table import Table

    from klagg_tui.engine.period import Period
    from klagg_tui.storage.debts import Debts
    from klagg_tui.storage.store import Store


def owed(json: Json = False, local: Local = False, db: Db = None) -> None:
    """List the bars that are missing: those still to be fetched, and those that the exchange does not have.

    Up to the newest stored minute: while klagg does not run, nobody knows how far the market is.
    """
    from klagg_tui.commands.shared.tables import print_json, print_table
    from klagg_tui.feed import owed_sentence
    from klagg_tui.formatting import counted, date_time, zone

    owing, unavailable, debts, until_ms, is_qualified, resting = wait_for(_read_owed(existing_database(db)))
    if json:
        found = {
            name: [_missing_json(one, is_qualified=is_qualified) for one in missing]
            for name, missing in (("owed", owing), ("not_to_be_had", unavailable))
        }
        print_json({"until": until_ms, **found, "not_watched": [one._asdict() for one in resting]})
        return
    if owing or unavailable:
        print_table(_missing_table((*owing, *unavailable), is_qualified=is_qualified, local=local), "asked", "to")
    typer.echo(f"{owed_sentence(*debts)}: klagg does so while it runs." if owing else "Nothing is owed.")
    if unavailable:
        bars = sum(one.bars for one in unavailable)
        typer.echo(f"{counted(bars, 'bar')} not to be had: the exchange was asked and does not have them.")
    for one in resting:
        until = f" since {date_time(one.until, local=local)} {zone(local=local)}" if one.until else ""
        symbols = counted(one.symbols, "symbol")
        typer.echo(
            f"{one.venue} is not watched any more: what is missing of its {symbols}{until} is fetched once it is watched again."
        )
    if until_ms is not None:
        recorded = f"{date_time(until_ms, local=local)} {zone(local=local)}"
        typer.echo(f"Recorded until {recorded}: the minutes since then come on top when klagg runs again.")


class _Resting(NamedTuple):
    """An exchange whose symbols were followed and that was not watched last: nothing of it is owed."""

    venue: str
    symbols: int
    until: int | None
    """When their newest minute ended."""


class _Owed(NamedTuple):
    """What `klagg db owed` tells."""

    owing: list[_Missing]
    unavailable: list[_Missing]
    debts: Debts
    until_ms: int | None
    """When the newest minute of any followed symbol ended; None where nothing is followed."""
    is_qualified: bool
    """Whether names of symbols say the venue."""
    resting: list[_Resting]


async def _read_owed(path: Path) -> _Owed:
    """Up to where the recording came, of each exchange, for not all of them are watched all the time.

    This machine's clock does not say what is owed: the market's may stand elsewhere.
    """
    from klagg_tui.storage.debts import Debts
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        venues = store.venues if store.is_qualified else (None,)
        watched, resting = await store.watched(), []
        ends: dict[str | None, int | None] = {}
        for label in venues:
            key, followed = label or next(iter(store.venues), ""), await _followed(store, label)
            end_ms = await _recorded_until(store, followed)
            if watched is None or not key or key in watched:
                ends[label] = end_ms
            elif followed:
                resting.append(_Resting(key, len(followed), end_ms))
        until_ms = max((end_ms for end_ms in ends.values() if end_ms is not None), default=None)
        # Bars that open behind that, of a symbol that has no minutes, lack nothing up to there.
        found = [
            hole
            for label, end_ms in ends.items()
            for hole in await store.owed(end_ms or 0, venue=label)
            if hole.from_ms < hole.to_ms and hole.period in _periods_of(label or next(iter(store.venues), None))
        ]
        owing = [_Missing(*hole[:4]) for hole in found]
        return _Owed(
            owing,
            [_Missing(*one) for one in await store.unavailable()],
            Debts.of(found),
            until_ms,
            store.is_qualified,
            resting,
        )


def _periods_of(label: str | None) -> Collection[Period]:
    """Those of which an exchange has bars; larger ones besides follow from smaller ones and are never fetched."""
    from klagg_tui.engine.period import Period
    from klagg_tui.exchange.registry import keys, venue

    return venue(label).candle.periods if label in keys() else frozenset(Period)


async def _followed(store: Store, venue: str | None) -> list[str]:
    from klagg_tui.storage.symbols import Standing

    return [known.symbol for known in await store.symbols(venue) if known.standing is Standing.FOLLOWED]


async def _recorded_until(store: Store, followed: Iterable[str]) -> int | None:
    from klagg_tui.engine.period import Period
    from klagg_tui.storage.queries import FOREVER

    ends = [await store.ended_until(symbol, Period.M1, FOREVER) for symbol in followed]
    return max((end_ms for end_ms in ends if end_ms is not None), default=None)


class _Missing(NamedTuple):
    """Bars that are not there, from one open time to before another."""

    symbol: str
    period: Period
    from_ms: int
    to_ms: int
    asked_ms: int | None = None
    """When the exchange was asked and did not have them; None where they are still to be fetched."""

    @property
    def bars(self) -> int:
        return self.period.count(self.from_ms, self.to_ms)


def _missing_json(stretch: _Missing, *, is_qualified: bool) -> dict[str, object]:
    made: dict[str, object] = {
        **name_json(stretch.symbol, is_qualified=is_qualified),
        "period": str(stretch.period),
        "from": stretch.from_ms,
        "to": stretch.to_ms,
        "bars": stretch.bars,
    }
    return made if stretch.asked_ms is None else {**made, "asked": stretch.asked_ms}


def _missing_table(missing: Iterable[_Missing], *, is_qualified: bool, local: bool) -> Table:
    from klagg_tui.commands.shared.tables import table
    from klagg_tui.formatting import date_time

    names = heads(is_qualified=is_qualified)
    made = table(*names, "period", "from", "to", "bars", "asked", left=1 + len(names))
    for one in missing:
        asked = "to be fetched" if one.asked_ms is None else date_time(one.asked_ms, local=local)
        ends = (date_time(at_ms, local=local) for at_ms in (one.from_ms, one.to_ms))
        made.add_row(*name_cells(one.symbol, is_qualified=is_qualified), str(one.period), *ends, f"{one.bars:,}", asked)
    return made
