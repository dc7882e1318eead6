"""What all tests share: how hard hypothesis tries, and where the recorded market data lies."""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from klagg_tui.runtime.worker import Runtime
from tests.patience import WAIT_S
from tests.shell import klagg  # noqa: F401 - a fixture for every module

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
"""Recorded market data beside the project; read only there, never copied into it."""

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded market data is not at {DATA}")
"""For tests that read `DATA`; tests that must run everywhere make their own input."""

# Deadlines measure the machine, not the code. CI tries the same examples on every run, so a red run has a red commit;
# at a desk they vary, so new ones are found. HYPOTHESIS_PROFILE=deep looks much longer.
settings.register_profile("ci", deadline=None, max_examples=30, derandomize=True, print_blob=True)
settings.register_profile("desk", deadline=None, max_examples=30)
settings.register_profile("deep", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage neither while the tests are gathered nor, later, among what was gathered: all of it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


_FIRST: Final = -10
"""The nice value of tests that need their time; beside them another process of the machine gets a ninth of their share."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let those go first, with the threads and programs that they start, whose exchange goes on by the clock however busy the machine is.

    Only root may; for everyone else all are alike.
    """
    if item.get_closest_marker("xdist_group") is None:
        return (yield)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _FIRST)
    try:
        return (yield)
    finally:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, 0)


@pytest.fixture(scope="session")
def begun_runs() -> Iterator[list[Runtime]]:
    """Every run that a test begins in this process."""
    begun: list[Runtime] = []
    begin = Runtime.begin

    def noted(self: Runtime) -> None:
        begun.append(self)
        begin(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runtime, "begin", noted)
        yield begun


@pytest.fixture(autouse=True)
def no_run_goes_on(begun_runs: list[Runtime]) -> Iterator[None]:
    """End the runs of a test that failed before it did so: their threads would disturb every test behind it."""
    yield
    while begun_runs:
        run = begun_runs.pop()
        run.cancel()
        with suppress(Exception):  # what it ended with was the test's to look at
            run.wait(WAIT_S)
