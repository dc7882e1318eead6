"""Alerts: filters that are watched, what is said of them, and where they are kept. Pure."""

from klagg_tui.alert import Alert, Firing, Ledger, Repeat
from klagg_tui.view.alerts.desk import AlertDesk, NoDesk
from klagg_tui.view.alerts.watching import Alerts, State, read_alert

__all__ = ["Alert", "AlertDesk", "Alerts", "Firing", "Ledger", "NoDesk", "Repeat", "State", "read_alert"]
