"""Two recorders of one market, each with gaps of its own: a copy of their stream and their dataset hold the surer of each bar."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.sinks import sender
from klagg_tui.sinks.dataset import DatasetTarget
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_copy import Copy
from klagg_tui.sinks.place_folder import FolderPlace
from klagg_tui.sinks.sender import Sender
from klagg_tui.storage.store import Store
from tests.market_run import MINUTE_MS, now_ms, plan, until
from tests.sinks.bucket import held, row_of
from tests.sinks.bucket import rows_of as rows_of_days
from tests.sinks.test_nats_copy import copied, rows_of

pytestmark = pytest.mark.xdist_group("nats")
Key = tuple[str, Period, int]
MIDNIGHT = 1_790_035_200_000
MARKET = MarketSpec(symbols=3, activity=20.0, history_days=1, start_ms=MIDNIGHT - 6 * MINUTE_MS)
MARK = "simulated"


def stored(path: Path) -> dict[Key, Bar]:
    return {one.key: one for _, one in asyncio.run(rows_of(path))}


def surer(*both: dict[Key, Bar]) -> dict[Key, list[Bar]]:
    """Of each bar those that are in the better state."""
    found: dict[Key, list[Bar]] = {}
    for key, one in (item for bars in both for item in bars.items()):
        found.setdefault(key, []).append(one)
    return {
        key: [one for one in of_key if one.state == max(each.state for each in of_key)] for key, of_key in found.items()
    }


@contextmanager
def delivering(path: Path, stream: str, dataset: Path) -> Iterator[None]:
    """To both; what is left is delivered at the end."""
    senders = [Sender(path, NatsTarget(stream)), Sender(path, DatasetTarget(FolderPlace(dataset), path))]
    for one in senders:
        one.start()
    yield
    for one in senders:
        assert one.stop(60)


async def run(stream: str, folder: Path, databases: list[Path]) -> None:
    """One begins before the other, is away for some minutes, and dies; the other one records on."""
    async with SimulatedExchange(MARKET, speed=60) as exchange, await Store.open(folder / "copy.db") as store:
        copying = asyncio.create_task(_copying(Copy(store, stream)))
        second = Runtime(plan(exchange, databases[1], 5, MARK))
        with ExitStack() as stack:
            for before, after in ((-3, 1), (5, 12)):
                first = Runtime(plan(exchange, databases[0], 90, MARK))
                first.start()
                with delivering(databases[0], stream, folder / "bars"):
                    await until(exchange, first, MIDNIGHT + before * MINUTE_MS)
                    if before < 0:
                        second.start()
                        stack.enter_context(delivering(databases[1], stream, folder / "bars"))
                    await until(exchange, first, MIDNIGHT + after * MINUTE_MS)
                    await first.stop()
                await until(exchange, second, now_ms(exchange) + 2 * MINUTE_MS)
            await second.stop()
        copying.cancel()
        with suppress(asyncio.CancelledError):
            await copying


async def _copying(copy: Copy) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            with suppress(Exception):  # nobody has delivered yet
                await copy.run()
            await asyncio.sleep(0.2)


def test_what_one_lacks_the_other_has_and_while_one_is_away_the_other_carries_on(
    stream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "PAUSES_S", (0.2,))
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    databases = [folder / "klagg.db" for folder in folders]
    asyncio.run(run(stream, tmp_path, databases))
    asyncio.run(copied(tmp_path / "copy.db", stream))
    known = [stored(path) for path in databases]
    expected = surer(*known)
    assert all(any(one.get(key) not in bars for key, bars in expected.items()) for one in known), (
        "neither lacks anything"
    )
    copy = stored(tmp_path / "copy.db")
    assert copy.keys() == expected.keys()
    assert not [one for key, one in copy.items() if one not in expected[key]]
    days = surer(*map(of_days_that_are_over, known))
    found = {(row[1], Period(row[2]), row[4]): row for row in held(tmp_path / "bars")}
    assert any(all(key in one for one in known) for key in days), "they have no bar of these days in common"
    assert found.keys() == days.keys()
    assert not [row for key, row in found.items() if row not in [row_of(one, MARK) for one in days[key]]]


def of_days_that_are_over(bars: dict[Key, Bar]) -> dict[Key, Bar]:
    over = {(row[1], Period(row[2]), row[4]) for row in rows_of_days(bars.values())}
    return {key: bar for key, bar in bars.items() if key in over}
