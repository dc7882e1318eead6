"""The event loop of commands that read or write the database; asyncio is imported only where one runs."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Wait for the coroutine in a loop of its own."""
    import asyncio

    return asyncio.run(work)
