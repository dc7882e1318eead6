"""The market streams over real sockets."""

import asyncio
import json
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.messages import Batch, ContractChanged
from klagg_tui.exchange.session import FeedLimits, Phase, StreamsDown, StreamsUp
from klagg_tui.exchange.stream import MarketStream, StreamReport
from klagg_tui.exchange.transport import connect as connect_module
from klagg_tui.exchange.transport.gulps import GulpLoop
from klagg_tui.exchange.venue import Decode, StreamCodec
from tests.feeds import Feed, feeding, said_trade, until
from tests.patience import WAIT_S
from tests.ports import free_port
from tests.proxies import Passage, connect_proxy, socks_proxy

LIMITS = replace(FeedLimits.of(VENUE.streams), pace_ms=20, first_pause_ms=20, longest_pause_ms=40)
TWO = ("BTCUSDT", "币安人生USDT")


@pytest.fixture(autouse=True)
def _no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Listener:
    """Takes what a stream hands on."""

    def __init__(self) -> None:
        self.trades: list[AggTrade] = []
        self.batches: list[int] = []
        self.reports: list[StreamReport] = []

    def take(self, trades: Sequence[TradeFields], _: int) -> None:
        self.trades += [AggTrade(*trade) for trade in trades]
        self.batches.append(len(trades))

    @property
    def ids(self) -> list[int]:
        return [trade.aggregate_id for trade in self.trades]

    def covered(self) -> set[str]:
        return {symbol for report in self.reports if isinstance(report, StreamsUp) for symbol in report.symbols}


@asynccontextmanager
async def streaming(
    url: str,
    symbols: Collection[str] = TWO,
    *,
    limits: FeedLimits = LIMITS,
    proxy: str | None = None,
    per_shard: int = 200,
    codec: StreamCodec | None = None,
) -> AsyncIterator[tuple[MarketStream, Listener]]:
    listener = Listener()
    stream = MarketStream(
        VENUE,
        url,
        codec,
        on_trades=listener.take,
        on_report=listener.reports.append,
        limits=limits,
        proxy=proxy,
        per_shard=per_shard,
    )
    stream.follow(symbols)
    running = asyncio.create_task(stream.run())
    try:
        yield stream, listener
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def address(feed: Feed, scheme: str = "ws") -> str:
    return f"{scheme}://127.0.0.1:{feed.port}"


def market_streams() -> tuple[str, ...]:
    """Those that are not of one symbol."""
    return VENUE.codec.market_streams


async def test_trades_of_the_followed_symbols_arrive_in_order() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(lambda: listener.covered() == set(TWO))
        assert feed.paths == ["/market/stream"]
        assert feed.clients[0][1] == {"btcusdt@aggTrade", "币安人生usdt@aggTrade", *market_streams()}
        for number in range(50):
            await feed.trade(TWO[number % 2], number)
        await until(lambda: len(listener.trades) == 50)
        assert listener.ids == list(range(50))
        assert {trade.symbol for trade in listener.trades} == set(TWO)
        assert (stream.states()[0].phase, stream.trouble()) == (Phase.LIVE, None)
        assert stream.counters.frames == 51


async def test_a_ping_that_is_a_message_is_sent_as_text() -> None:
    codec = replace(VENUE.codec, ping=b'{"method":"UNSUBSCRIBE","params":[],"id":0}')
    limits = replace(LIMITS, ping_ms=300)
    async with feeding() as feed, streaming(address(feed), limits=limits, codec=codec) as (_, listener):
        await until(listener.covered)
        await until(lambda: [command["id"] for command in feed.commands][-2:] == [0, 0])


