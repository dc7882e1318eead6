"""The simulated exchange over real sockets on the loopback address; its time stands still and is moved by hand."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.streams.connection import MOST_BUFFERED, framed
from tests.feeds import until

SPEC = MarketSpec(symbols=6, seed=2, activity=4, history_days=5)
MINUTE_MS = 60_000


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        yield exchange


@pytest.fixture
async def http(exchange: SimulatedExchange) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(exchange.rest_url) as session:
        yield session


async def _ask(socket: ClientConnection, method: str, *params: str, number: int = 1) -> Any:
    await socket.send(orjson.dumps({"method": method, "params": params, "id": number}).decode())
    return orjson.loads(await socket.recv())


async def _so_far(socket: ClientConnection) -> list[Any]:
    """Everything that was sent until now: what comes before the answer to a question."""
    await socket.send('{"method":"LIST_SUBSCRIPTIONS","id":999}')
    found = []
    while not (isinstance(message := orjson.loads(await socket.recv()), dict) and message.get("id") == 999):
        found.append(message)
    return found


async def _counted(http: aiohttp.ClientSession, kind: str) -> int:
    async with http.get("/klagg/faults") as reply:
        return int((await reply.json())["counts"].get(kind, 0))


async def test_subscribed_trades_come_wrapped_in_order_and_without_holes(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/stream") as socket:
        assert await _ask(socket, "SUBSCRIBE", "btcusdt@aggTrade", "币安人生usdt@aggTrade") == {"result": None, "id": 1}
        exchange.jump(2 * MINUTE_MS)
        messages = await _so_far(socket)
    assert len(messages) == exchange.sent
    for stream, symbol in (("btcusdt@aggTrade", "BTCUSDT"), ("币安人生usdt@aggTrade", "币安人生USDT")):
        mine = [message["data"] for message in messages if message["stream"] == stream]
        assert mine
        assert {message["s"] for message in mine} == {symbol}
        first = exchange.market.first_id(symbol, SPEC.start_ms // MINUTE_MS)
        assert [message["a"] for message in mine] == list(range(first, first + len(mine)))


async def test_streams_in_the_address_come_plain_or_wrapped_by_its_path(exchange: SimulatedExchange) -> None:
    streams = f"btcusdt@aggTrade/{quote('币安人生usdt')}@aggTrade"
    async with (
        connect(f"{exchange.ws_url}/market/ws/{streams}") as plain,
        connect(f"{exchange.ws_url}/market/stream?streams={streams}") as wrapped,
    ):
        exchange.jump(5 * MINUTE_MS)
        bare = await _so_far(plain)
        assert {message["s"] for message in bare} == {"BTCUSDT", "币安人生USDT"}
        assert bare == [message["data"] for message in await _so_far(wrapped)]


@pytest.mark.parametrize(
    ("path", "heard"),
    [
        ("/market/ws", {"aggTrade"}),
        ("/public/ws", {"bookTicker"}),
        ("/ws", {"bookTicker"}),
        ("/private/ws?listenKey=none", set()),
        ("/private/ws/none", set()),
    ],
)
async def test_a_path_acknowledges_every_stream_and_sends_those_of_its_route(
    exchange: SimulatedExchange, path: str, heard: set[str]
) -> None:
    streams = ["btcusdt@aggTrade", "btcusdt@bookTicker"]
    async with connect(exchange.ws_url + path) as socket:
        assert await _ask(socket, "SUBSCRIBE", *streams) == {"result": None, "id": 1}
        exchange.jump(MINUTE_MS)
        assert {message["e"] for message in await _so_far(socket)} == heard
        assert set(streams) <= set((await _ask(socket, "LIST_SUBSCRIPTIONS"))["result"])


async def test_a_muted_symbol_is_muted_on_every_stream(exchange: SimulatedExchange) -> None:
    exchange.strike("mute", target="BTCUSDT", lasts_ms=2 * MINUTE_MS)
    async with connect(f"{exchange.ws_url}/market/ws/btcusdt@kline_1m/ethusdt@kline_1m") as socket:
        exchange.jump(MINUTE_MS)
        assert {message["s"] for message in await _so_far(socket)} == {"ETHUSDT"}
    assert exchange.faults.counts["mute"]


async def test_klines_come_wrapped_and_each_is_closed(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/stream?streams=btcusdt@kline_1m") as socket:
        exchange.jump(5 * MINUTE_MS)
        messages = await _so_far(socket)
    assert {message["stream"] for message in messages} == {"btcusdt@kline_1m"}
    assert [message["data"]["k"]["t"] for message in messages if message["data"]["k"]["x"]][-4:] == [
        SPEC.start_ms + minute * MINUTE_MS for minute in range(4)
    ]


@pytest.mark.parametrize("path", ["/stream?streams=btcusdt@aggTrade", "/ws/btcusdt@aggTrade"])
async def test_the_paths_of_old_send_no_trades(exchange: SimulatedExchange, path: str) -> None:
    async with connect(exchange.ws_url + path) as socket:
        exchange.jump(MINUTE_MS)
        assert await _so_far(socket) == []


@pytest.mark.parametrize("path", ["/private/ws", "/private/stream", "/private/stream?streams=btcusdt@aggTrade"])
async def test_the_private_route_is_closed_to_who_shows_no_listen_key(exchange: SimulatedExchange, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(exchange.ws_url + path).__aenter__()
    assert refused.value.response.status_code == 400


async def test_a_message_above_4088_bytes_is_not_answered(exchange: SimulatedExchange) -> None:
    def request(size: int) -> str:
        bare = len('{"method":"SUBSCRIBE","params":["@aggTrade"],"id":5}')
        return f'{{"method":"SUBSCRIBE","params":["{"s" * (size - bare)}@aggTrade"],"id":5}}'

    async with connect(f"{exchange.ws_url}/market/ws") as socket:
        await socket.send(request(4089))
        assert await _so_far(socket) == []
        await socket.send(request(4088))
        assert orjson.loads(await socket.recv()) == {"result": None, "id": 5}
        assert len((await _ask(socket, "LIST_SUBSCRIPTIONS"))["result"]) == 1


async def test_names_that_do_not_exist_are_acknowledged_and_silent(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws") as socket:
        await _ask(socket, "SUBSCRIBE", "BTCUSDT@aggTrade", "nosuch@aggTrade", "btcusdt@depth")
        exchange.jump(MINUTE_MS)
        assert await _so_far(socket) == []


async def test_unsubscribed_streams_end(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws/btcusdt@aggTrade") as socket:
        await _ask(socket, "UNSUBSCRIBE", "btcusdt@aggTrade")
        exchange.jump(MINUTE_MS)
        assert await _so_far(socket) == []


async def test_the_eleventh_message_of_a_second_closes_the_connection(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws") as socket:
        for number in range(10):
            await _ask(socket, "LIST_SUBSCRIPTIONS", number=number)
        with pytest.raises(ConnectionClosed) as closed:
            await _ask(socket, "LIST_SUBSCRIPTIONS", number=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert exchange.faults.counts["too fast"] == 1


async def test_too_many_streams_in_the_address_are_refused(http: aiohttp.ClientSession) -> None:
    streams = "/".join(f"s{number}@aggTrade" for number in range(1025))
    # The address is longer than the server would read in one line otherwise.
    async with http.get("/market/stream", params={"streams": streams}) as reply:
        assert reply.status == 400


async def test_all_market_arrays_mix_both_markets(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws/!miniTicker@arr/!contractInfo") as socket:
        exchange.jump(20_000)
        exchange.strike("list")
        messages = await _so_far(socket)
    arrays = [message for message in messages if isinstance(message, list)]
    assert {row["st"] for row in arrays[0]} == {1, 2}
    infos = [message for message in messages if isinstance(message, dict)]
    assert [info["st"] for info in infos] == [2, 1]


async def test_time_tells_the_speed() -> None:
    async with (
        SimulatedExchange(SPEC, speed=60) as exchange,
        aiohttp.ClientSession(exchange.rest_url) as http,
        http.get("/fapi/v1/time") as reply,
    ):
        assert reply.headers["X-KLAGG-SPEED"] == "60"
        assert (await reply.json())["serverTime"] >= SPEC.start_ms


async def test_names_in_rest_addresses_are_percent_encoded(http: aiohttp.ClientSession) -> None:
    async with http.get(f"/fapi/v1/klines?symbol={quote('币安人生')}USDT&interval=1m&limit=2") as reply:
        assert len(await reply.json()) == 2
        assert reply.headers["X-MBX-USED-WEIGHT-1M"] == "1"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/fapi/v3/nothing/at/all"), ("GET", "/api/v3/ping"), ("POST", "/fapi/v1/listenKey"), ("GET", "/")],
)
async def test_what_there_is_not_is_refused_in_the_exchanges_shape(
    http: aiohttp.ClientSession, method: str, path: str
) -> None:
    async with http.request(method, path) as reply:
        assert reply.status == 404
        assert await reply.json() == {"code": -5000, "msg": f"Path {path}, Method {method} is invalid"}


async def test_paths_with_several_parts_are_answered(http: aiohttp.ClientSession) -> None:
    async with http.get("/fapi/v2/ticker/price", params={"symbol": "BTCUSDT"}) as reply:
        assert set(await reply.json()) == {"symbol", "price", "time"}


@pytest.mark.parametrize("path", ["/market/ws/0", "/market/stream?streams=btcusdt@aggTrade"])
async def test_a_stream_that_is_asked_for_twice_comes_once(exchange: SimulatedExchange, path: str) -> None:
    async with connect(exchange.ws_url + path) as socket:
        for number in (0, 1):
            assert await _ask(socket, "SUBSCRIBE", "btcusdt@aggTrade", number=number) == {"result": None, "id": number}
        exchange.jump(MINUTE_MS)
        ids = [message.get("data", message)["a"] for message in await _so_far(socket)]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


async def test_a_cut_breaks_connections_and_is_counted(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws") as first, connect(f"{exchange.ws_url}/market/ws") as second:
        exchange.strike("cut", target="1")
        with pytest.raises(ConnectionClosed):
            await first.recv()
        assert await _so_far(second) == []
        exchange.strike("cut")
        with pytest.raises(ConnectionClosed):
            await second.recv()
    assert exchange.faults.counts["cut"] == 2


async def test_a_connection_that_is_over_is_not_counted_once_more(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws"):
        exchange.strike("cut")
        exchange.strike("cut")
    async with connect(f"{exchange.ws_url}/market/ws"):
        exchange.jump(24 * 60 * MINUTE_MS)
        exchange.jump(1)
    assert (exchange.faults.counts["cut"], exchange.faults.counts["end of life"]) == (1, 1)


async def test_the_pace_of_messages_is_the_worlds_also_where_the_market_runs_fast() -> None:
    async with SimulatedExchange(SPEC, speed=3600) as exchange, connect(f"{exchange.ws_url}/market/ws") as socket:
        with pytest.raises(ConnectionClosed):
            for number in range(200):
                await _ask(socket, "LIST_SUBSCRIPTIONS", number=number)
    assert exchange.faults.counts["too fast"] == 1


async def test_who_asks_for_more_than_the_weight_is_counted(
    exchange: SimulatedExchange, http: aiohttp.ClientSession
) -> None:
    statuses = []
    for _ in range(121):
        async with http.get("/fapi/v1/aggTrades?symbol=BTCUSDT&limit=1") as reply:
            statuses.append(reply.status)
    assert statuses == [200] * 120 + [429]
    assert exchange.faults.counts["over weight"] == 1


async def test_a_silent_connection_answers_but_delivers_nothing_and_a_new_one_does(exchange: SimulatedExchange) -> None:
    address = f"{exchange.ws_url}/market/ws/btcusdt@aggTrade"
    async with connect(address) as silent:
        exchange.strike("silence", lasts_ms=2 * MINUTE_MS)
        async with connect(address) as new:
            exchange.jump(MINUTE_MS)
            assert await _so_far(silent) == []
            assert await _so_far(new)
        assert (await _ask(silent, "LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@aggTrade"]
        exchange.jump(MINUTE_MS)
        exchange.jump(MINUTE_MS)
        assert await _so_far(silent)
    assert exchange.faults.counts["silence"] == 1


async def test_a_shutdown_is_announced_and_closes_only_who_was_told(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws") as told:
        exchange.strike("shutdown")
        assert (await _so_far(told))[0]["e"] == "serverShutdown"
        async with connect(f"{exchange.ws_url}/market/ws") as new:
            exchange.jump(10_000)
            with pytest.raises(ConnectionClosed) as closed:
                await told.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert await _so_far(new) == []
    assert exchange.faults.counts["closed"] == 1


async def test_a_connection_ends_after_a_day(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws") as socket:
        exchange.jump(24 * 60 * MINUTE_MS)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert exchange.faults.counts["end of life"] == 1


@pytest.mark.parametrize(
    ("kind", "statuses"), [("429", {429}), ("418", {418}), ("451", {451}), ("5xx", {500, 502, 503, 504})]
)
async def test_rest_refuses_while_the_fault_lasts(
    exchange: SimulatedExchange, http: aiohttp.ClientSession, kind: str, statuses: set[int]
) -> None:
    exchange.strike(kind, lasts_ms=30_000)
    seen = set()
    for _ in range(4):
        async with http.get("/fapi/v1/klines?symbol=BTCUSDT&interval=1m") as reply:
            seen.add(reply.status)
            if kind in {"429", "418"}:
                assert reply.headers["Retry-After"] == "30"
    assert seen == statuses
    assert exchange.faults.counts[kind] == 4
    exchange.jump(30_000)
    async with http.get("/fapi/v1/klines?symbol=BTCUSDT&interval=1m") as reply:
        assert reply.status == 200


async def test_a_slow_reply_waits_for_the_simulated_time(
    exchange: SimulatedExchange, http: aiohttp.ClientSession
) -> None:
    exchange.strike("slow", target="7")
    asked = asyncio.create_task(http.get("/fapi/v1/time").__aenter__())
    while not await _counted(http, "slow"):
        assert not asked.done()
    exchange.jump(7000)
    reply = await asked
    assert (await reply.json())["serverTime"] == SPEC.start_ms + 7000
    reply.close()


async def test_a_wrong_clock_is_wrong_for_a_while(exchange: SimulatedExchange, http: aiohttp.ClientSession) -> None:
    exchange.strike("clock", target="-1500", lasts_ms=1000)
    async with http.get("/fapi/v1/time") as reply:
        assert (await reply.json())["serverTime"] == SPEC.start_ms - 1500
    exchange.jump(1000)
    async with http.get("/fapi/v1/time") as reply:
        assert (await reply.json())["serverTime"] == SPEC.start_ms + 1000
    assert exchange.faults.counts["clock"] == 1


async def test_a_clock_that_is_wrong_for_long_stays_so_behind_one_that_is_wrong_for_a_moment(
    exchange: SimulatedExchange,
) -> None:
    exchange.strike("clock", target="4000", lasts_ms=60_000)
    exchange.strike("clock", lasts_ms=1_000)
    exchange.jump(1_000)
    assert exchange.face.clock_error_ms == 4_000
    exchange.jump(60_000)
    assert exchange.face.clock_error_ms == 0


async def test_a_new_symbol_trades_on_a_stream_that_was_asked_for_before(exchange: SimulatedExchange) -> None:
    exchange.strike("list")
    symbol = list(exchange.market.lives)[-1]
    async with connect(f"{exchange.ws_url}/market/ws/{symbol.lower()}@aggTrade") as socket:
        exchange.jump(3 * MINUTE_MS)
        assert await _so_far(socket) == []
        exchange.jump(30 * MINUTE_MS)
        messages = await _so_far(socket)
    assert messages[0]["a"] == 1


async def test_a_delisted_symbol_falls_silent_and_truth_ends_with_it(exchange: SimulatedExchange) -> None:
    async with connect(f"{exchange.ws_url}/market/ws/ethusdt@aggTrade") as socket:
        exchange.strike("delist", target="ETHUSDT")
        exchange.jump(4 * MINUTE_MS)
        assert await _so_far(socket)
        exchange.jump(10 * MINUTE_MS)
        assert await _so_far(socket) == []
    assert len(exchange.truth.bars("ETHUSDT", Period.M1, SPEC.start_ms, exchange.now_ms())) == 3


async def test_faults_can_be_asked_for_and_accounted_over_http(
    exchange: SimulatedExchange, http: aiohttp.ClientSession
) -> None:
    async with http.post("/klagg/faults", json={"kind": "straddle", "target": "BTCUSDT"}) as reply:
        assert (await reply.json())["counts"] == {"straddle": 1}
    async with http.post("/klagg/faults", json={"schedule": "cut@5m, drop@10m+30s"}) as reply:
        account = await reply.json()
    assert [fault["kind"] for fault in account["planned"]] == ["cut", "drop"]
    assert "BTCUSDT straddles" in account["incidents"][0]["what"]
    for body in (b'{"kind":"flood"}', b'{"schedule":"?"}', b"{}", b"[]", b"?", b'{"kind":"cut","in_s":"x"}'):
        async with http.post("/klagg/faults", data=body) as reply:
            assert reply.status == 400


async def test_truth_can_be_asked_over_http(exchange: SimulatedExchange, http: aiohttp.ClientSession) -> None:
    exchange.jump(10 * MINUTE_MS)
    query = {"symbol": "BTCUSDT", "period": "5m", "from": str(SPEC.start_ms)}
    async with http.get("/klagg/truth", params=query) as reply:
        truth = await reply.json()
    async with http.get(f"/fapi/v1/klines?symbol=BTCUSDT&interval=5m&startTime={SPEC.start_ms}&limit=2") as reply:
        klines = await reply.json()
    assert [row[0] for row in truth["bars"]] == [row[0] for row in klines]
    assert [[float(value) for value in row[1:6]] for row in truth["bars"]] == [
        [float(value) for value in row[1:6]] for row in klines
    ]
    async with http.get("/klagg/truth", params={"symbol": "NONE", "period": "5m"}) as reply:
        assert reply.status == 400


async def test_who_does_not_read_is_cut() -> None:
    async with SimulatedExchange(MarketSpec(symbols=1, activity=100), speed=0) as exchange:
        async with connect(f"{exchange.ws_url}/market/ws/btcusdt@aggTrade", max_queue=1) as socket:
            while not exchange.faults.counts["slow reader"]:
                exchange.jump(5 * MINUTE_MS)
                assert exchange.sent * 200 < 3 * MOST_BUFFERED
            with pytest.raises(ConnectionClosed):
                while True:
                    await socket.recv()
        assert exchange.connections == 0


async def test_a_port_that_is_taken_is_told(exchange: SimulatedExchange) -> None:
    port = int(exchange.rest_url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=str(port)):
        async with SimulatedExchange(SPEC, port=port):
            pass


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_of_any_size_says_its_size(size: int) -> None:
    frame = framed(b"x" * size)
    head = len(frame) - size
    told = frame[1] if frame[1] < 126 else int.from_bytes(frame[2:head], "big")
    assert (frame[0], told) == (0x81, size)


def test_the_command_tells_the_addresses_and_ends_well_on_ctrl_c() -> None:
    program = "from klagg_tui.commands.simulate import simulate; import typer; typer.run(simulate)"
    arguments = ["--port", "0", "--symbols", "3", "--speed", "60", "--faults", "none"]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while "--ws-url ws://127.0.0.1:" not in (line := running.stdout.readline()):
            assert line
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read()
    assert running.returncode == 0
    assert "6 symbols" in rest


async def test_who_reconnects_gets_the_trades_from_now_on_each_once(exchange: SimulatedExchange) -> None:
    address = f"{exchange.ws_url}/market/ws/btcusdt@aggTrade"
    async with connect(address) as socket:
        exchange.jump(20_000)
        before = [message["a"] for message in await _so_far(socket)]
    async with connect(f"{exchange.ws_url}/market/ws") as other:
        # Answered after the first connection was seen to be gone.
        await _so_far(other)
    assert exchange.connections <= 1
    exchange.jump(10_000)
    async with connect(address) as socket:
        exchange.jump(20_000)
        after = [message["a"] for message in await _so_far(socket)]
    market, start = exchange.market, SPEC.start_ms
    trades = market.trades("BTCUSDT", start // MINUTE_MS)
    assert before == [trade.aggregate_id for trade in trades if trade.event_ms <= start + 20_000]
    assert after == [trade.aggregate_id for trade in trades if start + 30_000 < trade.event_ms <= start + 50_000]


async def test_connections_that_overlap_get_each_trade_once(exchange: SimulatedExchange) -> None:
    address = f"{exchange.ws_url}/market/ws/btcusdt@aggTrade"
    async with connect(address) as old:
        exchange.jump(20_000)
        async with connect(address) as new:
            exchange.jump(20_000)
            of_old = [message["a"] for message in await _so_far(old)]
            of_new = [message["a"] for message in await _so_far(new)]
    assert of_old == list(range(of_old[0], of_old[0] + len(of_old)))
    assert of_new == of_old[-len(of_new) :]


async def test_what_was_asked_is_told_minute_by_minute_and_asking_that_costs_nothing(
    exchange: SimulatedExchange, http: aiohttp.ClientSession
) -> None:
    async def told() -> Any:
        async with http.get("/klagg/requests") as reply:
            return await reply.json()

    async def ask(limit: int, **when: int) -> None:
        query: dict[str, str | int] = {"symbol": "BTCUSDT", "interval": "1m", "limit": limit, **when}
        async with http.get("/fapi/v1/klines", params=query) as reply:
            assert reply.headers["X-MBX-USED-WEIGHT-1M"]

    minute_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
    assert (await told())["weight"] == {}
    await ask(99)
    await ask(499)
    exchange.jump(3 * MINUTE_MS)
    await ask(1_000)
    found = await told()
    assert found["weight"] == {str(minute_ms): 3, str(minute_ms + 3 * MINUTE_MS): 5}
    assert (found["requests"], found["under_way"], found["most_at_once"], found["refused"]) == (3, 0, 1, 0)
    for _ in range(241):
        await ask(1_500, startTime=exchange.now_ms() + MINUTE_MS)  # of the future there is none, and it weighs the same
    assert (await told())["refused"] == 2


async def test_an_exchange_far_away_answers_later_and_its_time_is_that_of_the_way_between() -> None:
    async with (
        SimulatedExchange(SPEC, speed=1, round_trip_ms=400) as exchange,
        aiohttp.ClientSession(exchange.rest_url) as http,
    ):
        before_ms = exchange.now_ms()
        async with http.get("/fapi/v1/time") as reply:
            at_ms = (await reply.json())["serverTime"]
        assert before_ms + 150 <= at_ms <= exchange.now_ms() - 150
        asked = [asyncio.ensure_future(http.get("/fapi/v1/ping")) for _ in range(3)]
        await until(lambda: exchange.requests.most == 3)
        for reply in await asyncio.gather(*asked):
            reply.release()
        before_ms = exchange.now_ms()
        async with connect(f"{exchange.ws_url}/market/ws"):
            assert exchange.now_ms() >= before_ms + 300
