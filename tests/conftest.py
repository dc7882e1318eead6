"""What all tests share: how hard hypothesis tries, and where the recorded market data lies."""

import gc
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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


_WHOLE = {"engine", "exchange", "attach", "sinks"}
"""Rooms of which everything is measured: the floor of the first two is every line, and laws are most of what tests the others."""


_SETS = 3
"""So many sets of parameters of a test are measured."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage neither while the tests are gathered nor, later, among what was gathered: all of it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(trylast=True)  # hypothesis marks its own first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave laws out of the coverage, and of a test with many sets of parameters all but the first ones.

    Being measured makes Python two to five times slower, and what they reach is reached by shorter tests too. `no_cover` says
    the same of whole runs and others that go over a line many thousand times.
    """
    sets = Counter[str]()
    for item in items:
        function = item.nodeid.partition("[")[0]
        sets[function] += 1
        is_unmeasured = sets[function] > _SETS or item.get_closest_marker("hypothesis")
        if is_unmeasured and not _WHOLE.intersection(item.path.parts):
            item.add_marker(pytest.mark.no_cover)
