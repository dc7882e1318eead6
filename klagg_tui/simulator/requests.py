"""What clients ask of the simulated exchange over HTTP: how many requests, and how many of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Requests:
    """Counted from their coming to their answer, with the way there and back where the exchange is far away."""

    def __init__(self) -> None:
        self.now = 0
        """Under way."""
        self.most = 0
        """Under way at once, at the most so far."""
        self.all = 0
        """That came."""

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """One, while the block runs."""
        self.all += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            yield
        finally:
            self.now -= 1
