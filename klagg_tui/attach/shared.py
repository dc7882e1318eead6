"""A market that is recorded here, or looked at where another process of this machine records it already."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from klagg_tui.attach.asking import Asking
from klagg_tui.attach.serving import with_windows
from klagg_tui.edge import OlderBars
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import DatabaseBusy, KlaggError, Unanswered, Unattached
from klagg_tui.feed import Archive, FeedUpdate, Status
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime

if TYPE_CHECKING:  # as in `feed`
    from klagg_tui.attach.window import Window

log = logging.getLogger(__name__)

T = TypeVar("T")

TAKE_OVER: Final = "! or Ctrl+R records here."
"""What a window offers once its recorder has ended."""
_ALONE: Final = "It lets no windows in: an import, a repair, a copy and a replay have the database to themselves."


class SharedRuntime(Asking):
    """The `Feed` of a plan. It begins as a `Runtime`; where the database is held it becomes a `Window`, and a `Runtime` again by `take_over`."""

    def __init__(self, plan: Plan, say: Callable[[str], None] = lambda _: None) -> None:
        """`say`: told, before anything is shown, why it takes a while."""
        self._say = say
        self._plan = with_windows(plan)
        self._here: Runtime | None = Runtime(self._plan)
        self._window: Window | None = None
        self._anew_until_ms = 0
        """Not 0: the next update begins anew."""
        self._followed: str | None = None
        self._looked: tuple[Sequence[str], Period, str | None] | None = None
        self._taking: threading.Thread | None = None
        self._refused = ""
        """Why nothing was taken over."""
        self._is_stopping = False

    @property
    def _feed(self) -> Runtime | Window:
        feed = self._here or self._window
        assert feed is not None, "it is one of them"
        return feed

    @property
    def is_attached(self) -> bool:
        """See `Attachment.is_attached`."""
        return self._here is None

    @property
    def pid(self) -> int:
        """The recorder's process, where another one records."""
        return self._window.pid if self._window and self.is_attached else 0

    def begin(self) -> None:
        """See `Runtime.begin`."""
        self._feed.begin()

    def start(self) -> None:
        """See `Runtime.start`; where another process holds the database, wait for its picture.

        Raises:
            StorageError: the database cannot be used; or it is held by who lets no windows in.
        """
        assert self._here is not None, "it was not started yet"
        try:
            self._here.start()
        except DatabaseBusy:
            if self._plan.database is None:
                raise
            from klagg_tui.attach.link import LocalDoor  # the first picture of an own engine waits for neither
            from klagg_tui.attach.place import is_ours, places
            from klagg_tui.attach.window import PATIENCE_S, Window

            if not any(map(is_ours, places(self._plan.database))):
                self._say(
                    f"Another klagg holds {self._plan.database}; looking for {PATIENCE_S:.0f} s whether it lets windows in."
                )
            window = Window(LocalDoor(self._plan.database), self._plan.database, TAKE_OVER)
            try:
                window.start()
            except Unattached as error:
                log.info("%s", error)
                self._start_again(error)
            else:
                self._window, self._here = window, None

    def _start_again(self, reason: Unattached) -> None:
        """Record after all, where who held the database has ended meanwhile, as the klagg of a page that was loaded again."""
        self._here = Runtime(self._plan)
        try:
            self._here.start()
        except DatabaseBusy as busy:
            raise DatabaseBusy(f"{busy} {reason if isinstance(reason, Unanswered) else _ALONE}") from reason

    def take_over(self) -> str:
        """See `Attachment.take_over`."""
        window = self._window
        if self._here is not None or window is None:
            return "This klagg records itself."
        if window.is_silent:
            return f"The recorder (process {window.pid}) says nothing more, but holds the database: end it first."
        if window.has_recorder:
            return f"The recorder (process {window.pid}) is well; what it records is its own settings' choice."
        if self._taking is not None and self._taking.is_alive():
            return "It is being tried."
        self._taking = threading.Thread(target=self._take_over, name="klagg-take-over", daemon=True)
        self._taking.start()
        return "Recording here from now on, as this klagg's settings have it."

    def _take_over(self) -> None:
        window = self._window
        assert window is not None, "there is one"
        here = Runtime(self._plan)
        try:
            here.start()
        except KlaggError as error:
            self._refused = f"Nothing was taken over: {error}"
            log.warning("%s", self._refused)
            return
        self._refused = ""
        if self._is_stopping:
            here.cancel()
            here.wait()
            return
        here.follow(self._followed)
        if self._looked is not None:
            here.look_at(*self._looked)
        self._anew_until_ms = max(1, window.status().exchange_now_ms)
        self._here = here
        window.cancel()

    def go_on(self, shown: Period | None = None) -> None:
        """See `Runtime.go_on`."""
        self._feed.go_on(shown)

    @property
    def error(self) -> BaseException | None:
        """See `Runtime.error`."""
        return self._feed.error

    @property
    def has_ended(self) -> bool:
        """See `Runtime.has_ended`."""
        return self._feed.has_ended

    def cancel(self) -> None:
        """See `Runtime.cancel`."""
        self._is_stopping = True
        for feed in (self._here, self._window):
            if feed is not None:
                feed.cancel()

    def wait(self, timeout_s: float | None = None) -> None:
        """See `Runtime.wait`."""
        if self._taking is not None:
            self._taking.join(timeout_s)
        self._feed.wait(timeout_s)

    @property
    def periods(self) -> tuple[Period, ...]:
        """See `Feed.periods`."""
        return self._feed.periods

    def take_changes(self) -> FeedUpdate | None:
        """See `Feed.take_changes`."""
        if self._here is not None and self._anew_until_ms:
            until_ms, self._anew_until_ms = self._anew_until_ms, 0
            return (self._here.take_changes() or FeedUpdate())._replace(anew_until_ms=until_ms)
        return self._feed.take_changes()

    def status(self) -> Status:
        """See `Feed.status`."""
        status = self._feed.status()
        if not self._refused or self._window is None or self._window.has_recorder:
            return status
        return status._replace(notices=(self._refused, *status.notices))

    async def put_question(self, question: Callable[[Archive], Awaitable[T]]) -> T:
        """See `Asking.put_question`."""
        return await question(self._feed)

    async def fetch_older(self, symbol: str, period: Period, before_ms: int) -> OlderBars:
        """See `Feed.fetch_older`."""
        return await self._feed.fetch_older(symbol, period, before_ms)

    def tape(self, symbol: str) -> tuple[AggTrade, ...]:
        """See `Feed.tape`."""
        return self._feed.tape(symbol)

    def follow(self, symbol: str | None) -> None:
        """See `Feed.follow`."""
        self._followed = symbol
        self._feed.follow(symbol)

    def look_at(self, symbols: Sequence[str], period: Period, opened: str | None = None) -> None:
        """See `Feed.look_at`."""
        self._looked = symbols, period, opened
        self._feed.look_at(symbols, period, opened)

    async def stop(self) -> None:
        """See `Feed.stop`."""
        self.cancel()
        await self._feed.stop()
