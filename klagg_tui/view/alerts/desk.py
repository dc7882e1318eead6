"""Where alerts are kept and people are told of them, as whoever watches them sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from klagg_tui.alert import Alert, Firing, Ledger


class AlertDesk(Protocol):
    """Every call is cheap and safe from the thread that watches; what is written and sent happens elsewhere."""

    @property
    def keeps(self) -> bool:
        """Whether what it is given is kept beyond this run."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """Present troubles, each one sentence."""
        ...

    def news(self) -> Ledger | None:
        """What is kept, where that is not what was told last: at first all, then what others changed or what could not be told.

        Everything that it was given before the call is in it.
        """
        ...

    def put(self, alert: Alert) -> None:
        """Keep this one, in the place of one of the same text."""
        ...

    def remove(self, text: str) -> None:
        """Keep the one of this text no longer."""
        ...

    def note(self, changed: Sequence[Alert], firings: Sequence[Firing] = ()) -> None:
        """Keep how these alerts stand now and what fired, and tell people of it. One that was removed elsewhere stays removed."""
        ...


class NoDesk:
    """Nothing is kept, and nobody told, outside of what watches."""

    keeps = False
    notices: tuple[str, ...] = ()

    def news(self) -> Ledger | None:
        """None, ever."""
        return None

    def put(self, alert: Alert) -> None:
        """Not kept."""

    def remove(self, text: str) -> None:
        """Nothing is there."""

    def note(self, changed: Sequence[Alert], firings: Sequence[Firing] = ()) -> None:
        """Not kept."""
