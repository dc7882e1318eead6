"""What all tests share: how hard hypothesis tries, and where the recorded market data lies."""

import os
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


_WHOLE = {"engine", "exchange"}
"""Rooms whose laws are measured: they are short, and the floor of these rooms is every line."""


@pytest.hookimpl(trylast=True)  # hypothesis marks its own first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave laws out of the coverage, as `no_cover` does with whole runs and others that go over a line many thousand times.

    Being measured makes Python two to five times slower, and what they reach is reached by shorter tests too.
    """
    for item in items:
        if item.get_closest_marker("hypothesis") and not _WHOLE.intersection(item.path.parts):
            item.add_marker(pytest.mark.no_cover)
