"""What may be asked of some feeds beside their market: how a recording is played, and who records.

A screen is given these beside the feed; most feeds have neither.
"""

from __future__ import annotations

from typing import Protocol


class Pace(Protocol):
    """How recorded trades are played; as text its speed."""

    @property
    def is_paused(self) -> bool:
        """Whether the playing stands still."""
        ...


class Playback(Protocol):
    """What may be asked of recorded trades while they are played. Every call is cheap and safe from the screen's thread."""

    @property
    def pace(self) -> Pace:
        """As it was asked for last."""
        ...

    def pause(self) -> None:
        """Stop the playing, or go on with it."""
        ...

    def change_speed(self, step: int) -> None:
        """Play faster, or with -1 slower."""
        ...

    @property
    def goes_back(self) -> bool:
        """Whether a time that was played already can be gone to."""
        ...

    @property
    def recorded_ms(self) -> tuple[int, int] | None:
        """When the first recorded trade was, and when the last one is reckoned to be; None before the first."""
        ...

    def skip_to(self, at_ms: int) -> None:
        """Play without any waiting up to this recorded time: on from here, or where that was played already, from the beginning."""
        ...


class Attachment(Protocol):
    """Looking on where another process records. Every call is cheap and safe from the screen's thread."""

    @property
    def is_attached(self) -> bool:
        """Whether another process records, or did until it ended."""
        ...

    def take_over(self) -> str:
        """Record here from now on, where the other has ended; returns a sentence on what comes of that."""
        ...
