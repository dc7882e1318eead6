"""Addresses of NATS that are none, and a target that nobody opened."""

from __future__ import annotations

import pytest

from klagg_tui.errors import SinkError
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_address import read_address
from klagg_tui.sinks.position import Position
from klagg_tui.storage.sink_log import Portion


@pytest.mark.parametrize("address", ["nats://host?max_age", "nats://[", "nats://:4222", "nats://a,:1", "nats://a:x"])
def test_what_cannot_be_read_is_told_with_an_example(address: str) -> None:
    with pytest.raises(SinkError, match="look like nats://"):
        read_address(address)


async def test_nothing_is_written_without_a_connection() -> None:
    with pytest.raises(SinkError, match="no connection"):
        await NatsTarget("nats://host").put(
            Portion((), 0, None, is_last=True, forming=None), Position("a", 0, None), None
        )
