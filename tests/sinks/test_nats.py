"""Bars in a real server of NATS JetStream."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import orjson
import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from klagg_tui.bar_json import bar_json
from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.evidence import Evidence
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_address import read_address
from klagg_tui.sinks.nats_told import Told, read
from klagg_tui.sinks.position import Position
from klagg_tui.storage.sink_log import Part, Portion, SeriesPlace, SinkLog
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.ports import free_port
from tests.sinks.nats_server import PASSWORD, USER, NatsServer
from tests.sinks.test_delivery import OTHER, deliver, opened, stored
from tests.sinks.walk import walk

pytestmark = pytest.mark.xdist_group("nats")

Key = tuple[str, str, Period, int]


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Client]:
    client = await nats.connect(list(read_address(address).servers), user=USER, password=PASSWORD)
    try:
        yield client
    finally:
        await client.close()


async def sent(address: str) -> list[tuple[str, bytes]]:
    """Subject and content of each message that is kept, in order."""
    name = read_address(address).name
    async with connected(address) as client:
        stream = client.jetstream()
        last = (await stream.stream_info(name)).state.last_seq
        found = [await stream.get_msg(name, number) for number in range(1, last + 1)]
    return [(str(message.subject), message.data or b"") for message in found]


def folded(told: list[Told]) -> dict[Key, bytes]:
    """What a reader has who does what each message says."""
    found: dict[Key, bytes] = {}
    for one in told:
        if one.all_series is not None:
            found = {key: text for key, text in found.items() if SeriesPlace(*key[:3]) in one.all_series}
        for first, until in one.removed:
            found = {k: v for k, v in found.items() if k[:3] != one.series or not first <= k[3] < until}
        for each in one.bars:
            assert one.series is not None
            found[(*one.series, each.open_ms)] = bar_json(each, is_final=True)
    return found


async def delivered(address: str) -> dict[Key, bytes]:
    return folded([read(content) for _, content in await sent(address)])


async def expected(store: Store) -> dict[Key, bytes]:
    return {key: bar_json(one, is_final=True) for key, one in (await stored(store)).items()}


def most_told(messages: Iterable[tuple[str, bytes]]) -> int:
    """How often the same state of a minute was told, of that which was told most; larger bars may be made again and be the same."""
    found: Counter[bytes] = Counter()
    for subject, content in messages:
        if subject.endswith(".1m"):
            found.update(orjson.dumps(one) for one in orjson.loads(content)["bars"])
    return max(found.values())


async def test_what_is_stored_is_there_to_the_last_digit_and_follows(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        exact = bar(START, "0.000000000001", "98765432109876.123456789012", volume="123456789.12345678", trade_count=7)
        lacking = bar(START + MINUTE, trade_count=0, state=State.CONFIRMED)._replace(
            evidence=int(Evidence.CANDLE_ONLY | Evidence.NO_COUNT)
        )
        await store.add([exact], [])
        await store.add_confirmed([lacking, *bars(50, START + 2 * MINUTE)])
        delivery = Delivery(log, NatsTarget(stream), at_once=13)
        await deliver(delivery)
        told = [one for _, content in await sent(stream) for one in read(content).bars]
        assert {one.key: one for one in told} == {one.key: one for one in (await stored(store)).values()}
        await store.add_confirmed([bars(50, START + 2 * MINUTE)[7]._replace(trade_count=999), *bars(9, symbol=OTHER)])
        while await delivery.step():
            pass
        assert await delivered(stream) == await expected(store)
        assert most_told(await sent(stream)) == 1
        await delivery._target.close()


async def test_subjects_name_the_series_and_messages_the_delivery(stream: str, tmp_path: Path) -> None:
    markets = ("binance-um", "made@http://127.0.0.1:1")
    async with await Store.open(tmp_path / "klagg.db", markets=markets) as store, await SinkLog.open(store.path) as log:
        for name in ("binance-um:BTCUSDT", "made:A.B*C> D%", "made:币安", "made:BTC/USD"):
            await store.add_confirmed(bars(3, symbol=name))
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await target.close()
        number = await log.last_number()
    name = read_address(stream).name
    found = await sent(stream)
    ours = "made@http://127%2E0%2E0%2E1:1"
    assert {subject for subject, _ in found if subject.endswith(".1m")} == {
        f"{name}.bars.binance-um.BTCUSDT.1m",
        f"{name}.bars.{ours}.A%2EB%2AC%3E%20D%25.1m",
        f"{name}.bars.{ours}.币安.1m",
        f"{name}.bars.{ours}.BTC/USD.1m",
    }
    assert {one.series[:2] for one in (read(content) for _, content in found) if one.series} == {
        (markets[0], "BTCUSDT"),
        (markets[1], "A.B*C> D%"),
        (markets[1], "币安"),
        (markets[1], "BTC/USD"),
    }
    assert {read(content).number for _, content in found} == {number}


async def test_bars_that_are_taken_back_are_told_and_those_deleted_for_their_age_stay(
    stream: str, tmp_path: Path
) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        await store.add_confirmed(bars(30))
        delivery = Delivery(log, NatsTarget(stream))
        await deliver(delivery)
        await store.remove_future(START + 20 * MINUTE)
        while await delivery.step():
            pass
        assert await delivered(stream) == await expected(store)
        before = await delivered(stream)
        assert await store.delete_before(Period.M1, START + 15 * MINUTE) > 0
        await deliver(delivery)
        assert await delivered(stream) == before
        await delivery._target.close()


async def test_bars_under_way_are_told_to_who_listens_and_kept_nowhere(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log), connected(stream) as client:
        listener = await client.subscribe(f"{read_address(stream).name}.forming.>")
        await client.flush()
        delivery = Delivery(log, NatsTarget(stream), has_forming=True)
        await store.write(Changes((bar(state=State.FORMING), bar(symbol=OTHER, state=State.FORMING))))
        await deliver(delivery)
        await delivery.step(is_forming_due=True)
        heard = [await listener.next_msg(5), await listener.next_msg(5)]
        assert {read(one.data).bars[0].symbol for one in heard} == {SYMBOL, OTHER}
        assert not orjson.loads(heard[0].data)["bars"][0]["is_final"]
        assert await delivered(stream) == {}
        await delivery._target.close()


async def test_what_a_broken_off_portion_told_is_not_told_again(stream: str, tmp_path: Path) -> None:
    """Whatever the server remembers of ids: the portion after the break is another one, with another number."""
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        for name in ("AUSDT", "BUSDT", "CUSDT"):
            await store.add_confirmed(bars(20, symbol=name))
        delivery = Delivery(log, target)
        await delivery.begin()
        kept = target._keep

        async def breaks(*_: object) -> bool:
            raise OSError("the line was cut")

        target._keep = breaks  # type: ignore[method-assign, assignment]
        with pytest.raises(SinkError, match="cut"):
            await delivery.step()
        target._keep = kept  # type: ignore[method-assign]
        await store.add_confirmed([bars(20, symbol="BUSDT")[4]._replace(trade_count=999)])
        await deliver(Delivery(log, target))
        assert await delivered(stream) == await expected(store)
        assert most_told(await sent(stream)) == 1
        await target.close()


async def test_what_was_still_on_its_way_then_is_dropped_by_the_server(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await store.add_confirmed(bars(20))
        kept = target._keep

        async def breaks(*_: object) -> bool:
            raise OSError("the line was cut")

        async def sees_nothing(*_: object) -> None:
            pass

        delivery = Delivery(log, target)
        await delivery.begin()
        target._keep = breaks  # type: ignore[method-assign, assignment]
        with pytest.raises(SinkError, match="cut"):
            await delivery.step()
        target._keep, target._read_tail = kept, sees_nothing  # type: ignore[method-assign, assignment]
        await deliver(Delivery(log, target))
        assert await delivered(stream) == await expected(store)
        assert most_told(await sent(stream)) == 1
        await target.close()


async def test_who_delivers_in_a_name_that_moved_on_writes_nothing(stream: str) -> None:
    one, two = NatsTarget(stream), NatsTarget(stream)
    assert await one.open("a") is None
    assert await two.open("a") is None
    part = Part("", SYMBOL, Period.M1, START, START + MINUTE, False, (bar(),))
    assert await one.put(Portion((part,), 1, None, True, None), Position("x", 1, (1, 2, 3)), None)
    assert not await two.put(Portion((part,), 1, None, True, None), Position("y", 1, None), None)
    assert len(await sent(stream)) == 1
    assert await two.open("a") == Position("x", 1, (1, 2, 3))
    for each in (one, two):
        await each.close()


async def test_a_stream_that_was_deleted_is_given_everything_anew(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        await store.add_confirmed(bars(30))
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        async with connected(stream) as client:
            await client.jetstream().delete_stream(read_address(stream).name)
        delivery = Delivery(log, target)
        await deliver(delivery)
        assert delivery.anew
        assert await delivered(stream) == await expected(store)
        await target.close()


async def test_the_bounds_are_those_of_the_address(nats_server: NatsServer, stream: str) -> None:
    name = read_address(stream).name
    async with connected(stream) as client:
        for options, age, size in (
            ("", 7 * 86_400, 4 * 10**9),
            ("?max_age=90m", 5_400, 4 * 10**9),
            ("?max_age=1m&max_bytes=5MB", 60, 5_000_000),
            ("", 60, 5_000_000),
        ):
            target = NatsTarget(nats_server.address(name, options))
            await target.open("a")
            await target.close()
            config = (await client.jetstream().stream_info(name)).config
            assert (config.max_age, config.max_bytes) == (age, size)


async def test_a_stream_of_somebody_else_is_left_alone(stream: str) -> None:
    name = read_address(stream).name
    async with connected(stream) as client:
        await client.jetstream().add_stream(StreamConfig(name=name, subjects=["orders"]))
    with pytest.raises(SinkError, match="not klagg's"):
        await NatsTarget(stream).open("a")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("nats://klagg:wrong@127.0.0.1:{port}", "Authorization"),
        ("nats://klagg:wrong@127.0.0.1:{other}/x", "no server answers"),
        ("tls://klagg:wrong@127.0.0.1:{port}", "127.0.0.1"),
        ("nats://klagg:wrong@127.0.0.1:{port}/x.y", "NAME"),
        ("nats://klagg:wrong@127.0.0.1:x/y", "NAME"),
        ("nats://klagg:wrong@127.0.0.1/x?max_age=7", "max_age"),
        ("nats://klagg:wrong@127.0.0.1/x?max_bytes=0GB", "max_bytes"),
        ("nats://klagg:wrong@127.0.0.1/x?replicas=9", "replicas"),
        ("nats://klagg:wrong@127.0.0.1/x?sslmode=require", "sslmode"),
        ("nats://klagg:wrong@", "NAME"),
    ],
)
async def test_what_is_wrong_is_one_sentence_without_the_password(
    nats_server: NatsServer, wrong: str, told: str
) -> None:
    with pytest.raises(SinkError) as raised:
        await NatsTarget(wrong.format(port=nats_server.port, other=free_port())).open("a")
    assert told in str(raised.value)
    assert "wrong" not in str(raised.value)
    assert str(raised.value).endswith(".")


def test_the_name_is_the_same_whatever_login_and_options(nats_server: NatsServer) -> None:
    first = NatsTarget("nats://me:x@host/db?max_age=1d&replicas=3").name
    assert first == NatsTarget("nats://token@host:4222/db").name == "nats://host:4222/db"
    assert NatsTarget("nats://a,b:1").name == "nats://a:4222,b:1/klagg"


async def test_a_walk_of_changes_and_cut_lines_ends_equal(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(stream)
        delivery = await walk(store, log, target)
        assert await delivered(stream) == await expected(store)
        numbers = [read(content).number for _, content in await sent(stream)]
        assert numbers == sorted(numbers)
        assert not delivery.anew
        await target.close()


async def test_a_server_that_dies_and_one_that_is_silent_are_tried_again_and_lose_nothing(
    own_nats: NatsServer, tmp_path: Path
) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(own_nats.address(), portion_s=1.0)
        delivery = Delivery(log, target)
        await deliver(delivery)
        await store.add_confirmed(bars(30))
        for number, breaks in enumerate((own_nats.kill, own_nats.freeze, own_nats.kill)):
            breaks()
            with pytest.raises(SinkError) as raised:
                await delivery.step()
            assert "127.0.0.1" in str(raised.value)
            own_nats.start()
            await store.add_confirmed(bars(30, symbol=f"SYM{number}"))
            delivery = Delivery(log, target)
            await deliver(delivery)
            assert not delivery.anew
            await store.add_confirmed(bars(7, START + (30 + 7 * number) * MINUTE))
        await deliver(delivery)
        await target.close()
        assert await delivered(own_nats.address()) == await expected(store)
        assert most_told(await sent(own_nats.address())) == 1


def test_a_message_that_klagg_did_not_write_is_told_as_one() -> None:
    good = {"type": "bars", "recorder": "a", "number": 1, "venue": "v", "symbol": SYMBOL, "period": "1m"}
    good |= {"bars": [orjson.loads(bar_json(bar(), is_final=True))]}
    assert read(orjson.dumps(good)).bars == (bar(),)
    for wrong in (
        b"no JSON",
        b"[]",
        orjson.dumps(good | {"bars": [good["bars"][0] | {"open": 100.5}]}),  # type: ignore[index]
        orjson.dumps(good | {"bars": [good["bars"][0] | {"open_time": 1}]}),  # type: ignore[index]
        orjson.dumps(good | {"symbol": OTHER}),
        orjson.dumps(good | {"number": "1"}),
        orjson.dumps(good | {"removed": [[1]]}),
    ):
        with pytest.raises(SinkError, match="none of klagg's"):
            read(wrong)