async def test_a_codec_that_remembers_has_a_decoder_for_each_connection() -> None:
    made: list[list[bytes]] = []

    def open_decoder() -> Decode:
        seen: list[bytes] = []
        made.append(seen)

        def decode(raws: Iterable[bytes]) -> Batch:
            seen.extend(raws)
            return VENUE.codec.decode_batch(seen[-1:])

        return decode

    codec = replace(VENUE.codec, open_decoder=open_decoder)
    async with feeding() as feed, streaming(address(feed), codec=codec) as (_, listener):
        await until(listener.covered)
        await feed.trade("BTCUSDT", 1)
        await until(lambda: listener.ids == [1])
        feed.cut()
        await until(lambda: len(made) == 2 and bool(made[1]))
        assert len(made[0]) == 2


async def test_a_new_connection_that_only_repeats_what_the_old_one_brings_takes_over() -> None:
    known: set[int] = set()

    def decode(raws: Iterable[bytes]) -> Batch:
        found = VENUE.codec.decode_batch(raws)
        fresh = [trade for trade in found.trades if trade[5] not in known]
        repeated = {trade[0] for trade in found.trades if trade[5] in known}
        known.update(trade[5] for trade in fresh)
        return found._replace(trades=fresh, repeated=repeated)

    codec = replace(VENUE.codec, open_decoder=lambda: decode)
    limits = replace(LIMITS, overlap_ms=60_000)
    async with feeding() as feed, streaming(address(feed), codec=codec, limits=limits) as (stream, listener):
        await until(listener.covered)
        stream.renew("BTCUSDT", "asked for")
        await until(lambda: len(feed.clients) == 2 and len(feed.clients[1][1]) == 2 + len(market_streams()))
        number = 0
        while not stream.states()[0].rotations:
            number += 1
            await feed.trade("BTCUSDT", number)
            await asyncio.sleep(0.02)
            assert number < 200
        assert listener.ids == list(range(1, len(listener.ids) + 1))


def test_frames_gather_and_are_taken_together() -> None:
    assert len(batches_of_300_trades(partial(GulpLoop, beat_s=0.1))) < 30


def test_a_loop_without_a_beat_takes_them_too() -> None:
    assert batches_of_300_trades(asyncio.SelectorEventLoop)


def batches_of_300_trades(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> list[int]:
    async def listen() -> list[int]:
        async with feeding() as feed, streaming(address(feed)) as (_, listener):
            await until(listener.covered)
            for number in range(300):
                await feed.trade("BTCUSDT", number)
            await until(lambda: len(listener.trades) == 300)
            assert listener.ids == list(range(300))
            return listener.batches

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(listen())


async def test_a_damaged_message_costs_only_itself() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(listener.covered)
        await feed.trade("BTCUSDT", 1)
        for damaged in ('{"stream":', "[" * 5_000, {"data": {"e": "aggTrade", "p": "nan"}}):
            await feed.send(damaged)
        await feed.trade("BTCUSDT", 2)
        await until(lambda: len(listener.trades) == 2)
        assert (stream.counters.bad_frames, stream.states()[0].losses) == (3, 0)


async def test_fragments_and_pings_are_understood() -> None:
    async with feeding() as feed, streaming(address(feed)) as (_, listener):
        await until(listener.covered)
        text = json.dumps(said_trade("BTCUSDT", 7))
        connection = feed.clients[0][0]
        await connection.send([text[:20], text[20:40], text[40:]])
        pong = await connection.ping()
        await asyncio.wait_for(pong, WAIT_S)
        await until(lambda: listener.ids == [7])


async def test_a_message_that_is_too_long_ends_the_connection_not_the_stream() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(listener.covered)
        with suppress(ConnectionClosed):
            await feed.send("x" * 5_000_000)
        await until(lambda: stream.states()[0].losses == 1)
        assert "1009" in stream.states()[0].reason
        await until(lambda: stream.states()[0].phase is Phase.LIVE)


async def test_a_message_of_endless_empty_fragments_ends_the_connection_not_the_stream() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(listener.covered)
        with suppress(ConnectionClosed):
            await feed.clients[0][0].send(["{", *[""] * 5_000])
        await until(lambda: stream.states()[0].losses == 1)
        assert "too many fragments" in stream.states()[0].reason
        await until(lambda: stream.states()[0].phase is Phase.LIVE)


async def test_after_a_cut_the_symbols_are_uncovered_and_covered_again() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(listener.covered)
        feed.cut()
        await until(lambda: len(listener.reports) == 3)
        assert [type(report) for report in listener.reports] == [StreamsUp, StreamsDown, StreamsUp]
        assert stream.states()[0].losses == 1
        assert stream.trouble() is None


async def test_being_thrown_out_is_reported_with_the_time_of_the_next_attempt() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(listener.covered)
        await feed.clients[0][0].close(1008, "Too many requests")
        await until(stream.trouble)
        trouble = stream.trouble()
        assert trouble is not None
        assert trouble.startswith(
            "127.0.0.1 cannot be reached (Too many requests (1008)): no live trades of 2 symbols."
        )
        assert "tries again in 150 s" in trouble


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS, "does not serve this place (451)"),
        (HTTPStatus.TOO_MANY_REQUESTS, "asked for fewer requests (429)"),
        (HTTPStatus.BAD_GATEWAY, "the handshake was answered with 502"),
        (HTTPStatus.FOUND, "the handshake was answered with 302"),  # wherever it sends to
    ],
)
async def test_a_refused_handshake_is_reported_in_one_sentence(status: HTTPStatus, words: str) -> None:
    async with feeding() as feed:
        feed.status = status
        async with streaming(address(feed)) as (stream, _):
            await until(stream.trouble)
            assert words in str(stream.trouble())


