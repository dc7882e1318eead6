"""Polars, loaded so that Ctrl+C stays klagg's: whoever needs it takes it from here.

Loading it puts its own answer to SIGINT before Python's, which ends whatever it computes at that moment, in any thread, by
`KeyboardInterrupt`; an import that was asked to stop where things are whole would be torn. Python's handler is put back over it, as far
as that can be done: outside of the main thread nobody may, and there nothing listens to Ctrl+C but an app that is leaving.
"""

from __future__ import annotations

import signal
import threading

import polars as pl

__all__ = ["pl"]

if threading.current_thread() is threading.main_thread() and (_handler := signal.getsignal(signal.SIGINT)) is not None:
    signal.signal(signal.SIGINT, _handler)
