"""An event loop in a thread of its own, for callers that have none, or one that is busy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from klagg_tui.errors import StorageError

T = TypeVar("T")


class LoopThread:
    """Runs what is asked, and waits for its answer."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="klagg-api", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        # Its end is also the end of what somebody began and did not wait for, as where ctrl+c was pressed meanwhile.
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    @property
    def is_open(self) -> bool:
        """Whether it was not closed."""
        return not self._loop.is_closed()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it; raises as it does, or StorageError once it was closed."""
        if self._loop.is_closed():
            work.close()
            raise StorageError("This database was closed; open it again.")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the loop and the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
