"""The alerts of one who watches, screen or recorder: what they are, what fired, and where both are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from klagg_tui.alert import Alert, Firing
from klagg_tui.view.alerts.desk import AlertDesk, NoDesk
from klagg_tui.view.alerts.watching import Alerts
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row

FIRED_KEPT: Final = 200


class AlertBook:
    """One for each who watches, used in its thread only.

    Args:
        saved: alerts that are in the state file.
        scope: what their texts may refer to.
        desk: where they are kept, and people told of them elsewhere.
    """

    def __init__(self, saved: Iterable[Alert] = (), scope: Scope | None = None, desk: AlertDesk | None = None) -> None:
        self.alerts = Alerts()
        self.desk: AlertDesk = desk or NoDesk()
        self.fired: deque[Firing] = deque(maxlen=FIRED_KEPT)
        """What fired, oldest first."""
        self.quiet_until_ms = 0
        """What happens before then is played a second time, and no news."""
        self.alerts.use(saved, scope)
        self.saved = tuple(alert.text for alert in self.alerts.all)
        """Texts of those that belong into the state file: where nothing else keeps them, or they are not there yet."""

    def read_again(self, scope: Scope) -> list[str]:
        """What texts may refer to changed; returns sentences on those that cannot be read."""
        return [_not_watched(*item) for item in self.alerts.use(self.alerts.all, scope).items()]

    def put(self, alert: Alert) -> None:
        """Watch this one from now on, in the place of one of the same text."""
        self.alerts.put(alert)
        self.desk.put(alert)
        if not self.desk.keeps and alert.text not in self.saved:
            self.saved = (*self.saved, alert.text)

    def remove(self, text: str) -> None:
        """Watch the one of this text no longer."""
        self.alerts.remove(text)
        self.desk.remove(text)
        self.saved = tuple(other for other in self.saved if other != text)

    def take_news(self, now_ms: int) -> list[str] | None:
        """Watch what is kept, where that is news; those of the state file are kept with the others from now on.

        Returns sentences on those that cannot be read any more, and None where nothing is new.
        """
        ledger = self.desk.news()
        if ledger is None:
            return None
        kept = {alert.text for alert in ledger.alerts}
        left = [alert for alert in self.alerts.all if alert.text in self.saved and alert.text not in kept]
        for alert in left:
            self.desk.put(replace(alert, made_ms=now_ms))
        self.saved = tuple(alert.text for alert in left)
        self.alerts.remember(ledger.rested)
        known = self.alerts.errors
        errors = self.alerts.use([*ledger.alerts, *left])
        self.fired.clear()
        self.fired.extend(ledger.firings)
        return [_not_watched(text, error) for text, error in errors.items() if text not in known]

    def go_back(self, at_ms: int) -> None:
        """Stand as at a moment before, in a recording that goes back there: what fired since did not."""
        undone = [one for one in self.fired if one.at_ms >= at_ms]
        kept = [one for one in self.fired if one.at_ms < at_ms]
        self.fired.clear()
        self.fired.extend(kept)
        self.alerts.go_back(at_ms, kept, undone)
        self.quiet_until_ms = at_ms

    def check(
        self, all_rows: Mapping[str, Row], touched: Iterable[str], now_ms: int, *, is_news: bool = True
    ) -> list[Firing]:
        """What fires among the rows that changed; that, and which alerts have ended, is kept. A new alert is held against all.

        What is no news, as where a recording is played again, only shows for which symbols alerts are armed.
        """
        if not self.alerts.texts:
            return []
        changed = {alert.text: alert for alert in self.alerts.expire(now_ms)}
        names = all_rows if self.alerts.wants_all else touched
        rows = [row for symbol in names if (row := all_rows.get(symbol)) is not None]
        fired = self.alerts.check(rows, now_ms, is_news=is_news)
        texts = {one.text for one in fired}
        changed |= {alert.text: alert for alert in self.alerts.all if alert.text in texts}
        if changed:
            self.desk.note(list(changed.values()), fired)
            self.fired.extend(fired)
        return fired


def _not_watched(text: str, error: str) -> str:
    return f"The alert {text} is not watched: {error}"
