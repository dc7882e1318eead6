"""The imitated archive, and an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.simulator import SimulatedExchange
from klagg_tui.storage.store import Store
from tests.fetching.asking import SPEC


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        yield exchange


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as store:
        yield store
