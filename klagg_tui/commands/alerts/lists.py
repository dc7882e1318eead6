"""Alerts and what fired, as tables or JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from klagg_tui.commands.shared.output import tell

if TYPE_CHECKING:
    from klagg_tui.alert import Alert, Firing, Ledger


def show(ledger: Ledger, *, json: bool, local: bool) -> None:
    """Print them."""
    from klagg_tui.commands.shared.tables import print_json

    if json:
        fired = [one._asdict() for one in ledger.firings]
        print_json({"alerts": [asdict(alert) for alert in ledger.alerts], "fired": fired})
        return
    if not ledger.alerts:
        tell("No alert is watched yet: `klagg alerts add 'last>70000'` adds one, in the terminal `a` does.", err=True)
    else:
        _show_alerts(ledger.alerts, local=local)
    if ledger.firings:
        _show_fired(ledger.firings, local=local)


def _show_alerts(alerts: tuple[Alert, ...], *, local: bool) -> None:
    from klagg_tui.commands.shared.tables import print_table, table
    from klagg_tui.formatting import NOTHING, date_time
    from klagg_tui.view.alerts.wording import repeat_text

    made = table("#", "alert", "name", "state", "fires", "period", "fired", "last", left=6)
    for number, alert in enumerate(alerts, 1):
        last = NOTHING if alert.last_ms is None else date_time(alert.last_ms, local=local)
        state = "ended" if alert.has_ended else "armed"
        often = repeat_text(alert, local=local)
        made.add_row(str(number), alert.text, alert.name, state, often, alert.period, f"{alert.count:,}", last)
    print_table(made, "period", "name", "last")


def _show_fired(firings: tuple[Firing, ...], *, local: bool) -> None:
    from klagg_tui.commands.shared.tables import print_table, table
    from klagg_tui.formatting import clock, date_time
    from klagg_tui.view.alerts.wording import shown_price, shown_value

    made = table("time", "symbol", "price", "alert", "value", "not told by", left=6)
    for one in firings:
        time = f"{date_time(one.at_ms, local=local)}:{clock(one.at_ms, local=local)[-2:]}"
        made.add_row(time, one.symbol, shown_price(one), one.title, shown_value(one), one.trouble)
    print_table(made, "value", "price")