async def test_nobody_there_is_reported_with_host_and_reason_and_tried_again() -> None:
    async with streaming(f"ws://127.0.0.1:{free_port()}") as (stream, _):
        await until(stream.trouble)
        assert "127.0.0.1 cannot be reached (nobody answers there): no live trades of 2 symbols." in str(
            stream.trouble()
        )


async def test_an_exchange_that_comes_up_later_is_found() -> None:
    async with feeding() as feed:
        feed.status = HTTPStatus.SERVICE_UNAVAILABLE
        async with streaming(address(feed)) as (stream, listener):
            await until(stream.trouble)
            feed.status = None
            await until(lambda: listener.covered() == set(TWO))
            assert stream.trouble() is None


async def test_a_name_that_is_not_known_asks_for_a_network() -> None:
    async with streaming("wss://no-such-host.invalid") as (stream, _):
        await until(stream.trouble)
        assert "name not known: no network?" in str(stream.trouble())


async def test_a_server_that_never_answers_the_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "OPEN_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with streaming(f"ws://127.0.0.1:{silent.getsockname()[1]}") as (stream, _):
            await until(stream.trouble)
            assert "no answer within" in str(stream.trouble())


@pytest.mark.parametrize("proxy", [connect_proxy, socks_proxy])
async def test_streams_go_through_the_proxy(proxy: Callable[[], AbstractAsyncContextManager[Passage]]) -> None:
    scheme = "socks5" if proxy is socks_proxy else "http"
    async with feeding() as feed, proxy() as passage:
        async with streaming(address(feed), proxy=f"{scheme}://127.0.0.1:{passage.port}") as (_, listener):
            await until(lambda: listener.covered() == set(TWO))
        assert passage.targets == [("127.0.0.1", feed.port)]


async def test_a_proxy_that_is_not_there_is_reported() -> None:
    port = free_port()
    async with feeding() as feed, streaming(address(feed), proxy=f"socks5://127.0.0.1:{port}") as (stream, _):
        await until(stream.trouble)
        assert f"connect to proxy 127.0.0.1:{port}" in str(stream.trouble())


async def test_trades_arrive_through_tls_and_a_foreign_certificate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = own_certificate(tmp_path)
    async with feeding(context) as feed:
        connect_module._tls.cache_clear()
        async with streaming(address(feed, "wss")) as (stream, _):
            await until(stream.trouble)
            assert "its certificate is not trusted" in str(stream.trouble())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        connect_module._tls.cache_clear()
        async with streaming(address(feed, "wss")) as (_, listener):
            await until(lambda: listener.covered() == set(TWO))
            for number in range(2_000):
                await feed.trade("BTCUSDT", number)
            await until(lambda: len(listener.trades) == 2_000)
            assert listener.ids == list(range(2_000))
        connect_module._tls.cache_clear()


