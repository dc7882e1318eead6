"""Garbage collection and switch interval of the whole process; each test puts them back."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from klagg_tui.runtime import interpreter


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def test_tuning_makes_threads_take_turns_sooner_and_full_collections_rare() -> None:
    gc.set_threshold(700, 10, 10)
    sys.setswitchinterval(0.005)
    interpreter.tune()
    assert sys.getswitchinterval() == pytest.approx(0.0005)
    assert gc.get_threshold()[2] >= 1_000_000


class _Left:
    """Left behind in a circle."""

    def __init__(self) -> None:
        self.me = self


def test_what_the_start_left_behind_is_not_kept_with_the_rest() -> None:
    try:
        left = weakref.ref(_Left())
        interpreter.freeze()
        gc.collect()
        assert left() is not None
        interpreter.settle()
        assert left() is None
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


_HEAPS = """
import ctypes, sys, threading
from klagg_tui.runtime import interpreter
if "tune" in sys.argv:
    interpreter.tune()
kept, goes_on = [], threading.Barrier(5)
def work():
    kept.append([bytes(1_000) for _ in range(100)])
    goes_on.wait()
for _ in range(4):
    threading.Thread(target=work).start()
goes_on.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only glibc tells its heaps")
def test_all_threads_take_memory_from_one_heap() -> None:
    def heaps(*arguments: str) -> int:
        return subprocess.run([sys.executable, "-c", _HEAPS, *arguments], check=True, capture_output=True).stdout.count(
            b"<heap "
        )

    assert heaps() > 1
    assert heaps("tune") == 1


_HOLES = """
import os
from klagg_tui.runtime import interpreter
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
interpreter.tune()
kept = [bytes(10_000) for _ in range(3_000)]
last = bytes(10_000)
del kept
before = resident()
interpreter.collect()
print(before - resident())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc gives back what lies in between")
def test_a_collection_gives_back_what_is_free_below_what_is_in_use() -> None:
    given_back = subprocess.run([sys.executable, "-c", _HOLES], check=True, capture_output=True).stdout
    assert int(given_back) > 20_000_000


def test_what_is_frozen_is_not_looked_through_any_more() -> None:
    gc.unfreeze()  # what was collected of the tests is frozen
    assert gc.get_freeze_count() == 0
    try:
        interpreter.freeze()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


async def test_everything_is_collected_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "COLLECT_S", 0.0)
    collected = asyncio.Event()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            collected.set()

    gc.callbacks.append(note)
    try:
        collecting = asyncio.ensure_future(interpreter.collect_forever())
        await collected.wait()
        collecting.cancel()
    finally:
        gc.callbacks.remove(note)
