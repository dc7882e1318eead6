"""Alerts beside a recorder: what fires is said, and told as the settings have it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from klagg_tui.alert import Alert
from klagg_tui.errors import KlaggError
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.alerts.recording import AlertWatch
from klagg_tui.view.alerts.terminals import form_of, sequence
from klagg_tui.view.alerts.wording import sentence
from klagg_tui.view.filter import Scope

if TYPE_CHECKING:
    from klagg_tui.alerting.desk import Desk
    from klagg_tui.config import Settings
    from klagg_tui.feed import Feed, FeedUpdate
    from klagg_tui.view.preferences import Preferences

log = logging.getLogger(__name__)

T = TypeVar("T")
_LEAD: Final = "▲ "


class Alarm:
    """Watches the alerts of a database that is being recorded into. Used in one thread."""

    def __init__(self, feed: Feed, watch: AlertWatch, desk: Desk, *, bell: bool, form: str) -> None:
        """Use `of`."""
        self._feed = feed
        self._watch = watch
        self._desk = desk
        self._bell, self._form = bell, form

    @classmethod
    def of(cls, feed: Feed, settings: Settings) -> Alarm:
        """That of the settings, with the saved filters and names of the terminal."""
        from klagg_tui.alerting.desk import Desk
        from klagg_tui.alerting.ways import ways_of

        chosen = preferences_of(settings)
        desk = Desk(settings.storage.database, ways_of(settings.alerts))
        saved = [Alert(text, chosen.period) for text in chosen.alerts]
        book = AlertBook(saved, scope_of(settings, chosen), desk)
        form = form_of(settings.alerts.terminal, os.environ)
        return cls(feed, AlertWatch(book, feed.periods), desk, bell=settings.alerts.bell, form=form)

    def start(self) -> None:
        """The database is open."""
        self._desk.start()

    def stop(self) -> None:
        """Write down what fired last."""
        self._desk.stop()

    @property
    def notices(self) -> tuple[str, ...]:
        """Present troubles, each one sentence."""
        return self._desk.notices

    def beat(self, update: FeedUpdate | None, now_ms: int) -> Iterator[str]:
        """Lines on what fired, and on alerts that cannot be watched."""
        fired, unread = self._watch.take(update, now_ms)
        self._read_history()
        yield from unread
        yield from (f"{_LEAD}{sentence(one)}" for one in fired)

    def _read_history(self) -> None:
        """Some of the stored bars that figures want."""
        needs = self._watch.needs()
        if not needs:
            return
        first, symbols = needs[0], [need.symbol for need in needs]
        to_ms = first.to_ms if first.is_anew else None
        question = self._feed.columns(symbols, first.period, first.from_ms, first.fields, to_ms=to_ms)
        try:
            self._watch.seed(needs, asyncio.run(_answer(question)))
        except KlaggError as error:  # it ends, or the disk fails, which is told elsewhere
            log.warning("stored bars for alerts cannot be read: %s", error)
            self._watch.put_back(needs)

    def sign(self, line: str) -> str:
        """What goes to the terminal itself, where there is one, before a line on what fired."""
        if not (line.startswith(_LEAD) and sys.stdout.isatty()):
            return ""
        bell = "\a" if self._bell else ""
        return bell + sequence(self._form, "klagg alert", line.removeprefix(_LEAD))


async def _answer(question: Awaitable[T]) -> T:
    return await question


def preferences_of(settings: Settings) -> Preferences:
    """What was chosen in the terminal."""
    from klagg_tui.screens.state_file import StateFile, defaults_from, path_of

    return StateFile(path_of(), defaults_from(settings.screen, settings.names)).load()


def scope_of(settings: Settings, chosen: Preferences) -> Scope:
    """What texts of alerts may refer to: names and saved filters of settings and terminal, the periods that are kept."""
    from klagg_tui.engine.period import Period

    periods = frozenset({Period.M1, *settings.market.periods})
    return Scope(dict(chosen.saved_filters), dict(chosen.names), None, periods)