def own_certificate(folder: Path) -> ssl.SSLContext:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    try:
        subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed, so there is no certificate to try TLS with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_a_connection_is_replaced_without_losing_a_trade() -> None:
    async with feeding() as feed, streaming(address(feed), ["BTCUSDT"]) as (stream, listener):
        await until(listener.covered)
        sent = 0
        for number in range(5):
            stream.renew("BTCUSDT", "asked for")
            while stream.states()[0].rotations <= number:
                await feed.trade("BTCUSDT", sent)
                sent += 1
                await asyncio.sleep(0.01)
        await until(lambda: sent - 1 in listener.ids)
        assert list(dict.fromkeys(listener.ids)) == list(range(sent))
        assert [type(report) for report in listener.reports] == [StreamsUp]
        await until(lambda: len(feed.clients) == 1)


async def test_a_server_that_announces_its_end_is_left_for_a_new_connection() -> None:
    async with feeding() as feed, streaming(address(feed), ["BTCUSDT"]) as (stream, listener):
        await until(listener.covered)
        await feed.send({"e": "serverShutdown", "E": 1})
        await until(lambda: len(feed.clients) == 2 and all(streams for _, streams in feed.clients))
        await feed.trade("BTCUSDT", 1)
        await until(lambda: stream.states()[0].rotations == 1)
        assert stream.states()[0].losses == 0


async def test_a_contract_that_changes_is_reported() -> None:
    contract = {"e": "contractInfo", "E": 5, "s": "NEWUSDT", "ct": "PERPETUAL", "cs": "TRADING", "ot": 1, "dt": 9}
    async with feeding() as feed, streaming(address(feed)) as (_, listener):
        await until(listener.covered)
        await feed.send({"stream": "!contractInfo", "data": contract})
        await until(lambda: any(isinstance(report, ContractChanged) for report in listener.reports))


async def test_symbols_are_spread_over_connections_and_may_come_and_go() -> None:
    symbols = [f"S{number}USDT" for number in range(5)]
    async with feeding() as feed, streaming(address(feed), symbols, per_shard=2) as (stream, listener):
        await until(lambda: listener.covered() == set(symbols))
        assert [state.symbols for state in stream.states()] == [2, 2, 1]
        stream.follow([*symbols[1:], "NEWUSDT"])
        await until(lambda: "NEWUSDT" in listener.covered())
        await until(lambda: not any("s0usdt@aggTrade" in streams for _, streams in feed.clients))
        assert sum(len(streams) for _, streams in feed.clients) == 5 + len(market_streams())
        assert len(feed.paths) == 3


async def test_what_was_hung_up_can_be_run_again() -> None:
    async with feeding() as feed, streaming(address(feed)) as (stream, listener):
        await until(listener.covered)
        feed_clients = feed.clients
    async with feeding() as feed:
        assert feed_clients == []
        stream._uri = replace(stream._uri, port=feed.port)
        running = asyncio.create_task(stream.run())
        await until(lambda: len(listener.reports) == 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert [type(report) for report in listener.reports] == [StreamsUp, StreamsDown, StreamsUp, StreamsDown]


def test_what_is_no_address_is_reported() -> None:
    for url in ("https://fstream.example", "fstream.example", "ws://", "ws://host:port"):
        with pytest.raises(ConfigError, match=r"must be ws://"):
            MarketStream(VENUE, url, on_trades=lambda _, __: None, on_report=lambda _: None)


def test_an_address_with_a_path_is_left_as_it_is() -> None:
    assert connect_module.stream_uri("ws://host/market/ws", "/market/stream").path == "/market/ws"
    assert connect_module.stream_uri("wss://host/", "/market/stream").path == "/market/stream"
