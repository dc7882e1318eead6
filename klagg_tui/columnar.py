"""Polars, loaded so that Ctrl+C stays klagg's: whoever needs it takes it from here.

Loading it puts its own answer to SIGINT before Python's, which ends whatever it computes at that moment, in any thread, by
`KeyboardInterrupt`; an import that was asked to stop where things are whole would be torn, and an export of the terminal app would end
the app in the place of leaving it. What was there before is put back. Python lets only the main thread do that, and the app
loads Polars in another one, so the system is asked.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["pl"]

_ROOM: Final = 1_024
"""Bytes; more than a `struct sigaction` has anywhere. Nobody looks into it."""


@contextmanager
def _ctrl_c_kept() -> Iterator[None]:
    """Whatever happens in the block, SIGINT means afterwards what it meant before."""
    if sys.platform == "win32":  # which has no `sigaction`: outside of the main thread it stays as it is
        handler = signal.getsignal(signal.SIGINT)
        yield
        if threading.current_thread() is threading.main_thread() and handler is not None:
            signal.signal(signal.SIGINT, handler)
    else:
        system, before = ctypes.CDLL(None), ctypes.create_string_buffer(_ROOM)
        system.sigaction(signal.SIGINT, None, before)
        yield
        system.sigaction(signal.SIGINT, before, None)


with _ctrl_c_kept():
    import polars as pl
