"""An alert as a request to an address of the user's."""

from __future__ import annotations

import socket

import pytest

from klagg_tui.alerting.webhook import Webhook
from klagg_tui.errors import Undelivered
from tests.alerting.hooks import FIRING, hooks


async def _sent(url: str, limit_s: float = 5.0) -> None:
    webhook = Webhook(url, limit_s)
    try:
        await webhook.send(7, FIRING)
    finally:
        await webhook.close()


async def test_what_fired_is_posted_as_json_that_chat_programs_show_too() -> None:
    async with hooks(204) as server:
        await _sent(server.url)
    assert server.came == [
        {
            "id": 7,
            "text": "BTCUSDT at 70001.5: Up (last>1) (vol 2)",
            "content": "BTCUSDT at 70001.5: Up (last>1) (vol 2)",
            "time": "2024-08-08T00:00:00.789Z",
            "time_ms": FIRING.at_ms,
            "symbol": "BTCUSDT",
            "venue": "binance-um",
            "price": "70001.5",
            "alert": "last>1",
            "name": "Up",
            "value": "vol 2",
            "count": 3,
        }
    ]


@pytest.mark.parametrize(
    ("status", "says", "is_final"),
    [
        (503, "cannot take it now", False),
        (429, "cannot take it now", False),
        (404, "refuses it", True),
        (302, "refuses it", True),
        (None, "does not answer within 0.2 s", False),
    ],
    ids=["down", "busy", "refusing", "elsewhere", "silent"],
)
async def test_a_server_that_does_not_take_it_is_told_by_its_host_alone(
    status: int | None, says: str, is_final: bool
) -> None:
    async with hooks(status) as server:
        with pytest.raises(Undelivered, match=says) as failed:
            await _sent(f"{server.url}?secret=1", 0.2 if status is None else 5.0)
    assert failed.value.is_final is is_final
    assert "secret" not in str(failed.value)
    assert "127.0.0.1" in str(failed.value)


async def test_where_nobody_listens_it_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Undelivered, match=r"cannot be reached \(nobody answers there\)$") as failed:
        await _sent(f"http://127.0.0.1:{port}/hook")
    assert not failed.value.is_final


async def test_what_was_never_used_is_closed_too() -> None:
    await Webhook("http://127.0.0.1:9/hook").close()
