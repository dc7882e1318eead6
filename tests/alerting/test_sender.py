"""The queue of one way: in order, tried again, given up in the end, and never lost in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from klagg_tui.alert import Firing
from klagg_tui.alerting.sender import WORTH_MS, Sender
from klagg_tui.alerting.webhook import Webhook
from klagg_tui.errors import DiskError, Undelivered
from klagg_tui.storage.alerts import AlertStore
from klagg_tui.storage.store import Store
from tests.alerting.hooks import FIRING, hooks


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[AlertStore]:
    async with (
        await Store.open(tmp_path / "klagg.db") as bars,
        await AlertStore.open(bars.path) as opened,
    ):
        yield opened


class Made:
    """A way that does as it is told; then it is quiet."""

    name = "made"
    most_at_once: int | None = None

    def __init__(self, *errors: Exception | None, most_tries: int | None = None) -> None:
        self.errors = list(errors)
        self.most_tries = most_tries
        self.told: list[str] = []
        self.has_told = asyncio.Event()

    async def send(self, firing_id: int, firing: Firing) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        self.told.append(firing.symbol)
        self.has_told.set()

    async def close(self) -> None:
        """It holds nothing."""


class Clock:
    """Moved by pauses alone."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.pauses: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_ms += round(seconds * 1_000)


def _sender(way: Made | Webhook, store: AlertStore, clock: Clock) -> Sender:
    return Sender(way, store, lambda: clock.now_ms, clock.pause)


async def _queue(store: AlertStore, *symbols: str, way: str = "made", now_ms: int = 1_000_000) -> None:
    await store.note([], [FIRING._replace(symbol=symbol) for symbol in symbols], {way: None}, now_ms)


async def _outcomes(store: AlertStore) -> dict[str, int]:
    return {state: count for (_, state), count in (await store.counts()).items()}


async def test_what_fails_is_tried_again_after_longer_and_longer_pauses_and_the_rest_behind_it(
    store: AlertStore,
) -> None:
    clock, down = Clock(), Undelivered("it is down")
    way = Made(*[down] * 11)
    sender = _sender(way, store, clock)
    await _queue(store, "A", "B")
    for number in range(11):
        await sender.step()
        if not number:
            (notice,) = sender.notices.values()
            assert notice == "Alerts by made: it is down; 2 alerts wait and will be sent again."
    assert clock.pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    await sender.step()
    assert not sender.notices
    await sender.step()
    assert way.told == ["A", "B"]
    assert await _outcomes(store) == {"done": 2}


async def test_what_would_be_refused_again_is_given_up_and_told(store: AlertStore) -> None:
    heard: list[int] = []
    way, clock = Made(Undelivered("it refuses", is_final=True), Undelivered("it refuses", is_final=True)), Clock()
    sender = Sender(way, store, lambda: clock.now_ms, clock.pause, lambda: heard.append(1))
    await _queue(store, "A", "B", "C")
    await sender.step()
    assert "1 alert was not told by made: it refuses" in sender.notices["given up"]
    await sender.step()
    assert "2 alerts were not told by made: it refuses" in sender.notices["given up"]
    assert clock.pauses == []
    assert len(heard) == 2
    assert [one.trouble for one in await store.firings(3)] == ["made: it refuses", "made: it refuses", ""]
    await sender.step()
    assert way.told == ["C"]
    assert not sender.notices


async def test_what_failed_so_many_times_or_for_a_day_is_given_up(store: AlertStore) -> None:
    clock, down = Clock(), Undelivered("it is down")
    sender = _sender(Made(down, down, most_tries=2), store, clock)
    await _queue(store, "A")
    await sender.step()
    assert await _outcomes(store) == {"waiting": 1}
    await sender.step()
    assert await _outcomes(store) == {"given up": 1}
    await _queue(store, "B", now_ms=clock.now_ms - WORTH_MS)
    await _sender(Made(down), store, clock).step()
    assert await _outcomes(store) == {"given up": 2}


async def test_a_queue_that_cannot_be_read_and_an_error_that_nobody_thought_of_end_nothing(
    store: AlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    way = Made(RuntimeError("odd"))
    read = store.next_delivery
    failures: list[Exception] = [DiskError("The disk is full.")]

    async def unsteady(name: str) -> object:
        if failures:
            raise failures.pop()
        return await read(name)

    monkeypatch.setattr(store, "next_delivery", unsteady)
    sender = _sender(way, store, clock)
    told: list[str] = []
    pause = clock.pause

    async def noting(seconds: float) -> None:
        told.extend(sender.notices.values())
        await pause(seconds)

    sender._pause = noting
    await _queue(store, "A")
    running = asyncio.create_task(sender.run())
    await way.has_told.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert told == [
        "Alerts wait to be told by made: The disk is full.",
        "Telling of alerts by made failed (odd); it goes on.",
    ]
    assert way.told == ["A"]


async def test_a_webhook_whose_server_is_down_then_slow_then_busy_gets_everything_in_order(store: AlertStore) -> None:
    clock = Clock()
    async with hooks(503, None, 429, 200) as server:
        webhook = Webhook(server.url, 0.2)
        sender = _sender(webhook, store, clock)
        await _queue(store, "A", "B", way="webhook")
        for _ in range(5):
            await sender.step()
        await webhook.close()
    assert [one["symbol"] for one in server.came] == ["A", "A", "A", "A", "B"]
    assert len({one["id"] for one in server.came[:4]}) == 1, "so that a server knows what it has already"
    assert clock.pauses == [1, 2, 4]
    assert await _outcomes(store) == {"done": 2}


async def test_what_klagg_was_sending_when_it_was_killed_is_sent_by_the_next_one(store: AlertStore) -> None:
    clock = Clock()
    async with hooks(None, 200) as server:
        webhook = Webhook(server.url)
        await _queue(store, "A", way="webhook")
        running = asyncio.create_task(_sender(webhook, store, clock).run())
        await server.arrived.wait()
        running.cancel()  # as the end of the process does it: nothing is written any more
        with suppress(asyncio.CancelledError):
            await running
        assert await _outcomes(store) == {"waiting": 1}
        await _sender(webhook, store, clock).step()
        await webhook.close()
    assert [one["symbol"] for one in server.came] == ["A", "A"]
    assert await _outcomes(store) == {"done": 1}
