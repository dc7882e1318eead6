"""What the tests of the storage share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.storage.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


@pytest.fixture
async def previous_close_store(tmp_path: Path) -> AsyncIterator[Store]:
    """Of an exchange whose bars open at the close of the one before."""
    async with await Store.open(tmp_path / "klagg.db", market="bybit", previous_close=("bybit",)) as opened:
        yield opened
