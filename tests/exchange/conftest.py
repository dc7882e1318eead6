"""The event loop that klagg speaks with exchanges on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from klagg_tui.exchange.transport.gulps import GulpLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """For every test of this room."""
    del config, item
    return {"gulps": GulpLoop}
