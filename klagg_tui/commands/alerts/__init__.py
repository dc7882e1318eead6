"""`klagg alerts`: what is watched, what fired, and whether people can be told of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from klagg_tui.commands.alerts.lists import show
from klagg_tui.commands.shared.help import Group
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.errors import BadUsage, Undelivered

if TYPE_CHECKING:
    from klagg_tui.alert import Alert
    from klagg_tui.alerting.way import Way
    from klagg_tui.config import Alerts as AlertSettings
    from klagg_tui.storage.alerts import AlertStore

T = TypeVar("T")
_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg alerts

klagg alerts add 'symbol=BTCUSDT last>70000' --fires once

klagg alerts add 'rvol(5m)>3 and chg(15m)>1' --name Spike --fires 'every 1h'

klagg alerts remove 2

klagg alerts test --alert-webhook https://example.org/hook
"""


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(cls=Group, invoke_without_command=True, epilog=_EXAMPLES)
    group.callback()(alerts)
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("test")(test)
    group.command("retry")(retry)
    app.add_typer(group, name="alerts")


@with_settings("storage.database")
def alerts(
    chosen: Chosen,
    fired: Annotated[int, typer.Option(min=0, max=10_000, metavar="NUMBER", help="How many of what fired.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of tables.")] = False,
    local: Annotated[bool, typer.Option("--local", help="Times are this machine's instead of UTC.")] = False,
) -> None:
    """List the alerts and what fired last, as `klagg alerts list` does. They fire while `klagg`, `klagg record` or `klagg serve` runs on the same database."""
    if chosen.subcommand is None:
        ledger = wait_for(_in_store(chosen.load().settings.storage.database, lambda store: store.ledger(fired)))
        show(ledger, json=json, local=local)


@with_settings("storage.database", "market.periods")
def add(
    chosen: Chosen,
    text: Annotated[str, typer.Argument(help="A filter, as in the table: docs/language.md.")],
    name: Annotated[str, typer.Option(metavar="TEXT", help="What people are told first when it fires.")] = "",
    fires: Annotated[str, typer.Option(metavar="HOW", help="once, 'every 15m', 'until 2026-12-31', 'until +2h'.")] = "",
    period: Annotated[str, typer.Option(metavar="PERIOD", help="Meant where the text names none.")] = "1m",
) -> None:
    """Watch for something; a klagg that runs takes it up within seconds."""
    from klagg_tui.alert import Alert
    from klagg_tui.commands.shared.alarm import preferences_of, scope_of
    from klagg_tui.view.alerts import Alerts, read_alert
    from klagg_tui.view.alerts.wording import repeat_text, with_repeat

    settings = chosen.load().settings
    scope = scope_of(settings, preferences_of(settings))
    read_alert(text, scope)
    now_ms = round(time.time() * 1000)
    alert = with_repeat(Alert(text, period, name=name, made_ms=now_ms), fires, now_ms)
    for problem in Alerts().use([alert], scope).values():
        raise BadUsage(problem)
    wait_for(_in_store(settings.storage.database, lambda store: store.put(alert), makes=True))
    tell(f"Watched, {repeat_text(alert)}: {text}")


@with_settings("storage.database")
def remove(
    chosen: Chosen, which: Annotated[list[str], typer.Argument(help="Texts, or numbers as `klagg alerts` lists them.")]
) -> None:
    """Watch for something no longer. What fired stays in the list."""

    async def work(store: AlertStore) -> None:
        found = _meant(await store.alerts(), which)
        for alert in found:
            await store.remove(alert.text)
            tell(f"Not watched any more: {alert.text}")

    wait_for(_in_store(chosen.load().settings.storage.database, work))


@with_settings("alerts")
def test(chosen: Chosen) -> None:
    """Tell of a made-up alert on every way that the settings name, and say what came of it; status 1 where one failed."""
    settings = chosen.load().settings.alerts
    _test_terminal(settings)
    if not wait_for(_test_ways(settings)):
        raise typer.Exit(1)


@with_settings("storage.database")
def retry(chosen: Chosen) -> None:
    """Have what people could not be told of be told again, by a klagg that runs or the next one."""
    from klagg_tui.formatting import counted

    now_ms = round(time.time() * 1000)
    count = wait_for(_in_store(chosen.load().settings.storage.database, lambda store: store.retry(now_ms)))
    tell(f"{counted(count, 'alert')} will be told again.")


async def _in_store(path: Path, work: Callable[[AlertStore], Awaitable[T]], *, makes: bool = False) -> T:
    """`makes`: the database, where there is none yet."""
    from klagg_tui.storage.alerts import AlertStore
    from klagg_tui.storage.opening import has_database

    if makes and not has_database(path):
        from klagg_tui.storage.store import Store

        await (await Store.open(path)).close()
    async with await AlertStore.open(path) as store:
        return await work(store)


def _meant(known: tuple[Alert, ...], which: list[str]) -> list[Alert]:
    """Those alerts.

    Raises:
        BadUsage: there is none of that text or number.
    """
    by_text = {alert.text: alert for alert in known}
    by_number = {str(number): alert for number, alert in enumerate(known, 1)}
    found = []
    for one in which:
        alert = by_text.get(one) or by_number.get(one)
        if alert is None:
            raise BadUsage(f"There is no alert {one!r}; `klagg alerts` lists them.")
        found.append(alert)
    return found


def _test_terminal(settings: AlertSettings) -> None:
    from klagg_tui.view.alerts.terminals import NONE, form_of, sequence

    form = form_of(settings.terminal, os.environ)
    if not sys.stdout.isatty():
        tell("terminal: not tried, because the output goes to a file or a pipe and not to a terminal.")
        return
    typer.echo(("\a" if settings.bell else "") + sequence(form, "klagg alert", "a test"), nl=False)
    sent = [*(["the bell"] if settings.bell else []), *([f"a notification by {form}"] if form != NONE else [])]
    tell(f"terminal: {' and '.join(sent) or 'nothing'} sent.")
    if form == NONE and settings.terminal != NONE:
        tell(
            "It does not say which notifications it understands; `terminal` in [alerts] can name them: osc9, osc777 or osc99."
        )


async def _test_ways(settings: AlertSettings) -> bool:
    from klagg_tui.alerting.ways import ways_of

    ways = ways_of(settings)
    if not ways:
        tell("No other way is set; `desktop`, `command` and `webhook` in [alerts] of the settings are further ones.")
    return all([await _test_way(way) for way in ways])


async def _test_way(way: Way) -> bool:
    from klagg_tui.alert import Firing

    now_ms = round(time.time() * 1000)
    made_up = Firing(now_ms, "TESTUSDT", "test", "last>1", "A test", "1.5", "", 1)
    try:
        await way.send(0, made_up)
    except Undelivered as error:
        tell(f"{way.name}: failed: {error}.", err=True)
        return False
    finally:
        await way.close()
    tell(f"{way.name}: sent.")
    return True
