"""`klagg db`: what is in the database, and looking after it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, TypeVar

import typer

from klagg_tui.commands.shared.help import Group
from klagg_tui.commands.shared.options import Db, Json, Local, existing_database, say_update
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.errors import BadUsage
from klagg_tui.names import parted

if TYPE_CHECKING:
    from rich.table import Table

    from klagg_tui.engine.period import Period
    from klagg_tui.storage.debts import Debts
    from klagg_tui.storage.maintenance import Holding
    from klagg_tui.storage.store import Store

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg db

klagg db --symbols --json

klagg db check

klagg db owed

klagg db backup saturday.db

klagg db prune --keep 1m=90d --dry-run
"""
T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(cls=Group, invoke_without_command=True, epilog=_EXAMPLES)
    group.callback()(overview)
    group.command("check")(check)
    group.command("owed")(owed)
    group.command("compact")(compact)
    group.command("backup")(backup)
    group.command("prune")(prune)
    app.add_typer(group, name="db")


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
    if content.holdings:
        held = content.holdings
        if by_symbol:
            print_table(
                _holdings_table(held, is_qualified=content.is_qualified, local=local), "closed", "confirmed", "from"
            )
        else:
            print_table(_periods_table(held, local=local), "symbols", "closed", "confirmed")


def check(db: Db = None) -> None:
    """Look for damage in the file; status 1 where there is some. (`klagg audit` looks at the bars themselves.)"""

    async def work(store: Store) -> tuple[str, ...]:
        return await store.integrity_check()

    from klagg_tui.storage.disk_errors import damaged

    path = existing_database(db)
    if found := wait_for(_with_store(path, work)):
        for line in found:
            tell(line)
        raise damaged(path)
    tell(f"{path} is sound.")


def compact(db: Db = None) -> None:
    """Give the space of deleted bars back to the disk; the file is written anew."""
    from klagg_tui import formatting

    async def work(store: Store) -> tuple[int, int]:
        before = store.size_bytes
        await store.compact()
        return before, store.size_bytes

    path = existing_database(db)
    before, after = wait_for(_with_store(path, work, read_only=False))
    tell(f"{path}: {formatting.size(before)} before, {formatting.size(after)} now.")


def backup(
    file: Annotated[Path, typer.Argument(help="The copy; must not exist yet.")],
    db: Db = None,
) -> None:
    """Write a compact copy, also while klagg is running."""
    from klagg_tui import formatting

    async def work(store: Store) -> None:
        await store.backup(file)

    wait_for(_with_store(existing_database(db), work))
    tell(f"{file}: {formatting.size(file.stat().st_size)}.")


@with_settings("storage.database", "storage.keep")
def prune(
    chosen: Chosen,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete bars older than the settings keep them. What longer bars are still to be made of stays."""
    from klagg_tui.formatting import counted

    settings = chosen.load().settings
    storage, periods = settings.storage, settings.market.periods
    if not storage.keep:
        raise BadUsage("Everything is kept: name periods with --keep 1m=90d or in [storage.keep].")
    now_ms = int(time.time() * 1000)
    limits = {period: now_ms - kept_ms for period, kept_ms in storage.keep.items()}
    deleted = wait_for(_prune(existing_database(storage.database), limits, periods, dry_run=dry_run))
    for period, count in deleted.items():
        typer.echo(f"{period}: {counted(count, 'bar')} {'would be ' if dry_run else ''}deleted")


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
        **_name_json(stretch.symbol, is_qualified=is_qualified),
        "period": str(stretch.period),
        "from": stretch.from_ms,
        "to": stretch.to_ms,
        "bars": stretch.bars,
    }
    return made if stretch.asked_ms is None else {**made, "asked": stretch.asked_ms}


def _missing_table(missing: Iterable[_Missing], *, is_qualified: bool, local: bool) -> Table:
    from klagg_tui.commands.shared.tables import table
    from klagg_tui.formatting import date_time

    names = ("venue", "symbol") if is_qualified else ("symbol",)
    made = table(*names, "period", "from", "to", "bars", "asked", left=1 + len(names))
    for one in missing:
        asked = "to be fetched" if one.asked_ms is None else date_time(one.asked_ms, local=local)
        ends = (date_time(at_ms, local=local) for at_ms in (one.from_ms, one.to_ms))
        made.add_row(*_name(one.symbol, is_qualified=is_qualified), str(one.period), *ends, f"{one.bars:,}", asked)
    return made


class _Content(NamedTuple):
    path: Path
    size_bytes: int
    symbols: int
    spans: int
    forming: int
    holdings: tuple[Holding, ...]
    is_qualified: bool
    """Whether names of symbols say the venue."""


async def _read(path: Path) -> _Content:
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        counts = await store.counts()
        held = await store.summary()
        return _Content(path, store.size_bytes, counts.symbols, counts.spans, counts.forming, held, store.is_qualified)


async def _with_store(path: Path, work: Callable[[Store], Awaitable[T]], *, read_only: bool = True) -> T:
    from klagg_tui.storage.store import Store

    if not read_only:
        say_update(path)
    async with await Store.open(path, read_only=read_only) as store:
        return await work(store)


async def _prune(
    path: Path, limits: Mapping[Period, int], periods: tuple[Period, ...], *, dry_run: bool
) -> dict[Period, int]:
    """How many bars of each period are, or would be, deleted; short periods first, since longer ones are made of them."""
    from klagg_tui.exchange.registry import opening_at_previous_close
    from klagg_tui.storage.store import Store

    deleted = {}
    if not dry_run:
        say_update(path)
    opening = opening_at_previous_close()
    async with await Store.open(path, read_only=dry_run, periods=periods, previous_close=opening) as store:
        for period, before_ms in sorted(limits.items()):
            count = await store.count_before(period, before_ms, periods)
            deleted[period] = count
            while not dry_run and await store.delete_before(period, before_ms):
                pass
    return deleted


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


def _name(symbol: str, *, is_qualified: bool) -> tuple[str, ...]:
    """The cells of a symbol: its venue too where there are several."""
    return parted(symbol) if is_qualified else (symbol,)


def _name_json(symbol: str, *, is_qualified: bool) -> dict[str, str]:
    return dict(parted(symbol)._asdict()) if is_qualified else {"symbol": symbol}


def _holdings_table(holdings: Sequence[Holding], *, is_qualified: bool, local: bool) -> Table:
    """A line a symbol and period."""
    from klagg_tui.commands.shared.tables import table

    names = ("venue", "symbol") if is_qualified else ("symbol",)
    made = table(*names, "period", "bars", "from", "to", "holes", "partial", "closed", "confirmed", left=len(names))
    for holding in holdings:
        made.add_row(
            *_name(holding.symbol, is_qualified=is_qualified), str(holding.period), *_cells([holding], local=local)
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
        "holdings": [
            {
                **_name_json(holding.symbol, is_qualified=content.is_qualified),
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
